"""One model request and its answer."""

from typing import Literal

from pydantic import Field, SkipValidation

from schemas.base import Declared, JsonObject
from schemas.ids import digest
from schemas.messages import ToolCall

Role = Literal["generator", "judge", "planner", "responder", "simulator", "guard"]
ErrorClass = Literal[
    "rate_limited",
    "server_error",
    "timeout",
    "connection",
    "bad_request",
    "truncated",
    "malformed",
    "unparsed_call",
    "generator_refused",
    "content_filtered",
]


class Usage(Declared):
    """Tokens of one call; None where the endpoint does not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None


class Request(Declared):
    """What is asked of a model. All but `role`, `item` and the last four is in the key.

    `index` is the sample index: n samples of one prompt are n keys. `sensitive` answers may
    carry out harm: they stay in the journal alone until `settle` says what becomes of them.
    `retry_epoch` is how many times a kept failure may be asked for again, as another sample.
    What is JSON is taken as it is: going through all of it costs more than the rest of a call.
    """

    role: Role
    item: str  # id of the row it is asked for; draws the endpoint
    messages: SkipValidation[tuple[JsonObject, ...]]
    tools: SkipValidation[tuple[JsonObject, ...]] = ()
    response_schema: SkipValidation[JsonObject | None] = Field(
        default=None, description="name and JSON Schema"
    )
    temperature: float = 0.7
    max_tokens: int = 1024
    index: int = 0
    sensitive: bool = False
    stage: str = ""  # for the counts
    retry_epoch: int = 0
    endpoint: str = ""  # the one that is asked, whoever else plays the role

    def key(self, endpoint_identity: str) -> str:
        """Return the call cache's key for this request at an endpoint."""
        return digest(
            endpoint_identity, self.messages, self.tools, self.response_schema,
            self.temperature, self.max_tokens, self.index,
        )  # fmt: skip


class Reply(Declared):
    """What came back: an answer, a failure (`error`), or a tombstone of one that was removed."""

    key: str
    endpoint: str
    model: str
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    fingerprint: str = ""
    reasoning: str | None = None
    usage: Usage = Usage()
    latency_s: float = 0.0
    attempts: int = 1
    error: ErrorClass | None = None
    detail: str = ""
    tombstone: str | None = None  # the verdict that removed the text
    text_digest: str = ""
    cached: bool = False


class CallInfo(Declared):
    """Who asked: side columns of a call, for counts and lineage."""

    stage: str
    role: Role
    item: str
    run: str = ""  # that bought it
