"""Draws rows for review: by hash rank within strata, in an order that gives nothing away."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from agentalign.reviewing.frame import Stratum, Subject
from schemas.ids import rank


def draw_subjects(subjects: Iterable[Subject], count: int, seed: int) -> list[Subject]:
    """Return up to `count` rows that nobody reviewed, as many of each stratum as there can be.

    Within a stratum the lowest ranks are taken. All are shown by rank, requests first: who sees
    an answer knows that its request was let through. Where a reviewer stops, what was reviewed
    is therefore a random draw from every stratum.
    """
    strata: dict[Stratum, list[Subject]] = defaultdict(list)
    for subject in subjects:
        if subject.review is None:
            strata[subject.stratum].append(subject)
    shares = allot({stratum: len(members) for stratum, members in strata.items()}, count)
    drawn = [
        subject
        for stratum, members in strata.items()
        for subject in sorted(members, key=lambda s: _rank(s, seed))[: shares[stratum]]
    ]
    return sorted(drawn, key=lambda s: (s.check != "semantic", _rank(s, seed)))


def _rank(subject: Subject, seed: int) -> tuple[int, str]:
    return rank(seed, "review", subject.row.id), subject.row.id


def allot(sizes: Mapping[Stratum, int], count: int) -> dict[Stratum, int]:
    """Return `count` shared out evenly; what a small stratum can't take goes to larger ones."""
    shares: dict[Stratum, int] = {}
    for place, (stratum, size) in enumerate(sorted(sizes.items(), key=lambda s: (s[1], s[0]))):
        shares[stratum] = min(size, count // (len(sizes) - place))
        count -= shares[stratum]
    return shares
