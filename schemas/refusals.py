"""What reads like a refusal, by the phrases of `refusal_marks.yaml`."""

import re
from functools import cache

from schemas.catalogue import load_refusal_marks


def refuses(text: str) -> bool:
    """Whether a text reads like a refusal."""
    return _marks().search(text.replace("\u2019", "'")) is not None


def opens_with_refusal(text: str) -> bool:
    """Whether a text refuses from its first words on; one that only quotes a refusal doesn't."""
    return _opening().match(text.replace("\u2019", "'")) is not None


@cache
def _opening() -> re.Pattern[str]:
    sorry = r"\W*(?:(?:i'm|i am) )?(?:sorry|afraid)?\W*(?:but )?"
    return re.compile(rf"{sorry}(?:{_marks().pattern})", re.IGNORECASE)


@cache
def _marks() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(mark) for mark in load_refusal_marks()), re.IGNORECASE)
