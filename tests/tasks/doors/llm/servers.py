"""Endpoints as they differ: each knows some ways to be asked, and refuses or ignores the rest."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tests.tasks.doors.llm.fakes import GOOD, Heard, Said

COLOUR = '{"colour": "green", "letters": 5}'


@dataclass(slots=True)
class Server:
    """Follows the script of a server that has these features."""

    formats: Collection[str] = ("json_schema",)  # of response_format
    ignored: Collection[str] = ()  # formats that are taken, and not followed
    seed: str | None = "seed"
    repeats: bool = True
    choices: Collection[str] = ("named", "required")
    calls_by_itself: bool = True
    writes_calls: bool = False
    limit: str = "max_tokens"
    temperature: bool = True
    status: int = 400  # of a refusal
    heard: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, heard: Heard) -> Said:
        """Answer one request."""
        body = heard.body
        self.heard.append(body)
        refused = self._refused(body)
        if refused:
            return Said(status=self.status, error={"message": f"{refused} is not supported"})
        if "tools" in body:
            return self._call(body)
        wanted = body.get("response_format", {}).get("type", "")
        in_words = "JSON Schema" in str(body["messages"])
        if (wanted and _way(body) not in self.ignored) or (in_words and not self.ignored):
            return Said(GOOD if "signs_of_harm" in str(body) else COLOUR)
        return Said("It is blue, I think." if self.repeats else f"{len(self.heard)} cats")

    def _refused(self, body: dict[str, Any]) -> str:
        for name in ("max_tokens", "max_completion_tokens"):
            if name in body and name != self.limit:
                return f"{name}: use {self.limit}, it"
        for name in ("seed", "random_seed"):
            if name in body and name != self.seed:
                return name
        if "temperature" in body and not self.temperature:
            return "temperature"
        way = _way(body)
        if way and way not in (*self.formats, *self.ignored):
            return f"response_format {way}"
        choice = body.get("tool_choice")
        if choice and ("required" if choice == "required" else "named") not in self.choices:
            return "tool_choice"
        return ""

    def _call(self, body: dict[str, Any]) -> Said:
        name = body["tools"][0]["function"]["name"]
        forced = "tool_choice" in body
        arguments = '{"city": "Lisbon"}' if name == "get_time" else COLOUR
        if "signs_of_harm" in str(body["tools"]):
            arguments = GOOD
        call = {"id": "c", "function": {"name": name, "arguments": arguments}}
        if forced or self.calls_by_itself:
            return Said(None, message={"tool_calls": [call]}, finish="tool_calls")
        if self.writes_calls:
            return Said(f'<tool_call>{{"name": "{name}", "arguments": {arguments}}}</tool_call>')
        return Said("It is late in Lisbon.")


def _way(body: dict[str, Any]) -> str:
    wanted = body.get("response_format")
    if wanted is None:
        return ""
    return str(wanted["type"]) + ("_schema" if "schema" in wanted else "")
