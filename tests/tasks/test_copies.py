"""Which rows are spoilt, drawn by hash."""

from collections import Counter

from schemas.catalogue import load_catalogue
from schemas.incidents import Incident
from tasks.copies import Copy, Draw, Released, released
from tests.tasks.trajectories import FITS
from tests.tasks.trajectories import released as row

ENDING = "I won't help with that: it deceives people."


def draw(count: int, rows: list[Released], seed: int = 1) -> list[Copy]:
    """Return the copies of some rows."""
    return Draw(seed, count, load_catalogue(), FITS).copies(rows)


def test_up_to_a_count_of_each_kind_is_drawn() -> None:
    """Of rows that a kind applies to; half of what is answered or meant otherwise is harmful."""
    rows = [row(n) for n in range(4)] + [row(n, harmful=True) for n in range(4)]
    copies = draw(3, rows)
    counts = Counter(copy.kind for copy in copies)
    assert counts.pop("answer_contradicts", 0) == 0  # these answers hold no fact
    assert {*counts.values()} == {3}
    assert len(counts) == 7
    swapped = [copy.of.job.request.intent for copy in copies if copy.kind == "answer_swapped"]
    assert Counter(swapped) == {"harmful": 1, "benign": 2}


def test_a_draw_depends_on_nothing_but_the_seed_and_the_rows() -> None:
    """Their order doesn't count, and another seed draws others."""
    rows = [row(n) for n in range(6)] + [row(n, harmful=True) for n in range(6)]
    assert draw(2, rows) == draw(2, rows[::-1])
    assert draw(2, rows) != draw(2, rows, seed=2)


def test_a_row_on_whose_way_something_failed_is_not_spoilt() -> None:
    """The fault would strike another call, and give the copy away."""
    of = row(2)
    execution = of.response.execution
    assert execution is not None
    fault = Incident(at=0, kind="fault", code="timed_out")
    met = execution.model_copy(update={"incidents": (fault,)})
    response = of.response.model_copy(update={"execution": met})
    copies = draw(5, [Released(response, of.job)])
    assert [copy.kind for copy in copies] == ["intent_flipped"]


def test_harm_is_answered_by_the_report_of_its_twin() -> None:
    """A benign request is answered by a refusal, without a call."""
    rows = [row(1), row(2), row(1, harmful=True), row(2, harmful=True)]
    twin = rows[0].response.messages[-1].content
    for copy in draw(4, rows):
        if copy.kind == "answer_swapped":
            (turn,) = copy.turns
            harmful = copy.of.job.request.intent == "harmful"
            assert turn.content == (twin if harmful else ENDING)
            assert not turn.tool_calls


def test_a_flipped_intent_changes_nothing_else() -> None:
    """The request is offered as what it isn't."""
    flipped = [c for c in draw(2, [row(1), row(1, harmful=True)]) if c.kind == "intent_flipped"]
    assert [(c.of.response.intent, c.intent) for c in flipped] == [
        ("harmful", "benign"),
        ("benign", "harmful"),
    ]
    assert all(c.turns == c.of.response.messages for c in flipped)


def test_released_rows_are_those_that_were_chosen() -> None:
    """What balance left out is not spoilt."""
    one, two = row(1), row(2)
    found = released([one.response, two.response], [one.job, two.job], {two.response.id})
    assert found == [two]
