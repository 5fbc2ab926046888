"""Rows as a surface may show them: requests of harmful rows masked."""

from collections.abc import Iterable
from typing import TypeVar

from schemas.masking import mask
from schemas.messages import Message
from schemas.rows import Example, Instruction, Row

R = TypeVar("R", bound=Row)


def is_harmful(example: Example) -> bool:
    """Whether a row was written as harmful or trains refusing."""
    return "harmful" in (example.label, example.intent)


def masked_messages(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return a harmful row's turns with the user's masked."""
    return tuple(
        message.model_copy(update={"content": mask(message.content or "", harmful=True)})
        if message.role == "user"
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
    if isinstance(row, Example) and is_harmful(row):
        return row.model_copy(update={"messages": masked_messages(row.messages)})
    if isinstance(row, Instruction) and (row.intent == "harmful" or row.id in harmful_requests):
        return row.model_copy(update={"text": mask(row.text, harmful=True)})
    return row
