"""What a proof does, read from a YAML file."""

from pathlib import Path

import yaml
from pydantic import Field

from schemas.base import Declared
from schemas.evaluations import Split

FILE = Path(__file__).with_name("settings.yaml")


class Training(Declared):
    """How each arm is trained: once through its rows."""

    batch: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    warmup_steps: int = Field(ge=0)


class HeldOut(Declared):
    """Which requests are asked: of so many chains for each intent, none of them trained on."""

    splits: tuple[Split, ...]
    of_each_intent: int = Field(ge=1)
    max_tokens: int = Field(ge=1)


class Answers(Declared):
    """How answers are drawn: so many at a time, of so many tokens at most."""

    batch: int = Field(ge=1)
    most_new: int = Field(ge=1)


class Settings(Declared):
    """All of it. `benign_per_harmful` has one arm for each number."""

    seed: int
    rows: int = Field(ge=2)
    benign_per_harmful: tuple[int, ...] = Field(min_length=1)
    max_tokens: int = Field(ge=1)
    training: Training
    held_out: HeldOut
    answers: Answers

    @property
    def steps(self) -> int:
        """Steps of an arm's training."""
        return -(-self.rows // self.training.batch)


def read_settings(file: Path = FILE) -> Settings:
    """Return the settings of a file."""
    return Settings.model_validate(yaml.safe_load(file.read_text("utf-8")))
