from tasks.formats.exporting.calls import is_answered, match_results, order_results, shorten_ids
from tests.tasks.formats.exporting.samples import ASK, BOTH, CALLED, DONE, SEEN, SENT


def test_results_belong_to_the_turn_before_them() -> None:
    """An id that comes again is the later turn's."""
    turns = (ASK, CALLED, SENT, CALLED, SENT, DONE)
    assert match_results(turns) == {2: (1, 0), 4: (3, 0)}
    ids = shorten_ids(turns)
    assert ids[1, 0] != ids[3, 0]


def test_a_call_is_answered_once_and_before_anything_else_is_said() -> None:
    """A second result, or one after another turn, belongs to no call."""
    assert match_results((ASK, CALLED, SENT, SENT)) == {2: (1, 0)}
    assert match_results((ASK, CALLED, ASK, SENT)) == {}
    assert not is_answered((ASK, CALLED, SENT, SENT), {2: (1, 0)})


def test_calls_at_the_very_end_need_no_result() -> None:
    """A conversation may end with a call."""
    assert is_answered((ASK, CALLED), {})
    assert not is_answered((ASK, CALLED, DONE), {})


def test_results_are_put_in_the_order_of_their_calls() -> None:
    """All else stays where it is."""
    assert order_results((ASK, BOTH, SEEN, SENT, DONE)) == [ASK, BOTH, SENT, SEEN, DONE]
    assert order_results((ASK, SENT, DONE)) == [ASK, SENT, DONE]
