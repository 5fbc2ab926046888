"""What is asked of the embedded model, and what it says."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.ids import canonical_json
from tasks.rehearsal.body import Body
from tasks.rehearsal.lexicon import Lexicon

_TITLES = {
    "ChainProposals": "chain_proposals",
    "Requests": "requests",
    "RequestPairs": "request_pairs",
    "HarmVerdict": "harm_verdict",
    "AnswerVerdict": "answer_verdict",
    "GuardVerdict": "guard_verdict",
    "SimulatedResult": "simulated_result",
}
_TITLE = re.compile(rf'"title"\s*:\s*"({"|".join(_TITLES)})"')
CHARACTERS_PER_TOKEN = 4


class BadBodyError(ValueError):
    """The body, or the facts in it, are not what a job needs."""


class Facts(BaseModel):
    """The facts in a prompt, as far as a job reads them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


F = TypeVar("F", bound=Facts)


@dataclass(frozen=True)
class Asked:
    """One request body, parsed, and who it is put to: one that has this lexicon.

    `digest` stands for all of the body, `tokens` for its length.
    """

    body: Body
    digest: str
    tokens: int
    lexicon: Lexicon

    @cached_property
    def job(self) -> str | None:
        """The name of the answer's shape; None where free text or calls are wanted."""
        wanted = self.body.response_format
        if wanted is not None and wanted.json_schema is not None:
            return wanted.json_schema.name
        first = self.body.messages[:1]
        text = first[0].text if first and first[0].role == "system" else ""
        found = _TITLE.findall(text) if '"title"' in text else []
        return _TITLES[found[-1]] if found else None

    @cached_property
    def user_text(self) -> str:
        """The first user turn."""
        return next((turn.text for turn in self.body.messages if turn.role == "user"), "")

    @cached_property
    def system_text(self) -> str:
        """The system turns."""
        return "\n".join(turn.text for turn in self.body.messages if turn.role == "system")

    @cached_property
    def tools(self) -> tuple[str, ...]:
        """Names of the offered tools, in their order."""
        return tuple(tool.function.name for tool in self.body.tools or ())

    @property
    def corrected(self) -> bool:
        """Whether an earlier answer was sent back."""
        return any(turn.role == "assistant" for turn in self.body.messages)

    def facts(self, kind: type[F]) -> F:
        """Return the facts of the first user turn. Raises: BadBodyError."""
        try:
            return kind.model_validate(_read_block(self.user_text))
        except ValidationError as exc:
            msg = f"the facts in the first user turn can't be used: {exc}"
            raise BadBodyError(msg) from exc


def read_body(raw: bytes, lexicon: Lexicon) -> Asked:
    """Return a request body, put to one that has this lexicon. Raises: BadBodyError."""
    try:
        content = orjson.loads(raw)
        body = Body.model_validate(content)
    except ValueError as exc:
        msg = f"the body is no chat request: {exc}"
        raise BadBodyError(msg) from exc
    canonical = canonical_json(content)
    tokens = len(canonical) // CHARACTERS_PER_TOKEN
    digest = hashlib.sha256(canonical).hexdigest()
    return Asked(body=body, digest=digest, tokens=tokens, lexicon=lexicon)


@lru_cache(maxsize=64)
def _read_block(text: str) -> object:
    """Return what a text's first ```json block holds; an empty object if it has none."""
    _, _, after = text.partition("```json\n")
    block, fence, _ = after.partition("\n```")  # no JSON text holds a raw line break
    try:
        return orjson.loads(block) if fence else {}
    except orjson.JSONDecodeError:
        return {}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: text or calls, and the faults planted in it (`kind` or `kind@index`)."""

    text: str | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()
    defects: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The `system_fingerprint` that names what was planted."""
        planted = ",".join(self.defects)
        return f"rehearsal:defect={planted}" if planted else "rehearsal"


def say_json(value: object, *defects: str) -> Said:
    """Return an answer that is a JSON text."""
    return Said(text=orjson.dumps(value).decode(), defects=defects)
