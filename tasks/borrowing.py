"""Which harmful requests offer tools of another dataset, so that those are no sign of a class."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

# scikit-learn ships no types, and takes a second to import: functions import what they need


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that is to offer foreign tools: its row, the split of that, what it is about."""

    row: str
    split: str
    about: str


@dataclass(frozen=True, slots=True)
class Lender:
    """A row of another dataset, its split, and what its tools say of themselves."""

    row: str
    split: str
    about: str


def lend(wishes: Sequence[Wish], lenders: Sequence[Lender]) -> dict[str, str]:
    """Return for each wish the row whose tools fit it best, where any do at all.

    Wishes are heard in their order. A row lends once and within its split: so no list of tools is
    more often refused than helped with, and what is tested was not trained on.
    """
    found: dict[str, str] = {}
    for split in sorted({wish.split for wish in wishes}):
        own = [wish for wish in wishes if wish.split == split]
        found |= _lend_in_split(own, [each for each in lenders if each.split == split])
    return found


def _lend_in_split(wishes: Sequence[Wish], lenders: Sequence[Lender]) -> dict[str, str]:
    """Match words by their TF-IDF cosine; of rows with the same tools the first one lends."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for lender in reversed(lenders):
        waiting[lender.about].append(lender.row)
    lists = sorted(waiting)
    if not (lists and wishes):
        return {}
    learnt, asked = _weigh(lists, [wish.about for wish in wishes])
    found: dict[str, str] = {}
    for place, wish in enumerate(wishes):
        scores = (learnt @ asked[place].T).toarray().ravel()
        for best in scores.argsort(kind="stable")[::-1]:
            if not scores[best]:
                break
            if waiting[lists[best]]:
                found[wish.row] = waiting[lists[best]].pop()
                break
    return found


def _weigh(lists: Sequence[str], wishes: Sequence[str]) -> tuple[Any, Any]:
    """Return the words of lists of tools, and of wishes, as rows of length one."""
    from sklearn.feature_extraction.text import (  # type: ignore[import-untyped]
        HashingVectorizer,
        TfidfTransformer,
    )

    counter = HashingVectorizer(
        stop_words="english", token_pattern=r"[a-z]{3,}", alternate_sign=False, norm=None
    )
    weights = TfidfTransformer(sublinear_tf=True)
    learnt = weights.fit_transform(counter.transform(lists))
    return learnt, weights.transform(counter.transform(wishes))


def names_any(texts: Iterable[str], tools: Iterable[str]) -> bool:
    """Whether one of the texts names one of the tools, as it is or in plain words."""
    said = " ".join(_plain(text) for text in texts)
    return any(f" {_plain(tool)} " in f" {said} " for tool in tools)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))
