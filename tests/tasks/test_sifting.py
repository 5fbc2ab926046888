"""A sound row of another dataset stands among ours only as an example of work that is done."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from schemas.messages import Message
from tasks.sifting import find_unfit
from tests.tasks.foreign import called, foreign, said, tool, user

REQUEST = user("Book me a table for two.")
NO_LOSS = Message(role="assistant", content="Done.", train=False)


def test_a_row_that_does_its_work_is_fit() -> None:
    """A call and what is made of it; a call that ends a row is one as well."""
    assert find_unfit(foreign(), 2) is None
    assert find_unfit(foreign(turns=(REQUEST, called("find")[0])), 2) is None


def test_words_for_want_of_a_tool_are_no_refusal() -> None:
    """It says what it can't do and what it lacks: our own rows teach that too."""
    lacking = said("I don't have a tool for bookings, so I could not make this one.")
    assert find_unfit(foreign(turns=(REQUEST, lacking)), 2) is None


@pytest.mark.parametrize(
    ("turns", "reason"),
    [
        ((REQUEST, said("I won't help with that; it would hurt people.")), "declines"),
        (
            (
                REQUEST, said("I won't help with that."), user("Then tell me the time."),
                said("It is noon."),
            ),
            "declines",
        ),
        ((REQUEST, NO_LOSS), "nothing_to_learn"),
        ((user("Use key sk-abcdefghijklmnopqrstuvwx."), said("Done.")), "holds_secret"),
    ],
)  # fmt: skip
def test_what_speaks_against_a_row_is_named(turns: Sequence[Message], reason: str) -> None:
    """Refusals anywhere, nothing to learn at its end, things like keys."""
    unfit = find_unfit(foreign(turns=turns), 2)
    assert unfit is not None
    assert unfit.reason == reason


def test_a_row_has_tools_and_turns() -> None:
    """Without tools it teaches nothing of their use; the system's turn is not counted."""
    system = Message(role="system", content="Be of use.", train=False)
    short = foreign(turns=(system, REQUEST, said("Which day?")))
    unfit = find_unfit(short, 3)
    assert unfit is not None
    assert (unfit.reason, unfit.detail) == ("too_few_turns", "2 of 3")
    assert find_unfit(short, 2) is None
    none = find_unfit(replace(foreign(), tools=()), 2)
    assert none is not None
    assert none.reason == "no_tools"


def test_a_secret_in_a_tool_is_found() -> None:
    """All of a row is released, so all of it is looked at."""
    unfit = find_unfit(foreign(tools=(tool("find", "Key AKIAABCDEFGHIJKLMNOP."),)), 2)
    assert unfit is not None
    assert unfit.reason == "holds_secret"
