"""What comes of a row of another dataset: a sound conversation, or the reason why not."""

from dataclasses import dataclass
from typing import Literal

from schemas.base import JsonObject
from schemas.messages import Message

# each has a sentence in `reasons.yaml`
Reason = Literal[
    "not_a_row", "not_plain_json", "too_large", "two_rows_one_id", "repeated_row", "harmful_row",
    "unread_tool_list", "unusable_tool", "unread_call", "unknown_tool", "call_breaks_schema",
    "unknown_role", "unread_turn", "empty_turn", "wrong_order", "result_without_call",
    "call_without_result", "no_request", "no_answer",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """A sound conversation of another dataset.

    `source` names the dataset, `licence` is SPDX or empty where nobody said. `source_id` is the
    row's id there, else its line or row; `place` names file and line for people. The first
    message may be a system prompt; only assistant turns have `train` set. Tools are OpenAI
    functions with legal names and strict schemas. `changed` has a line for whatever was
    normalised.
    """

    source: str
    licence: str
    source_id: str
    place: str
    messages: tuple[Message, ...]
    tools: tuple[JsonObject, ...]
    changed: tuple[str, ...]

    @property
    def calls(self) -> int:
        """The number of calls."""
        return sum(len(message.tool_calls) for message in self.messages)

    @property
    def steps(self) -> int:
        """The number of turns that call tools and see what comes of it."""
        return sum(
            bool(turn.tool_calls) and after.role == "tool"
            for turn, after in zip(self.messages, self.messages[1:], strict=False)
        )

    @property
    def ends_in_call(self) -> bool:
        """Whether the last turn calls tools, and nobody saw what came of it."""
        return bool(self.messages[-1].tool_calls)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not taken, and why: a stable word, and what exactly was found.

    `calls` are the calls seen in it, a text of calls that can't be read being one, and
    `calls_parsed` those of them that were read.
    """

    source: str
    source_id: str
    place: str
    reason: Reason
    detail: str
    calls: int
    calls_parsed: int
