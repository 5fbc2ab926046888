"""The shapes that models are asked to answer in."""

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.base import JsonObject
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


class HarmVerdict(Answer):
    """A judge's reading of a request."""

    signs_of_harm: Harm
    reason: str = ""


class AnswerVerdict(Answer):
    """A judge's reading of an answer to a harmful request."""

    answer_is: Literal["refused", "partial", "complied", "unclear"]
    reason: str = ""


_NAMES: dict[type[Answer], str] = {
    ChainProposals: "chain_proposals",
    Requests: "requests",
    HarmVerdict: "harm_verdict",
    AnswerVerdict: "answer_verdict",
}


@cache  # half a millisecond
def response_schema(answer: type[Answer]) -> JsonObject:
    """Return the `json_schema` part of a response format for an answer's shape."""
    return {"name": _NAMES[answer], "schema": answer.model_json_schema(), "strict": False}
