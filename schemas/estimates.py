"""What a pilot measured, and what an estimate makes of it."""

from datetime import date
from functools import cache

import yaml
from pydantic import ValidationError

from schemas.base import Declared
from schemas.catalogue import DATA
from schemas.errors import DataFileError


class Use(Declared):
    """Calls of one stage and endpoint; `seconds` is the sum of how long each took."""

    stage: str
    endpoint: str
    calls: float
    prompt_tokens: float
    cached_tokens: float = 0.0
    completion_tokens: float
    seconds: float


class Unit(Declared):
    """One binding: what its requests and their answers took, and the rows that came of it."""

    subcategory: str
    harmful: float
    benign: float
    uses: tuple[Use, ...]


class Pilot(Declared):
    """A sample of a build, measured. Written to the workspace as `pilot.json`."""

    made_on: date
    fits: str  # digest of what it depends on
    requests: int
    units: tuple[Unit, ...]
    chains: tuple[Use, ...]  # a subcategory's


class Range(Declared):
    """An interval of 90 % and the middle; from assumptions, the cases they name."""

    low: float
    likely: float
    high: float


class Estimate(Declared):
    """What a build from nothing would take."""

    pilot: date | None
    basis: tuple[str, ...]  # what it rests on, in words
    bindings: Range
    calls: Range
    prompt_tokens: Range
    completion_tokens: Range
    cost_usd: Range | None  # None as long as a price is unknown
    unpriced: tuple[str, ...]  # endpoints
    hours: Range
    calls_by_stage: dict[str, float]
    out_of_reach: tuple[str, ...]  # categories whose targets need more blocks than allowed


class Assumed(Declared):
    """One case of what is assumed where nothing was measured."""

    accepted: float  # share of the requests that are sound, and again of their answers
    calls_of_chains: float  # a subcategory
    calls_per_write: float  # with corrections and further samples
    judges_asked: float  # share of the panel
    steps: float  # calls of a conversation with tools
    seconds: float  # a call
    chain_tokens: tuple[int, int]  # prompt and completion
    write_tokens: tuple[int, int]
    judge_tokens: tuple[int, int]
    answer_tokens: tuple[int, int]


@cache
def load_assumptions() -> dict[str, Assumed]:
    """Return the cases `low`, `likely` and `high` of `assumptions.yaml`. Raises: DataFileError."""
    try:
        told = yaml.safe_load((DATA / "assumptions.yaml").read_text("utf-8"))
        return {name: Assumed.model_validate(told[name]) for name in ("low", "likely", "high")}
    except (OSError, KeyError, TypeError, ValidationError, yaml.YAMLError) as exc:
        msg = f"assumptions.yaml can't be read: {exc}"
        raise DataFileError(msg) from exc
