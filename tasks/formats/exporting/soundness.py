"""What a row has to be before any format is tried."""

from schemas.errors import QualityError
from schemas.rows import Example
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.withholding import Withheld


def check_refusal(row: Example) -> None:
    """Stop an export whose harmful row doesn't end in its refusal, or is more than that if plain.

    Raises:
        QualityError: it names the row.
    """
    if row.label != "harmful":
        return
    turns = [turn for turn in row.messages if turn.role != "system"]
    last = turns[-1] if turns else None
    plain = row.situation == "plain" and [turn.role for turn in turns] != ["user", "assistant"]
    if plain or not last or last.role != "assistant" or last.tool_calls or not last.content:
        msg = f"row {row.id}: a harmful row has to end in its refusal, a text without calls"
        raise QualityError(msg)


def withhold_unsound(row: Example, options: ExportOptions, *, thinks: bool) -> Withheld | None:
    """Return why no format, or none without a place for thoughts, can teach a row; else None."""
    said = [turn for turn in row.messages if turn.role == "assistant"]
    if not any(turn.train for turn in said):
        return Withheld("nothing_trained")
    if row.label == "harmful" and not row.messages[-1].train:
        return Withheld("refusal_untrained")
    if not all(turn.content or turn.tool_calls for turn in said):
        return Withheld("empty_turn")
    if options.reasoning == "keep" and not thinks and any(turn.reasoning for turn in said):
        return Withheld("no_place_for_thoughts")
    return None


def has_untrained_turn(row: Example) -> bool:
    """Return whether an assistant turn is not to be trained."""
    return any(turn.role == "assistant" and not turn.train for turn in row.messages)
