"""What is asked of the embedded model, and what it says."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from schemas.ids import canonical_json

Body = Mapping[str, Any]
Facts = dict[str, Any]

_BLOCK = re.compile(r"```json\s*\n(.*?)\n\s*```", re.DOTALL)
_TITLES = {
    "ChainProposals": "chain_proposals",
    "Requests": "requests",
    "HarmVerdict": "harm_verdict",
    "AnswerVerdict": "answer_verdict",
}
_TITLE = re.compile(rf'"title"\s*:\s*"({"|".join(_TITLES)})"')
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """One request body, parsed. `digest` stands for all of it, `tokens` for its length."""

    body: Body
    digest: str
    tokens: int

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.body["model"])

    @property
    def messages(self) -> list[Facts]:
        """The turns so far."""
        return list(self.body["messages"])

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the offered tools, in their order."""
        return tuple(tool["function"]["name"] for tool in self.body.get("tools") or ())

    @property
    def max_tokens(self) -> int | None:
        """The limit on the answer's length, by either of its names."""
        limit = self.body.get("max_tokens") or self.body.get("max_completion_tokens")
        return int(limit) if limit else None

    @property
    def job(self) -> str | None:
        """The name of the answer's shape; None where free text or calls are wanted."""
        wanted = self.body.get("response_format") or {}
        schema = wanted.get("json_schema") or {}
        return schema.get("name") or self._job_in_words()

    def _job_in_words(self) -> str | None:
        """Recognise a schema that stands in the system message."""
        if not self.messages or self.messages[0].get("role") != "system":
            return None
        found = _TITLE.findall(text_of(self.messages[0]))
        return _TITLES[found[-1]] if found else None

    @property
    def user_text(self) -> str:
        """The first user turn."""
        return next((text_of(turn) for turn in self.messages if turn.get("role") == "user"), "")

    @property
    def facts(self) -> Facts:
        """The JSON object in the first user turn; empty if there is none."""
        return read_facts(self.user_text)

    @property
    def corrected(self) -> bool:
        """Whether an earlier answer was sent back."""
        return any(turn.get("role") == "assistant" for turn in self.messages)


def read_body(raw: bytes) -> Asked:
    """Return a request body. Raises: ValueError, TypeError or KeyError if it is not one."""
    body = orjson.loads(raw)
    if not isinstance(body["messages"], list) or not isinstance(body["model"], str):
        msg = "`messages` must be a list and `model` a string"
        raise TypeError(msg)
    canonical = canonical_json(body)
    tokens = len(canonical) // CHARACTERS_PER_TOKEN
    return Asked(body=body, digest=hashlib.sha256(canonical).hexdigest(), tokens=tokens)


def text_of(turn: Facts) -> str:
    """Return a turn's text, whether it is a string or a list of parts."""
    content = turn.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return str(content or "")


@lru_cache(maxsize=64)
def _parsed(text: str) -> Facts:
    block = _BLOCK.search(text)
    if block is None:
        return {}
    found = orjson.loads(block[1])
    return found if isinstance(found, dict) else {}


def read_facts(text: str) -> Facts:
    """Return the object of a text's first ```json block; empty if it can't be read."""
    try:
        return _parsed(text)
    except orjson.JSONDecodeError:
        return {}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: text or calls, and the faults planted in it (`kind` or `kind@index`)."""

    text: str | None = None
    tool_calls: tuple[Facts, ...] = ()
    defects: tuple[str, ...] = ()
    finish: str = field(default="stop")

    @property
    def fingerprint(self) -> str:
        """The `system_fingerprint` that names what was planted."""
        planted = ",".join(self.defects)
        return f"rehearsal:defect={planted}" if planted else "rehearsal"


def say_json(value: object, *defects: str) -> Said:
    """Return an answer that is a JSON text."""
    return Said(text=orjson.dumps(value).decode(), defects=defects)
