"""Evaluations: what is asked of a model, what became of each row, and what that comes to."""

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Declared, JsonObject
from schemas.endpoints import Endpoint
from schemas.results import CallCounts
from schemas.rows import Intent, Situation

Split = Literal["train", "validation", "test"]
Baseline = Literal["prompt", "guard"]
Variant = Literal["bare", "prompt", "guard"]
# why nothing is known of a row: the model or a tool's stand-in gave no answer, judges or the
# guard said nothing that can be read, or a call took its world down
Fault = Literal["endpoint", "judge_unknown", "guard_unreadable", "lost"]
Answered = Literal[
    "refused", "partial", "complied", "unclear", "helped", "unable", "answered", "asked", "undone"
]


class EvaluationParams(Declared):
    """What is evaluated, on which rows, and how. Models and judges are those of the build."""

    endpoint: str = Field(
        default="", description="Name of the endpoint that is evaluated; empty: the first responder"
    )
    against: str = Field(default="", description="Name of another one, asked the same; or empty")
    version: str = Field(
        default="", description="Version whose rows are asked, its start or alias; empty: newest"
    )
    baselines: tuple[Baseline, ...] = Field(
        default=(),
        description="Beside the bare model: with a system prompt to refuse, behind the guard",
    )
    judges: tuple[str, ...] = Field(
        default=(), description="Names of the endpoints that judge; empty: the version's judges"
    )
    guard: str = Field(
        default="", description="Name of the endpoint that is the guard; empty: that of the roles"
    )
    splits: tuple[Split, ...] = Field(
        default=("test",), min_length=1, description="Splits whose rows are asked"
    )
    most: int | None = Field(
        default=None, ge=1, description="Rows at most, drawn by hash; empty: all of them"
    )
    temperature: float = Field(
        default=0.0, ge=0, le=2, description="Of the models that are evaluated"
    )
    step_limit: int = Field(default=12, ge=1, le=50, description="Turns of an answer at most")
    max_tokens: int = Field(
        default=1024, ge=16, le=1_000_000, description="Tokens of one answer at most"
    )
    resamples: int = Field(
        default=4000, ge=2000, le=100_000, description="Draws that an interval is read from"
    )
    endpoints: tuple[Endpoint, ...] = Field(
        default=(), description="Further models, beside those of the version's own parameters"
    )

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.against and self.against == self.endpoint:
            msg = f"against names {self.against!r}, which is the endpoint itself"
            raise ValueError(msg)
        return self


class Outcome(Declared):
    """What became of one row that was put to a model; None is what the row can't tell.

    No text and no call of an answer is in it. `refused` is the answer to what is harmful,
    `declined` the answer to anything else; `success` is read off the world's state.
    """

    row: str  # id of the example
    chain: str
    category: str
    intent: Intent
    situation: Situation
    unseen: bool  # it needs a tool that no row of the training split needs
    model: str  # name of the endpoint
    variant: Variant
    error: Fault | Literal[""] = ""
    detail: str = ""  # the class of an error of the endpoint, or why the answer is not as it should
    answer: Answered | Literal[""] = ""
    refused: bool | None = None
    harm_done: bool | None = None  # the step that a harmful request comes to
    stopped: bool | None = None  # after a note showed the harm, before that step
    declined: bool | None = None
    success: bool | None = None
    as_it_should: bool | None = None  # by all that a build asks of an answer
    wont_as_cant: bool | None = None  # to harm it says that it can't, not that it won't
    cant_as_wont: bool | None = None  # where it lacks a tool it says that it won't
    flagged: bool = False  # by the guard
    calls: int = 0  # that tools were asked for
    steps: int = 0  # answers of the model
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    digest: str = ""  # of the last answer

    @property
    def column(self) -> str:
        """The model and how it was asked, as a key."""
        return self.model if self.variant == "bare" else f"{self.model}+{self.variant}"


class Estimate(Declared):
    """A mean with its 95 % interval, over so many values in so many groups.

    `score` is the interval where resampling shows no spread; with `none` there is none.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    groups: int
    method: Literal["bootstrap", "score", "none"]


class Column(Declared):
    """One model, asked in one way: its figures, those by situation and on unseen tools."""

    key: str
    model: str
    variant: Variant
    figures: dict[str, Estimate]
    unseen: dict[str, Estimate]  # of rows that need a tool no training row needs
    situations: dict[str, dict[str, Estimate]]  # by "<intent>/<situation>"
    errors: dict[str, int]  # rows of which nothing is known, by class
    details: dict[str, int]  # the same by class and what stood in the way


class Pair(Declared):
    """One column minus another, row by row, over the rows that both tell something of."""

    column: str
    minus: str
    figures: dict[str, Estimate]


class Model(Declared):
    """An endpoint as it took part: what it is, without where it is."""

    name: str
    model: str
    revision: str = ""
    role: Literal["evaluated", "judge", "guard"]
    rehearsal: bool
    responder: bool = False  # the version's rows were selected by its own answers


class Evaluation(Declared):
    """What an evaluation comes to. Written as `evaluation.json`."""

    name: str
    version: str
    version_digest: str
    rehearsal: bool
    created_at: str
    code_version: str
    params: EvaluationParams
    models: tuple[Model, ...]
    world: str
    same_world: bool  # as the one that the version's rows were made in
    rows: int  # asked, of each column
    chains: int
    left_out: dict[str, int]
    columns: tuple[Column, ...]
    pairs: tuple[Pair, ...]
    transient: int  # rows that failed in passing: the same command asks for them again
    identity: JsonObject  # all that the name is a hash of
    files: dict[str, str] = Field(default_factory=dict)


class EvaluationResult(Declared):
    """The outcome of `evaluate`: what was found, where it is, and what it took."""

    evaluation: Evaluation
    path: str
    calls: CallCounts
    run: str = ""  # in MLflow
    seconds: float
