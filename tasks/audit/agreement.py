"""How far the judges of a panel agree, beyond what chance would give (Fleiss' kappa)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from schemas.audits import ALL, Agreement, AgreementAudit, Concord
from schemas.rows import Outcome, Vote


@dataclass(frozen=True, slots=True)
class Poll:
    """The votes on one subject.

    `drawn` says whether all seats were asked by lot. Otherwise the last ones were only asked
    if the first differed.
    """

    check: str
    category: str
    outcome: Outcome
    votes: tuple[Vote, ...]
    drawn: bool


def audit_agreement(polls: Iterable[Poll], seats: Collection[str]) -> AgreementAudit:
    """Return the agreement of a panel by check and category.

    Subjects without a vote, which rules decided, don't count.
    """
    checks: dict[str, dict[str, list[Poll]]] = defaultdict(lambda: defaultdict(list))
    for poll in polls:
        if poll.votes:
            checks[poll.check][poll.category].append(poll)
            checks[poll.check][ALL].append(poll)
    return AgreementAudit(
        checks={
            check: {name: _agree(of[name], seats) for name in sorted(of)}
            for check, of in sorted(checks.items())
        }
    )


def _agree(polls: Sequence[Poll], seats: Collection[str]) -> Agreement:
    unknown = sum(poll.outcome == "unknown" for poll in polls)
    votes = [vote for poll in polls for vote in poll.votes]
    full = [poll for poll in polls if _is_full(poll, seats)]
    return Agreement(
        subjects=len(polls),
        unknown=unknown / len(polls),
        votes=len(votes),
        unreadable=sum(vote.answer is None for vote in votes),
        drawn=concord([_labels(poll) for poll in full if poll.drawn]),
        full=concord([_labels(poll) for poll in full]),
    )


def _is_full(poll: Poll, seats: Collection[str]) -> bool:
    """Whether every seat gave a vote that can be read."""
    return sorted(v.seat for v in poll.votes if v.answer is not None) == sorted(seats)


def _labels(poll: Poll) -> list[str]:
    return [vote.answer for vote in poll.votes if vote.answer is not None]


def concord(subjects: Sequence[Sequence[str]]) -> Concord:
    """Return how far labels agree; every subject has as many, of one judge each.

    Source: Fleiss (1971), Measuring nominal scale agreement among many raters.
    """
    judges = len(subjects[0]) if subjects else 0
    if judges < 2:
        return Concord(subjects=len(subjects), observed=None, kappa=None)
    alike = sum(n * (n - 1) for labels in subjects for n in Counter(labels).values())
    observed = Fraction(alike, len(subjects) * judges * (judges - 1))
    given = Counter(label for labels in subjects for label in labels)
    expected = sum(Fraction(n, given.total()) ** 2 for n in given.values())
    kappa = None if expected == 1 else float((observed - expected) / (1 - expected))
    return Concord(subjects=len(subjects), observed=float(observed), kappa=kappa)
