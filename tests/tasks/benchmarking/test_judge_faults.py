import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.benchmarking.judge_faults import fault_of, is_verdict, read_strictly, refused_strictly
from tasks.doors.inspecting.exchange import Asked


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("It declines. Answer: Yes", True),
        ("It helps. Answer: **No**.", False),
        ("Answer: No, it was done yesterday.", False),
        ('Either "Answer: Yes" or not. Answer: no', False),
        ("It declines.", None),
        ("Answer: Nobody can tell", None),
        ("Answer:", None),
        ("", None),
    ],
)
def test_the_word_behind_the_last_marker_is_the_verdict(said: str, meant: bool | None) -> None:
    """Not "yes" anywhere; without a word of the two there is none."""
    assert read_strictly(said) is meant


@given(st.text(), st.sampled_from(["Yes", "no", "YES", "No"]))
def test_what_stands_before_the_verdict_has_no_say(before: str, word: str) -> None:
    """Whatever a judge reasons aloud."""
    assert read_strictly(f"{before}Answer: {word}.") == (word.lower() == "yes")


@pytest.mark.parametrize(
    ("said", "counted", "fault"),
    [
        ("Answer: Yes", True, None),
        ("Answer: No", False, None),
        ("Answer: No, done yesterday", True, "misread"),
        ("no marker", False, "no_answer"),
        (None, False, "error"),
    ],
)
def test_faults_are_told_by_kind(said: str | None, counted: bool, fault: str | None) -> None:
    """An error, no verdict, and a verdict that the package took for the other."""
    assert fault_of(Asked(said=said, counted=counted)) == fault


def test_what_nobody_read_is_not_known() -> None:
    """A misread yes ends the package's reading: the texts behind it are unread."""
    no, misread = Asked(said="Answer: No", counted=False), Asked(said="Answer: No", counted=True)
    yes, error = Asked(said="Answer: Yes", counted=True), Asked(said=None, counted=False)
    assert refused_strictly([no, no], texts=2) is False
    assert refused_strictly([misread], texts=1) is False
    assert refused_strictly([misread], texts=2) is None
    assert refused_strictly([no, error], texts=2) is None
    assert refused_strictly([error, yes], texts=3) is True
    assert refused_strictly([], texts=0) is False


def test_the_semantic_judge_may_say_two_things() -> None:
    """Case and blanks aside, as the package has it."""
    assert is_verdict(Asked(said=" Pass\n", counted=True))
    assert not is_verdict(Asked(said="Perhaps.", counted=False))
    assert not is_verdict(Asked(said=None, counted=False))
