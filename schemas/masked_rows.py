"""Rows as a surface may show them: what is harmful in them is masked."""

from collections.abc import Iterable
from typing import TypeVar

from schemas.masking import mask
from schemas.messages import Message
from schemas.rows import Dropped, Example, Instruction, Response, Row

R = TypeVar("R", bound=Row)
HARM_IN_TURNS = frozenset({"turned", "revealed"})  # of a response's own turns


def masked_messages(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return the turns of a row that holds harm, with what users and tools say masked."""
    return tuple(
        message.model_copy(update={"content": mask(message.content or "", harmful=True)})
        if message.role in ("user", "tool")
        else message
        for message in messages
    )


def masked_row(row: R, harmful_requests: Iterable[str] = ()) -> R:
    """Return a row with harmful request text masked.

    Args:
        row: any row.
        harmful_requests: ids of instructions that a version holds as harmful, whatever they
            were written as.
    """
    if isinstance(row, Example) and row.holds_harm:
        return row.model_copy(update={"messages": masked_messages(row.messages)})
    if isinstance(row, Instruction) and (row.intent == "harmful" or row.id in harmful_requests):
        return _masked_request(row)
    if isinstance(row, Dropped) and row.harmful:
        return _masked_request(row)
    if isinstance(row, Response) and row.situation in HARM_IN_TURNS:
        turns = masked_messages(row.messages)
        return row.model_copy(update={"messages": turns, "execution": None})
    return row


def _masked_request(row: R) -> R:
    texts = {name: getattr(row, name) for name in ("text", "later")}
    masks = {name: mask(text, harmful=True) for name, text in texts.items() if text}
    return row.model_copy(update=masks)
