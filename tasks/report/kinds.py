"""What kinds of rows there are, and how their shares compare with those asked for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.params import Situations
from tasks.report.facts import Fact, of_class
from tasks.report.words import Word, load_words, word_for


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one kind: their number and share; what was asked for, None where nothing was."""

    word: Word
    rows: int
    share: float
    asked: float | None  # share
    least: float | None  # share that the dataset has to hold


@dataclass(frozen=True, slots=True)
class HeatRow:
    """Rows of one category by intent, and how dark each cell is, in percent."""

    category: str
    cells: tuple[tuple[int, float], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Rows by category and intent."""

    intents: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    totals: tuple[int, ...]
    total: int


def heat_of(by_intent: Mapping[str, Mapping[str, int]]) -> Heat:
    """Return rows by category and intent; the fullest cell is the darkest."""
    known = [intent for intent in load_words().intents if intent in by_intent]
    intents = [*known, *(name for name in by_intent if name not in known)]
    categories = sorted({name for line in by_intent.values() for name in line})
    most = max((count for line in by_intent.values() for count in line.values()), default=1)
    rows = []
    for category in categories:
        counts = [by_intent[intent].get(category, 0) for intent in intents]
        cells = tuple((count, 100 * count / max(1, most)) for count in counts)
        rows.append(HeatRow(category, cells, sum(counts)))
    totals = [sum(by_intent[intent].values()) for intent in intents]
    return Heat(tuple(intents), tuple(rows), tuple(totals), sum(totals))


def kinds_of(facts: Sequence[Fact], params: Mapping[str, Any]) -> dict[str, tuple[Kind, ...]]:
    """Return the kinds of each class, in the order of their names; none is left out for being 0."""
    return {
        label: _of_class(words, of_class(facts, label), *_asked(label, params))
        for label, words in load_words().parts.items()
    }


def _of_class(
    words: Mapping[str, Word],
    facts: Sequence[Fact],
    asked: Mapping[str, float],
    least: Mapping[str, float],
) -> tuple[Kind, ...]:
    counts = Counter(fact.part for fact in facts)
    names = [*words, *(part for part in sorted(counts) if part not in words)]
    return tuple(
        Kind(
            word=word_for(words, part),
            rows=counts[part],
            share=counts[part] / max(1, len(facts)),
            asked=asked.get(part),
            least=least.get(part),
        )
        for part in names
        if counts[part] or asked.get(part)
    )


def _asked(label: str, params: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the shares that were asked for and the least ones, as far as parameters say."""
    given = params.get("situations") or {}
    known = {name: given[name] for name in Situations.model_fields if name in given}
    if not known:
        return {}, {}
    asked = Situations.model_validate(known)
    shares = asked.shares(label)
    least = {part: share * asked.floor for part, share in shares.items()}
    if label == "benign" and "borderline_floor" in params.get("balance", {}):
        least["borderline"] = float(params["balance"]["borderline_floor"])
    return shares, least


def styles_of(facts: Sequence[Fact]) -> tuple[Kind, ...]:
    """Return the styles of refusals, the commonest first."""
    refusals = [fact for fact in facts if fact.kind == "refusal"]
    counts = Counter(fact.style for fact in refusals)
    words = load_words().styles
    return tuple(
        Kind(word_for(words, style), rows, rows / len(refusals), asked=None, least=None)
        for style, rows in counts.most_common()
    )
