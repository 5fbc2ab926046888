"""Compares what carries loss with what has to."""

from collections.abc import Sequence
from itertools import zip_longest

from schemas.rows import Example
from tests.consumers.spoken import Reader, Spoken, expected


def differences(
    rows: Sequence[Example], trained: Sequence[Sequence[str]], read: Reader, *, reasoning: bool
) -> list[str]:
    """Return a line for each row whose turns with loss are not its trained turns, or that is gone.

    `trained` has, for each row in order, the texts with loss; `reasoning` says whether what a turn
    thought has to be among them.
    """
    return [
        f"{row.id if row else 'no row'}: {problem}"
        for row, texts in zip_longest(rows, trained)
        if (problem := _problem(row, texts, read, reasoning=reasoning))
    ]


def _problem(
    row: Example | None, texts: Sequence[str] | None, read: Reader, *, reasoning: bool
) -> str:
    if row is None or texts is None:
        return "a row is missing"
    wanted = expected(row, reasoning=reasoning)
    found: list[Spoken | str] = [_read(text, read) for text in texts]
    for place, (want, got) in enumerate(zip_longest(wanted, found)):
        if want != got:
            return f"turn {place} has to be {want}, and is {got}"
    return ""


def _read(text: str, read: Reader) -> Spoken | str:
    try:
        return read(text)
    except (AssertionError, ValueError, KeyError) as exc:
        return f"{text!r} ({exc!r})"
