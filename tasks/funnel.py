"""What every filter let through, by category and intent, counted from the rows themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from schemas.filters import Filter, Passage
from schemas.rows import Dropped, Example, Imported, Instruction, Receipt, Response, Verdict
from schemas.third_party import CATEGORY
from tasks.doors.store import Store

CHECKS = ("semantic", "surface", "execution")
DROPPED = "dropped/"  # figures of balance: dropped/<reason>/<category>/<intent>

Counts = Mapping[tuple[str, str, str], int]  # by category, intent and reason ("" let through)


async def count_filters(
    store: Store, upstream: Sequence[Receipt], balanced: Receipt, examples: Iterable[Example]
) -> tuple[Filter, ...]:
    """Return the filters in the order in which rows come to them."""
    where = ("category", "intent")
    verdicts = await store.tally(Verdict, upstream, '"check"', *where, "reason")
    answers = await store.tally(Response, upstream, *where, "reason")
    written = await store.tally(Instruction, upstream, *where)
    found = [_filter("imports", await _imported(store, upstream))]
    found.append(_filter("instructions", {(*key, ""): n for key, n in written.items()}))
    for check in CHECKS:
        found.append(_filter(check, {key[1:]: n for key, n in verdicts.items() if key[0] == check}))
    found.append(_filter("responses", {key: n for key, n in answers.items()}))
    found.append(_filter("balance", _balanced(balanced, examples)))
    return tuple(each for each in found if each.passed)


async def _imported(store: Store, upstream: Sequence[Receipt]) -> Counts:
    """Return what became of other datasets' rows when they were read."""
    kept = await store.tally(Imported, upstream, "source")
    left = await store.tally(Dropped, upstream, "of_stage", "category", "intent", "reason")
    counts = {key[1:]: n for key, n in left.items() if key[0] == "imports"}
    return counts | ({(CATEGORY, "benign", ""): kept.total()} if kept else {})


def _balanced(balanced: Receipt, examples: Iterable[Example]) -> Counts:
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in examples:
        counts[row.category, row.intent, ""] += 1
    for name, value in balanced.figures.items():
        if name.startswith(DROPPED):
            reason, category, intent = name.removeprefix(DROPPED).split("/")
            counts[category, intent, reason] += int(value)
    return counts


def _filter(name: str, counts: Counts) -> Filter:
    lines: dict[str, dict[str, Counter[str]]] = {}
    for (category, intent, reason), count in sorted(counts.items()):
        lines.setdefault(category, {}).setdefault(intent, Counter())[reason] += count
    return Filter(
        name=name,
        passed={
            category: {intent: _passage(reasons) for intent, reasons in by_intent.items()}
            for category, by_intent in lines.items()
        },
    )


def _passage(reasons: Counter[str]) -> Passage:
    dropped = {reason: count for reason, count in reasons.items() if reason}
    return Passage(rows_in=reasons.total(), rows_out=reasons[""], dropped=dropped)
