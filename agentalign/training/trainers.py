"""Trainers that a version is exported for, as far as their own tests read the exports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trainer:
    """A trainer: the export it reads, and the releases that its tests ran with."""

    title: str
    format: str  # of `agentalign export`
    needs: tuple[str, ...]  # packages, pinned to what was checked
    beside: tuple[str, ...]  # packages that its configuration wants as well, not checked by us
    logging: str  # what makes it log to MLflow, after its command


_TORCH = "torch==2.13.0"
TRAINERS = (
    Trainer("TRL", "trl", ("trl==1.16.0", _TORCH), ("peft",), "--report_to mlflow"),
    Trainer("LLaMA-Factory", "sharegpt", ("llamafactory==0.9.5", _TORCH), (), "report_to=mlflow"),
)
CONFIG = "sft.yaml"  # as an export has it
