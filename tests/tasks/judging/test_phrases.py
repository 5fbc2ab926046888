"""The notation of phrases."""

import pytest

from tasks.judging.phrases import compile_phrases

LISTS = {"lead": ("but", "well"), "me": ("i", "we"), "deed": ("help~", "take part", "send")}


@pytest.mark.parametrize(
    ("phrase", "sentence", "found"),
    [
        ("{me} will {deed}", "so we will take part ", True),
        ("{me} will {deed}", "so he will take part ", False),
        ("{me} will {deed}", "i will sender ", False),
        ("{me} will {deed}", "i will helping ", True),
        ("here is/are", "and here are two ", True),
        ("here is/are", "there are two ", False),
        ("not [at] all", "not all ", True),
        ("not [{deed}] him", "not send him ", True),
        ("not [{deed}] him", "not tell him ", False),
        ("no * from me", "no letters from me ", True),
        ("no * from me", "no from me ", False),
        ("no ... from me", "no a b c d e f g h from me ", True),
        ("no ... from me", "no a b c d e f g h i from me ", False),
        ("*ing it", "doing it ", True),
        ("^done", "well but done ", True),
        ("^done", "it is done ", False),
        ("done $", "it is done ", True),
        ("done $", "done with it ", False),
        ("which", "whichever ", False),
        ("which ?", "say which one you mean ? ", True),
        ("which ?", "say which one you mean ", False),
    ],
)
def test_a_phrase_is_found_where_it_stands(phrase: str, sentence: str, found: bool) -> None:
    """Words are whole, lists are open, and what is between them is bounded."""
    assert (compile_phrases([phrase], LISTS).search(sentence) is not None) == found


def test_a_list_that_is_not_there_is_an_error() -> None:
    """No phrase is dropped in silence."""
    with pytest.raises(KeyError):
        compile_phrases(["{nobody} knows"], LISTS)
