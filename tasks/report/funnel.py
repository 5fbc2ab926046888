"""From what was made to what was kept: the filters that requests pass, and every stage."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schemas.catalogue import load_reasons
from schemas.filters import Filter, Passage, merge
from schemas.results import Manifest, StageReport
from schemas.rows import Audit
from tasks.report.words import Word, load_words, word_for


@dataclass(frozen=True, slots=True)
class Step:
    """A filter: what came to it and what it let through, in all and by intent."""

    word: Word
    all: Passage
    intents: Mapping[str, Passage]
    width: float  # percent of the step that most came to


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage's line. `kept` are its rows that were accepted."""

    word: Word
    report: StageReport
    kept: int


def steps_of(audit: Audit) -> tuple[Step, ...]:
    """Return the filters in the order in which rows come to them."""
    most = max((each.total().rows_in for each in audit.filters), default=0)
    return tuple(_step(each, most) for each in audit.filters)


def _step(one: Filter, most: int) -> Step:
    total = one.total()
    intents = {intent: by_intent(one, intent) for intent in load_words().intents}
    return Step(
        word=word_for(load_words().stages, one.name),
        all=total,
        intents={intent: each for intent, each in intents.items() if each.rows_in},
        width=100 * total.rows_in / max(1, most),
    )


def by_intent(one: Filter, intent: str) -> Passage:
    """Return what a filter did to one intent, over all categories."""
    return merge(found[intent] for found in one.passed.values() if intent in found)


def stages_of(manifest: Manifest) -> tuple[Stage, ...]:
    """Return the stages in the order in which they ran."""
    words = load_words().stages
    return tuple(
        Stage(word_for(words, report.stage), report, kept=report.accepted or report.rows_out)
        for report in manifest.stages
    )


@dataclass(frozen=True, slots=True)
class Drop:
    """Why a stage dropped rows: the word, a sentence, how many, and where they were most."""

    stage: Word
    reason: str
    sentence: str  # empty for a word of another release
    count: int
    share: float  # of what came to the stage
    where: tuple[str, ...]  # category and intent, the commonest first; empty where not known
    caught: tuple[str, ...]  # spoilt copies in the version that were dropped for it


def drops_of(
    manifest: Manifest, audit: Audit | None, caught: Mapping[str, tuple[str, ...]]
) -> tuple[Drop, ...]:
    """Return the reasons of each stage, the commonest first, stages in their order."""
    sentences, words = load_reasons(), load_words().stages
    places = _places(audit.filters if audit else ())
    return tuple(
        Drop(
            stage=word_for(words, report.stage),
            reason=reason,
            sentence=sentences.get(reason, ""),
            count=count,
            share=count / max(1, report.rows_in),
            where=_commonest(places.get(reason, Counter())),
            caught=caught.get(reason, ()),
        )
        for report in manifest.stages
        for reason, count in Counter(report.dropped).most_common()
        if count
    )


def _places(filters: Iterable[Filter]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for one in filters:
        for category, by in one.passed.items():
            for intent, passage in by.items():
                for reason, count in passage.dropped.items():
                    found.setdefault(reason, Counter())[f"{category}, {intent}"] += count
    return found


def _commonest(places: Counter[str]) -> tuple[str, ...]:
    shown = places.most_common(2)
    return tuple(f"{name.replace('_', ' ')} ({count:,})" for name, count in shown)
