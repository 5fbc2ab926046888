"""Endpoints, and which of them play which role."""

import operator
from datetime import date
from typing import Literal

from pydantic import Field

from schemas.base import Declared

# how an endpoint is asked for JSON; `json_object_schema` gives it the schema beside the type
StructuredMode = Literal["json_schema", "json_object_schema", "json_object", "tool", "text"]
# the same with `auto`, as one list of choices: forms show that, but not a union of two
StructuredChoice = Literal[
    "auto", "json_schema", "json_object_schema", "json_object", "tool", "text"
]


class Endpoint(Declared):
    """An OpenAI-compatible endpoint. Its identity is name, model and revision."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_.-]*$", description="What roles call it; part of its identity"
    )
    base_url: str = Field(
        default="rehearsal:",
        title="Base URL",
        description="Where it answers, e.g. http://127.0.0.1:8000/v1; 'rehearsal:' is the"
        " embedded model",
    )
    model: str = Field(description="The model's name, as the endpoint knows it")
    revision: str = Field(
        default="", description="Which state of the model this is, if its name does not say"
    )
    api_key_env: str | None = Field(
        default=None,
        title="API Key: Environment Variable",
        description="Name of the environment variable that holds the key, never the key",
    )
    api_key_block: str | None = Field(
        default=None,
        title="API Key: Secret Block",
        description="Name of the Prefect Secret block that holds the key instead, never the key",
    )
    structured: StructuredChoice = Field(
        default="auto",
        title="Structured Output",
        description="How it is asked for JSON; 'auto' finds out by a few small calls, once a"
        " workspace",
    )
    send_seed: bool | None = Field(
        default=None, description="Empty: a seed is sent if the endpoint was found to take one"
    )
    max_in_flight: int = Field(default=64, ge=1, le=4096, description="Calls at a time, at most")
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="A cap; without one the rate is learnt from refusals"
    )
    tokens_per_minute: float | None = Field(
        default=None, gt=0, description="A cap on prompt and completion tokens together"
    )
    timeout_s: float = Field(
        default=120,
        gt=0,
        le=3600,
        title="Timeout (seconds)",
        description="How long an answer may take before it is asked for again",
    )
    max_attempts: int = Field(
        default=8, ge=1, le=100, description="Tries of a call that fails in passing"
    )
    prompt_usd_per_million: float | None = Field(
        default=None,
        ge=0,
        title="Prompt Price (USD per million tokens)",
        description="Empty: unknown, which is never counted as free",
    )
    cached_usd_per_million: float | None = Field(
        default=None,
        ge=0,
        title="Cached Prompt Price (USD per million tokens)",
        description="Of prompt tokens from the endpoint's cache; else as any",
    )
    completion_usd_per_million: float | None = Field(
        default=None,
        ge=0,
        title="Completion Price (USD per million tokens)",
        description="Empty: unknown, which is never counted as free",
    )
    priced_on: date | None = Field(default=None, description="The day these prices were read")

    @property
    def is_rehearsal(self) -> bool:
        """Whether this is the embedded model."""
        return self.base_url.startswith("rehearsal:")


class Weighted(Declared):
    """An endpoint's share of a role."""

    endpoint: str = Field(description="Name of one of the endpoints")
    weight: float = Field(
        default=1.0, gt=0, description="Its share, against the weights of the role's others"
    )


class Roles(Declared):
    """Which endpoints play which role, with weights.

    The simulator answers for tools of a user's own that have no code; where none is named, the
    planner's endpoints do. The guard plays no part in a build: evaluations may put one in front
    of a model.
    """

    generator: tuple[Weighted, ...] = Field(
        default=(
            Weighted(endpoint="rehearsal-brisk", weight=2),
            Weighted(endpoint="rehearsal-formal", weight=1),
        ),
        description="Writes chains and requests",
    )
    judge: tuple[Weighted, ...] = Field(
        default=(Weighted(endpoint="rehearsal-judge"),),
        description="Says of requests and answers what they are",
    )
    planner: tuple[Weighted, ...] = Field(
        default=(Weighted(endpoint="rehearsal-brisk"),),
        description="Finds the calls that fulfil a request, where requests are written first",
    )
    responder: tuple[Weighted, ...] = Field(
        default=(Weighted(endpoint="rehearsal-brisk"), Weighted(endpoint="rehearsal-formal")),
        description="Answers requests, with tools where it should",
    )
    simulator: tuple[Weighted, ...] = Field(
        default=(), description="Answers for your own tools without code; empty: the planner"
    )
    guard: tuple[Weighted, ...] = Field(
        default=(),
        exclude_if=operator.not_,
        description="Says before a model is asked whether a request is harmful; evaluations only",
    )

    def of(self, role: str) -> tuple[Weighted, ...]:
        """Return who plays a role."""
        entries: tuple[Weighted, ...] = getattr(self, role)
        return entries or self.planner


REHEARSAL_ENDPOINTS = tuple(
    Endpoint(name=f"rehearsal-{style}", model=f"rehearsal-{style}")
    for style in ("brisk", "formal", "judge")
)
