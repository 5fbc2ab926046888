"""Asks a consumer what it makes of exports: its script runs in its own environment."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.consumers.environments import HERE, python_of

TIMEOUT_S = 600
# Nothing is looked up anywhere, and nothing is kept between runs.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1",
           "HF_HUB_DISABLE_TELEMETRY": "1", "DISABLE_VERSION_CHECK": "1"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What a consumer made of one file with one template."""

    error: str | None
    trained: tuple[tuple[str, ...], ...]  # a row's texts that carry loss, one for each turn
    rest: tuple[str, ...]  # a row's text without loss


@dataclass(frozen=True, slots=True)
class Answer:
    """What a consumer said of all files it was asked about."""

    version: str
    jobs: Mapping[str, Mapping[str, Any]]
    config: Mapping[str, Any]

    def read(self, job: str, template: str) -> Read:
        """Return what became of a file with a template."""
        found = self.jobs[job]["templates"][template]
        trained = tuple(tuple(row["trained"]) for row in found["rows"])
        return Read(found["error"], trained, tuple(row["rest"] for row in found["rows"]))


def ask(
    consumer: str, jobs: Mapping[str, Mapping[str, object]], home: Path, config: Path | None = None
) -> Answer:
    """Return what a consumer says. Raises: RuntimeError with its words, if it falls over."""
    done = subprocess.run(
        [str(python_of(consumer)), str(HERE / consumer / "facts.py")],
        input=json.dumps({"jobs": jobs, "config": str(config) if config else None}),
        env=environment(home), cwd=home, capture_output=True, text=True, check=False,
        timeout=TIMEOUT_S,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{consumer} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Answer(said["version"], said["jobs"], said.get("config") or {})


def environment(home: Path) -> dict[str, str]:
    """Return the variables that a consumer's script runs with."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    here = {"PYTHONPATH": str(HERE / "shared"), "HF_HOME": str(home / "huggingface")}
    return kept | OFFLINE | here
