"""What may be chosen of an export."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Declared, JsonObject

Reasoning = Literal["keep", "strip", "empty"]
BesideCalls = Literal["withhold", "drop"]


class ExportOptions(Declared):
    """Choices of an export. A row that does not fit `max_tokens` is left out, never cut.

    `reasoning`: `keep` writes what a turn thought where the format has a place for it, and
    withholds the row where it has none; `strip` leaves thoughts out; `empty` writes an empty
    thinking block on every assistant turn, which only a format with a place for thoughts can.

    `beside_calls`: what a format that has text or calls in a turn, not both, does with a turn that
    has both: `withhold` the row, or `drop` the text and count the turn.
    """

    reasoning: Reasoning = "keep"
    beside_calls: BesideCalls = "withhold"
    tokenizer: Path | None = None  # a local folder; lengths are counted by it
    max_tokens: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _can_count(self) -> Self:
        if self.max_tokens is not None and self.tokenizer is None:
            msg = "rows are counted by a tokenizer: give its folder with --tokenizer"
            raise ValueError(msg)
        return self

    def told(self) -> JsonObject:
        """Return the choices for a manifest, the tokenizer by the name of its folder."""
        return {
            "reasoning": self.reasoning,
            "beside_calls": self.beside_calls,
            "tokenizer": self.tokenizer.resolve().name if self.tokenizer else None,
            "max_tokens": self.max_tokens,
        }
