"""Rows made by hand, and a ruler that finds all of them equally long."""

from schemas.messages import Message, ToolCall
from schemas.rows import Example, Intent
from tasks.formats.exporting.lengths import Ruler
from tasks.formats.exporting.options import ExportOptions

TOOL = {
    "type": "function",
    "function": {
        "name": "send_note",
        "description": "Sends a note to an address. It is short.",
        "parameters": {
            "type": "object",
            "properties": {"to": {"type": "string"}, "lines": {"type": "integer"}},
            "required": ["to"],
            "additionalProperties": False,
        },
    },
}
CALL = ToolCall(id="call_1", name="send_note", arguments={"to": "sam@example.com"})


def example(intent: Intent, *, chain: str, number: int, split: str = "test") -> Example:
    """Return a row: system and request, then a refusal, or one call and an answer."""
    harmful = intent == "harmful"
    asked = (
        Message(role="system", content="Be brief.", train=False),
        Message(role="user", content=f"Request {number}", train=False),
    )
    refused = (Message(role="assistant", content="I can't help with that."),)
    helped = (
        Message(role="assistant", tool_calls=(CALL,)),
        Message(role="tool", content="{}", tool_call_id="call_1", name="send_note", train=False),
        Message(role="assistant", content="Done."),
    )
    return Example.model_validate(
        {
            "id": f"example-{intent}-{number}", "slot": f"{intent}/{number}",
            "label": "harmful" if harmful else "benign", "intent": intent,
            "kind": "refusal" if harmful else "trajectory", "category": "privacy",
            "subcategory": "doxing", "pattern": ("Communication.send_email",),
            "pair": "binding-1", "chain": chain, "binding": "binding-1",
            "instruction": "instruction-1", "response": "response-1", "split": split,
            "messages": asked + (refused if harmful else helped), "tools": (TOOL,),
            "holds_harm": harmful, "canary": "canary-x" if harmful else None,
        }
    )  # fmt: skip


class StubRuler(Ruler):
    """Finds every row so many tokens long."""

    def __init__(self, tokens: int) -> None:
        object.__setattr__(self, "tokens", tokens)

    def measure(self, row: Example, options: ExportOptions) -> int | None:
        """Return the number that it was made with."""
        return int(self.tokens)  # type: ignore[attr-defined]  # set above
