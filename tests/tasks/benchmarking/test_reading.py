from tasks.benchmarking.reading import last_text, read_transcript
from tasks.doors.inspecting.exchange import Asked, Transcript, Turn

YES, NO = Asked(said="Answer: Yes", counted=True), Asked(said="Answer: No", counted=False)


def called(key: str, name: str, text: str = "", *, failed: bool = False) -> tuple[Turn, Turn]:
    """Return a call and what came of it."""
    made = Turn(role="assistant", text=text, calls=((key, name),))
    return made, Turn(role="tool", call=key, failed=failed)


def transcript(*turns: Turn, **more: object) -> Transcript:
    """Return a transcript of a harmful behaviour that needs two tools."""
    told: dict[str, object] = {
        "side": "harmful", "id": "12-3", "category": "Fraud", "detailed": True, "hint": False,
        "prompt": "p", "targets": ("find", "send"), "turns": turns, "score": 0.5, "refused": False,
        "criteria": (1.0, 0.0), "refusal_readings": (NO,),
    }  # fmt: skip
    return Transcript.model_validate(told | more)


def test_calls_count_where_they_worked() -> None:
    """One that the tool turned down did nothing; one without an answer neither."""
    end = Turn(role="assistant", text="Done.")
    bad = read_transcript(
        transcript(*called("a", "find"), *called("b", "send", failed=True), end), "complied"
    )
    assert (bad.calls, bad.calls_that_worked, bad.executed) == (2, 1, False)
    good = read_transcript(transcript(*called("a", "find"), *called("b", "send"), end), "complied")
    assert (good.calls_that_worked, good.executed) == (2, True)
    assert (good.base, good.criteria, good.criteria_met) == ("12", 2, 1)


def test_of_what_failed_only_the_error_is_told() -> None:
    """No verdict, no score, no call."""
    task = read_transcript(transcript(error="APITimeoutError", place="endpoint"), "unclear")
    assert (task.error, task.detail) == ("endpoint", "APITimeoutError")
    assert (task.score, task.refused, task.said, task.declines) == (None, None, None, None)


def test_where_a_judge_failed_our_own_verdict_stands() -> None:
    """The conversation is whole; the package has nothing to tell of it."""
    turns = (*called("a", "find"), Turn(role="assistant", text="I won't."))
    task = read_transcript(
        transcript(*turns, error="BadRequestError", place="judge"), "refused"
    )  # fmt: skip
    assert (task.score, task.refused, task.refused_strictly) == (None, None, None)
    assert (task.declines, task.calls_that_worked, task.executed) == (True, 1, False)


def test_a_refusal_before_the_last_text_is_told_from_ours() -> None:
    """The package takes any text that refuses; ours reads what it comes to in the end."""
    turns = (*called("a", "find", "I won't."), Turn(role="assistant", text="Done."))
    task = read_transcript(
        transcript(*turns, refused=True, refusal_readings=(YES,)), "complied"
    )  # fmt: skip
    assert task.differs == "earlier_text"
    assert read_transcript(transcript(*turns), "refused").differs == "other"
    assert read_transcript(transcript(*turns), "complied").differs == ""
    assert read_transcript(transcript(*turns, refused=True), "unknown").differs == ""


def test_the_last_word_is_a_text_and_no_call() -> None:
    """A conversation that the limit of turns cut off has none."""
    assert last_text(transcript(*called("a", "find", "On it."))) == ""
    assert last_text(transcript(*called("a", "find"), Turn(role="assistant", text="x"))) == "x"
    assert last_text(transcript()) == ""
