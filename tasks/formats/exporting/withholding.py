"""Rows that a format can't say: they are withheld, whole, and counted by reason."""

from collections.abc import Mapping
from dataclasses import dataclass

# Each sentence ends what "The row was withheld because" begins.
REASONS: Mapping[str, str] = {
    "nothing_trained": "none of its assistant turns is to be trained",
    "refusal_untrained": "its refusal is not to be trained, and what came before it is",
    "untrained_turn": "an assistant turn is not to be trained, and the format can't say so",
    "no_place_for_thoughts": "it holds thoughts, and the format has no place for them"
    " (--reasoning strip leaves them out)",
    "text_beside_calls": "a turn has text and calls, and the format has room for one of them"
    " (--beside-calls drop leaves the text out)",
    "parallel_calls": "a turn to be trained has several calls, and the format can't train such",
    "turns_out_of_order": "its turns don't take turns the way the format wants them to",
    "unanswered_call": "a call in it has no result, or a result no call",
    "marks_in_text": "its text holds the marks that the format sets off calls and thoughts with",
    "number_changes": "a number in a call would become another one in the trainer's loader",
    "empty_turn": "an assistant turn has neither text nor calls",
    "harm_may_show_earlier": "a record that ends before the refusal could hold harm already",
    "not_renderable": "the tokenizer's chat template refuses it",
}


@dataclass(frozen=True, slots=True)
class Withheld:
    """Stands for the records of a row that can't be said; `reason` is a word of REASONS."""

    reason: str
