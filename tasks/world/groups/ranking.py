"""Ranking by a query: rare words count more than common ones, titles and phrases in them most."""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

Document = tuple[str, str]  # a title and a body; either may be empty

COMMON = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "had", "has", "have",
    "in", "is", "it", "not", "of", "on", "or", "our", "so", "that", "the", "their", "they",
    "this", "to", "was", "we", "were", "what", "when", "who", "will", "with", "you", "your",
))  # fmt: skip
_MARKS = b".,;:!?()\"'-_/@\t\n"
BETWEEN_WORDS = bytes.maketrans(_MARKS, b" " * len(_MARKS))  # thrice as fast as on text
SCALE = 10  # whole numbers add up to the same sum in any order
RECENT_TEXTS = 4096  # a world is searched more than once


def rank(query: str, documents: Mapping[str, Document]) -> list[str]:
    """Return the ids of documents that share a word with the query, the best first.

    Equally good ones keep the order of `documents`. Words like `the` count only where the query
    has no others.
    """
    asked = _telling(query)
    texts = {key: (_plain(title), _plain(body)) for key, (title, body) in documents.items()}
    shared = {key: _shared(asked, *text) for key, text in texts.items()}
    counts = Counter(word for words in shared.values() for word in words)
    weights = {word: SCALE * len(documents) // count for word, count in counts.items()}
    scores = {
        key: sum(weights[word] for word in words) + _titled(asked, texts[key][0], weights)
        for key, words in shared.items()
        if words
    }
    return sorted(scores, key=lambda key: -scores[key])


def _shared(asked: tuple[str, ...], title: str, body: str) -> list[str]:
    return [word for word in asked if f" {word} " in body or f" {word} " in title]


def _titled(asked: tuple[str, ...], title: str, weights: Mapping[str, int]) -> int:
    # a phrase counts as much as its two words once more
    words = sum(weights[word] for word in asked if f" {word} " in title)
    phrases = (pair for pair in pairwise(asked) if f" {pair[0]} {pair[1]} " in title)
    return words + sum(weights[one] + weights[other] for one, other in phrases)


@lru_cache(maxsize=RECENT_TEXTS)
def _plain(text: str) -> str:
    return f" {text.lower().encode(errors='replace').translate(BETWEEN_WORDS).decode()} "


def _telling(text: str) -> tuple[str, ...]:
    # each word once, in order
    words = dict.fromkeys(word for word in _plain(text).split(" ") if word)
    return tuple(word for word in words if word not in COMMON) or tuple(words)
