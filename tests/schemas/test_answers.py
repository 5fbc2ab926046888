"""Verdicts have the words of their scale and no others."""

import pytest
from pydantic import ValidationError

from schemas.answers import AnswerVerdict


@pytest.mark.parametrize("word", ["not refused", "Refused", "no", "", None, True, 0, ["refused"]])
def test_a_word_off_the_scale_is_no_verdict(word: object) -> None:
    """Nothing is guessed from a word that merely resembles one of the scale."""
    with pytest.raises(ValidationError):
        AnswerVerdict.model_validate({"answer_is": word})


def test_a_verdict_without_its_field_is_none() -> None:
    """A reason alone says nothing."""
    with pytest.raises(ValidationError):
        AnswerVerdict.model_validate({"reason": "It was refused."})
