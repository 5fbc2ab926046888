"""What became of planted faults, counted on rows made by hand."""

from benchmarks.planted import (
    Answer,
    Call,
    Failure,
    Item,
    Made,
    Request,
    Tally,
    Verdict,
    batches,
    conversations,
    marks_of,
    requests,
    structured,
    tally,
    texts_of,
    transports,
)

LONG = "a request that is long enough"


def call(key: str, *marks: str, role: str = "judge", attempts: int = 1, texts: int = 0) -> Call:
    """Return a call; a writer's has so many texts."""
    stage = "instructions" if role == "generator" else "responses"
    written = tuple((f"{LONG} {n}", "") for n in range(texts))
    return Call(key, stage, role, attempts, marks, written)


def request(number: int, *calls: str, intent: str = "benign", slot: str = "") -> Request:
    """Return the request of a writer's text at a place."""
    where = slot or f"b/{intent}/{number}"
    return Request(f"r{number}", where, intent, "plain", (f"{LONG} {number}", ""), calls)


def answer(number: int, *calls: str, accepted: bool = True, reason: str = "") -> Answer:
    """Return an answer to a request."""
    return Answer(f"r{number}", "", accepted, reason, calls, calls)


def made(
    calls: list[Call],
    asked: list[Request],
    verdicts: tuple[Verdict, ...] = (),
    answers: tuple[Answer, ...] = (),
    failures: tuple[Failure, ...] = (),
    errors: tuple[str, ...] = (),
) -> Made:
    """Return what a build made."""
    by_key, by_id = {c.key: c for c in calls}, {r.id: r for r in asked}
    return Made(by_key, by_id, verdicts, answers, failures, errors, {"benign": 3, "harmful": 2})


def test_a_fingerprint_names_faults_and_the_texts_they_lie_in() -> None:
    """One without any names none."""
    assert marks_of("rehearsal:defect=wrong_count,flipped_intent@1") == (
        "wrong_count",
        "flipped_intent@1",
    )
    assert marks_of("rehearsal") == marks_of("") == ()


def test_texts_are_read_with_what_comes_later() -> None:
    """A broken answer holds none."""
    assert texts_of('{"requests": [" a "]}') == (("a", ""),)
    assert texts_of('{"pairs": [{"request": "a", "later": "b"}]}') == (("a", "b"),)
    assert texts_of('{"requests": ["a"') == ()


def test_a_fault_of_one_text_is_its_own_rows_alone() -> None:
    """The other request of the same call is sound."""
    writer = call("w", "flipped_intent@1", role="generator", texts=2)
    asked = [request(0, "w"), request(1, "w")]
    through = made([writer], asked, answers=(answer(0), answer(1)))
    assert tally("flipped_intent", requests(through, ("semantic",))) == Tally(1, 0, 1, 0)
    verdicts = (
        Verdict("r0", "semantic", accepted=False),
        Verdict("r1", "semantic", accepted=False),
    )
    stopped = made([writer], asked, verdicts)
    assert tally("flipped_intent", requests(stopped, ("semantic",))) == Tally(1, 1, 1, 1)
    assert tally("flipped_intent", requests(stopped, ("execution",))) == Tally(1, 1, 1, 0)


def test_a_request_whose_judge_was_faulty_is_not_sound() -> None:
    """What a filter does with it says nothing of the filter."""
    calls = [call("w", role="generator", texts=1), call("j", "bad_json")]
    verdict = Verdict("r0", "semantic", accepted=False, calls=("j",))
    found = made(calls, [request(0, "w")], (verdict,))
    assert tally("flipped_intent", requests(found, ("semantic",))) == Tally(0, 0, 0, 0)


def test_a_faulty_conversation_is_caught_unless_its_answer_is_accepted() -> None:
    """A sound one that is turned down is a wrong drop, but not a borderline disagreement."""
    calls = [call("a", "bad_enum", role="responder"), call("b", role="responder")]
    asked = [request(0), request(1), request(2)]
    answers = (
        answer(0, "a", accepted=False, reason="ill_formed_call"),
        answer(1, "b", accepted=False, reason="task_not_done"),
        answer(2, "b", accepted=False, reason="borderline_disagreement"),
    )
    found = made(calls, asked, answers=answers)
    assert tally("bad_enum", conversations(found, harmful=False)) == Tally(1, 1, 1, 1)
    assert tally("bad_enum", conversations(found, harmful=True)) == Tally(1, 1, 0, 0)
    slipped = made(calls, asked, answers=(answer(0, "a"),))
    assert tally("bad_enum", conversations(slipped, harmful=False)) == Tally(1, 0, 0, 0)


def test_a_loop_that_was_left_at_once_is_none() -> None:
    """The first of its calls is what was asked for."""
    calls = [call(key, "endless_loop", role="responder") for key in "ab"]
    once = made(calls, [request(0)], answers=(answer(0, "a"),))
    assert tally("endless_loop", conversations(once, harmful=False)) == Tally(0, 0, 0, 0)
    twice = made(calls, [request(0)], answers=(answer(0, "a", "b"),))
    assert tally("endless_loop", conversations(twice, harmful=False)) == Tally(1, 0, 0, 0)


def test_a_conversation_that_failed_without_a_fault_is_a_wrong_drop() -> None:
    """It is in no row of answers."""
    lost = Failure("responses", "r0", "malformed", 1, ("b",))
    found = made([call("b", role="responder")], [request(0)], failures=(lost,))
    assert tally("bad_enum", conversations(found, harmful=False)) == Tally(0, 0, 1, 1)


def test_broken_json_is_caught_unless_a_row_rests_on_it() -> None:
    """A clean answer that no row rests on was turned down."""
    calls = [
        call("broken", "bad_json", role="generator"),
        call("mended", role="generator", texts=1),
        call("read", "bad_json"),
        call("unread"),
        call("fine"),
    ]
    verdict = Verdict(
        "r0", "semantic", accepted=True, calls=("read", "fine"), read=("read", "fine")
    )
    found = made(calls, [request(0, "broken", "mended")], (verdict,))
    assert tally("bad_json", structured(found)) == Tally(2, 1, 3, 1)


def test_a_wrong_count_is_caught_unless_a_row_holds_what_was_not_asked_for() -> None:
    """Of a sound batch every text becomes a row."""
    calls = [
        call("many", "wrong_count", role="generator", texts=2),
        call("sound", role="generator", texts=2),
    ]
    kept = made(calls, [request(0, "many"), request(1, "sound")])
    assert tally("wrong_count", batches(kept)) == Tally(1, 1, 1, 1)
    beyond = made(calls, [request(0, "many", slot="b/benign/3")])
    assert tally("wrong_count", batches(beyond)) == Tally(1, 0, 0, 0)


def test_a_fault_of_transport_is_mended_by_another_attempt() -> None:
    """What never got an answer, of whichever role, was not."""
    calls = [call("a", attempts=2), call("b")]
    lost = Failure("instructions", "x", "timeout", 8, ())
    found = made(calls, [], failures=(lost,), errors=("server_error", "malformed"))
    assert tally("timeout", transports(found, "timeout")) == Tally(3, 1, 1, 0)


def test_the_target_is_99_of_100_faults_and_one_of_100_sound_items() -> None:
    """Either is missed by one more."""
    assert Tally(200, 198, 100, 1).holds
    assert not Tally(200, 197, 100, 1).holds
    assert not Tally(200, 198, 100, 2).holds
    assert tally("timeout", [Item(frozenset(), True, False, False)]) == Tally(0, 0, 1, 0)
