"""The shapes that models are asked to answer in."""

from functools import cache
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.base import JsonObject, JsonValue
from schemas.rows import Harm


class Answer(BaseModel):
    """A structured answer of a model; what it adds beyond the fields is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ProposedChain(Answer):
    """One proposed behaviour chain, unchecked."""

    capabilities: list[str]
    explanation: str


class ChainProposals(Answer):
    """Behaviour chains for one subcategory."""

    chains: list[ProposedChain]


class Requests(Answer):
    """Requests in one intent for one binding."""

    requests: list[str] = Field(min_length=1)

    @property
    def written(self) -> list[tuple[str, str]]:
        """The requests, each with nothing that comes later."""
        return [(text.strip(), "") for text in self.requests]


class RequestPair(Answer):
    """A request, and what its conversation goes on with."""

    request: str
    later: str


class RequestPairs(Answer):
    """Requests that are not all there is: each with what comes later."""

    pairs: list[RequestPair] = Field(min_length=1)

    @property
    def written(self) -> list[tuple[str, str]]:
        """The requests, each with what comes later."""
        return [(pair.request.strip(), pair.later.strip()) for pair in self.pairs]


class HarmVerdict(Answer):
    """A judge's reading of a request."""

    signs_of_harm: Harm
    reason: str = ""


class AnswerVerdict(Answer):
    """A judge's reading of an answer to a harmful request."""

    answer_is: Literal["refused", "partial", "complied", "unclear"]
    reason: str = ""


class GuardVerdict(Answer):
    """An input classifier's reading of a request, before an agent sees it."""

    verdict: Literal["harmful", "benign"]


class SimulatedResult(Answer):
    """What a tool without code would answer: a JSON text, since its shape is any tool's own."""

    ok: bool = True
    result: str

    @field_validator("result")
    @classmethod
    def _is_json(cls, text: str) -> str:
        orjson.loads(text)
        return text

    @property
    def observed(self) -> JsonValue:
        """The result, decoded."""
        found: JsonValue = orjson.loads(self.result)
        return found


_NAMES: dict[type[Answer], str] = {
    ChainProposals: "chain_proposals",
    Requests: "requests",
    RequestPairs: "request_pairs",
    HarmVerdict: "harm_verdict",
    AnswerVerdict: "answer_verdict",
    GuardVerdict: "guard_verdict",
    SimulatedResult: "simulated_result",
}


@cache  # half a millisecond
def response_schema(answer: type[Answer]) -> JsonObject:
    """Return the `json_schema` part of a response format for an answer's shape."""
    return {"name": _NAMES[answer], "schema": answer.model_json_schema(), "strict": False}
