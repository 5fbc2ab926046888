"""What an endpoint understands: found out by its first refusals, then remembered for the run."""

from dataclasses import dataclass
from typing import Literal

import orjson

from schemas.base import JsonObject
from schemas.params import Endpoint
from tasks.doors.llm.transport import Answered

Mode = Literal["json_schema", "json_object", "text"]
_MODES: tuple[Mode, ...] = ("json_schema", "json_object", "text")
_ABOUT_FORMAT = ("response_format", "json_schema", "json_object", "structured", "grammar")
_SHAPE = "Answer with one JSON object and nothing else. It matches this JSON Schema:\n"


@dataclass(frozen=True, slots=True)
class Written:
    """How one request was put."""

    mode: Mode
    limit_name: str


class Dialect:
    """How an endpoint is asked for JSON, and what it calls the limit on an answer's length."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.mode: Mode = "json_schema" if endpoint.structured == "auto" else endpoint.structured
        self.limit_name = "max_tokens"
        # the embedded model has it: falling back on a planted fault would change its answers
        self._proven = endpoint.structured != "auto" or endpoint.is_rehearsal

    @property
    def written(self) -> Written:
        """How a request is put now."""
        return Written(self.mode, self.limit_name)

    def response_format(self, schema: JsonObject) -> JsonObject | None:
        """Return the `response_format` for a schema; None where only words can ask for it."""
        if self.mode == "json_schema":
            return {"type": "json_schema", "json_schema": schema}
        return {"type": "json_object"} if self.mode == "json_object" else None

    def messages(
        self, messages: tuple[JsonObject, ...], schema: JsonObject
    ) -> tuple[JsonObject, ...]:
        """Return the messages, with the schema in words where the endpoint takes no schema."""
        if self.mode == "json_schema":
            return messages
        words = _SHAPE + orjson.dumps(schema["schema"]).decode()
        first = messages[0]
        if first["role"] != "system":
            return ({"role": "system", "content": words}, *messages)
        return ({**first, "content": f"{first['content']}\n\n{words}"}, *messages[1:])

    def confirm(self, written: Written) -> None:
        """Remember that the endpoint has answered a request put this way."""
        self._proven = self._proven or written.mode == self.mode

    def adapt(self, answered: Answered, written: Written, *, structured: bool) -> bool:
        """Return whether the request, refused as it was written, is worth writing anew."""
        said = answered.content[:4000].decode("utf-8", "replace").lower()
        if answered.status == 400 and "max_completion_tokens" in said:
            self.limit_name = "max_completion_tokens"
        if structured and written.mode == self.mode and self._turns_down_format(answered, said):
            self._step_down()
        return self.limit_name != written.limit_name or (structured and self.mode != written.mode)

    def _turns_down_format(self, answered: Answered, said: str) -> bool:
        named = any(word in said for word in _ABOUT_FORMAT)
        return not self._proven and answered.status in (400, 422, 500) and named

    def _step_down(self) -> None:
        self.mode = _MODES[min(_MODES.index(self.mode) + 1, len(_MODES) - 1)]
