"""Whether a sound row of another dataset may stand among ours as an example of work done."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.base import JsonObject
from schemas.ids import canonical_json
from schemas.messages import Message
from tasks.formats.importing.rows import ForeignRow
from tasks.judging.leaks import holds_secret
from tasks.judging.refusal_rules import read_answer


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why a row is left out: a word of `reasons.yaml`, and what exactly."""

    reason: str
    detail: str = ""


def find_unfit(row: ForeignRow, least_turns: int) -> Unfit | None:
    """Return the first thing that speaks against a row, None if nothing does."""
    said = [turn for turn in row.messages if turn.role != "system"]
    if not row.tools:
        return Unfit("no_tools")
    if len(said) < least_turns:
        return Unfit("too_few_turns", f"{len(said)} of {least_turns}")
    if not said[-1].train:
        return Unfit("nothing_to_learn")
    if holds_secret(_texts(row)):
        return Unfit("holds_secret")
    if _declines(said):
        return Unfit("declines")
    return None


def tool_names(tools: Sequence[JsonObject]) -> tuple[str, ...]:
    """Return the names of tools in OpenAI's form, in order."""
    functions = (tool["function"] for tool in tools)
    return tuple(str(each["name"]) for each in functions if isinstance(each, dict))


def _declines(said: Sequence[Message]) -> bool:
    """Whether its last text declines, even in part, or an earlier one surely does.

    What can't be done for want of a tool or of data is no refusal: see `refusal_rules`.
    """
    texts = [turn.content for turn in said if turn.role == "assistant" and turn.content]
    readings = [read_answer(text) for text in texts]
    last = [each.label for each in readings[-1:]]
    return last in (["refused"], ["partial"]) or any(
        each.label == "refused" and each.certain for each in readings
    )


def _texts(row: ForeignRow) -> str:
    turns = [turn.model_dump(mode="json") for turn in row.messages]
    return canonical_json([turns, row.tools]).decode()
