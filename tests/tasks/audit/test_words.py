"""Texts as words."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.audit.words import runs, words


def test_case_punctuation_and_spacing_are_no_part_of_words() -> None:
    """Two ways to write the same words give the same words; so do two forms of a character."""
    assert words("Send  it, to ANNA!\n") == words("send it to anna") == ["send", "it", "to", "anna"]
    assert words("\uff33end") == words("send")
    assert words(" ?! ") == []


@given(st.lists(st.sampled_from("abc")), st.integers(1, 5))
def test_runs_are_all_slices_of_their_length(of: list[str], length: int) -> None:
    """There is one run for each place it can start at."""
    slices = [tuple(of[i : i + length]) for i in range(len(of) - length + 1)]
    assert list(runs(of, length)) == slices
