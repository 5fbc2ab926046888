"""Refused requests offer the foreign tools that fit them best, each row's once."""

import pytest

from tasks.borrowing import Lender, Wish, lend, names_any

MAIL = "send email sends an email to an address"
LOAN = "calculate loan payment computes the monthly payment of a loan"


def test_the_tools_that_fit_best_are_lent() -> None:
    """By the words of the request and of the tools; where no word is shared none are."""
    about = ("write an email to somebody", "a loan's payment", "xylophones")
    wishes = [Wish(name, "train", said) for name, said in zip("abc", about, strict=True)]
    lenders = [Lender("loans", "train", LOAN), Lender("mails", "train", MAIL)]
    assert lend(wishes, lenders) == {"a": "mails", "b": "loans"}


def test_a_row_lends_once_and_the_first_one_first() -> None:
    """So no list of tools is more often refused than helped with."""
    wishes = [Wish(name, "train", "send an email") for name in "abc"]
    lenders = [Lender(f"mails-{n}", "train", MAIL) for n in range(2)]
    assert lend(wishes, lenders) == {"a": "mails-0", "b": "mails-1"}


def test_tools_stay_in_their_split() -> None:
    """What is tested was not trained on."""
    wishes = [Wish("a", "test", "send an email"), Wish("b", "train", "send an email")]
    assert lend(wishes, [Lender("mails", "test", MAIL)]) == {"a": "mails"}


def test_without_words_nothing_is_lent() -> None:
    """Tools that say nothing, or none at all, are no error."""
    assert lend([Wish("a", "train", "send")], [Lender("x", "train", "")]) == {}
    assert lend([Wish("a", "train", "send")], []) == {}
    assert lend([], [Lender("mails", "train", MAIL)]) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I won't use postbird_send_email for that.", True),
        ("I won't let Postbird send email like this.", True),
        ("I won't send this email.", False),
        ("", False),
    ],
)
def test_a_tool_is_named_as_it_is_or_in_plain_words(text: str, found: bool) -> None:
    """Case and underscores are no matter."""
    assert names_any([text], ["postbird_send_email", "mailHarborDeliver"]) is found
