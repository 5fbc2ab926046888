"""Whether the class of a row can be told by what should tell nothing of it.

Each feature alone is given to a learner that is strong enough to find a rule in it: a linear
one for names and words, a small tree for numbers, so that a span in the middle is found too.
What counts is how well it does on chains that it has not seen.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from schemas.audits import ALL, Feature, NGram, ShortcutAudit, Told
from tasks.audit.ngrams import telling_ngrams
from tasks.audit.words import words
from tasks.selection import Label

# scikit-learn ships no types, and takes a second to import: functions import what they need

FOLDS = 5
SEED = 0
COLUMNS = 2**15  # that names and words are hashed to, so that no vocabulary has to be kept
OPENING = 5  # words of an answer
DEPTH = 4  # of a tree: enough for a span of numbers, or two
LEAF = 0.01  # least share of the rows at the end of a branch
OF_NAMES = {"tol": 0.01}
# of thousands of words and rows the dual form learns in a tenth of the time, if it may stop early
OF_WORDS = {"dual": True, "C": 0.1, "tol": 0.1, "max_iter": 1000}
SIGMAS = 1.645  # that 95 of 100 normal draws stay under
DIGITS = 4
CLASSES: tuple[Label, ...] = ("harmful", "benign")

Labels: TypeAlias = npt.NDArray[np.bool_]  # whether a row is harmful
Fold: TypeAlias = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]  # positions: learnt, left
Matrix: TypeAlias = Any  # sparse for names and words, dense for numbers; scipy ships no types


@dataclass(frozen=True, slots=True)
class Sample:
    """What is asked of a row: its class, and what may give it away."""

    label: Label
    source: str
    chain: str
    tools: tuple[str, ...]  # names of those offered
    system_prompt: str | None  # its name, its text or a hash of it
    responder: str
    request: str
    opening: str  # text of the first assistant turn


@dataclass(frozen=True, slots=True)
class _Read:
    """A sample and the words of its request."""

    sample: Sample
    words: list[str]


_NAMES: Mapping[Feature, Callable[[_Read], Iterable[str]]] = {
    "tools": lambda row: row.sample.tools,
    "system_prompt": lambda row: (row.sample.system_prompt or "",),
    "responder": lambda row: (row.sample.responder,),
    "request_words": lambda row: dict.fromkeys(row.words),
    "opening_words": lambda row: words(row.sample.opening)[:OPENING],
}
_NUMBERS: Mapping[Feature, Callable[[_Read], Sequence[int]]] = {
    "tool_count": lambda row: (len(row.sample.tools),),
    "request_length": lambda row: (len(row.sample.request), len(row.words)),
}


def audit_shortcuts(samples: Iterable[Sample]) -> ShortcutAudit:
    """Return what tells the class, in all rows together and in those of each source.

    Their order changes nothing. Where there are too few rows or chains for two folds with both
    classes on either side, an accuracy is None.
    """
    rows = [_Read(sample, words(sample.request)) for sample in sorted(samples, key=_order)]
    sources: dict[str, list[_Read]] = defaultdict(list)
    for row in rows:
        sources[row.sample.source].append(row)
    whole = _audit(rows)
    audited = {
        name: whole if len(own) == len(rows) else _audit(own)
        for name, own in sorted(sources.items())
    }
    audited[ALL] = whole
    return ShortcutAudit(
        features={name: features for name, (features, _) in audited.items()},
        ngrams={name: ngrams for name, (_, ngrams) in audited.items()},
    )


def _order(sample: Sample) -> tuple[object, ...]:
    return (sample.chain, sample.label, sample.request, sample.opening, sample.source,
            sample.responder, sample.system_prompt or "", sample.tools)  # fmt: skip


def _audit(rows: Sequence[_Read]) -> tuple[dict[Feature, Told], tuple[NGram, ...]]:
    labels = np.array([row.sample.label == "harmful" for row in rows], dtype=bool)
    folds = _folds(rows, labels)
    features = {name: _tell(name, rows, labels, folds) for name in get_args(Feature)}
    harmful = [row.words for row in rows if row.sample.label == "harmful"]
    benign = [row.words for row in rows if row.sample.label == "benign"]
    return features, telling_ngrams(harmful, benign)


def _folds(rows: Sequence[_Read], labels: Labels) -> list[Fold]:
    """Return the rows to learn from and those to tell, five times if the chains allow it."""
    from sklearn.model_selection import StratifiedGroupKFold  # type: ignore[import-untyped]

    chains = [row.sample.chain for row in rows]
    fewest = min(_chains(rows, "harmful"), _chains(rows, "benign"))
    for count in range(min(FOLDS, fewest), 1, -1):
        split = StratifiedGroupKFold(count, shuffle=True, random_state=SEED)
        folds: list[Fold] = list(split.split(labels, labels, chains))
        if all(len(set(labels[part])) == len(CLASSES) for fold in folds for part in fold):
            return folds
    return []


def _chains(rows: Iterable[_Read], label: Label) -> int:
    return len({row.sample.chain for row in rows if row.sample.label == label})


def _tell(name: Feature, rows: Sequence[_Read], labels: Labels, folds: Sequence[Fold]) -> Told:
    """Return how well the class is told of rows in each fold by what the others teach."""
    chains = len({row.sample.chain for row in rows})
    if not folds:
        return Told(accuracy=None, by_chance=None, folds=0, rows=len(rows), chains=chains)
    from sklearn.metrics import balanced_accuracy_score  # type: ignore[import-untyped]

    seen, told = _matrix(name, rows), np.zeros_like(labels)
    for learnt, left in folds:
        told[left] = _learner(name).fit(seen[learnt], labels[learnt]).predict(seen[left])
    return Told(
        accuracy=round(float(balanced_accuracy_score(labels, told)), DIGITS),
        by_chance=round(_by_chance(rows), DIGITS),
        folds=len(folds),
        rows=len(rows),
        chains=chains,
    )


def _by_chance(rows: Sequence[_Read]) -> float:
    """Return what guesses stay under; rows of one chain count as one, as they are alike."""
    deviation: float = sum(1 / _chains(rows, label) for label in CLASSES) ** 0.5 / 4
    return min(1.0, 0.5 + SIGMAS * deviation)


def _matrix(name: Feature, rows: Sequence[_Read]) -> Matrix:
    if name in _NUMBERS:
        return np.array([_NUMBERS[name](row) for row in rows])
    from sklearn.feature_extraction import FeatureHasher  # type: ignore[import-untyped]

    hasher = FeatureHasher(COLUMNS, input_type="string", alternate_sign=False)
    # having no name at all is a name, too
    hashed = hasher.transform([*_NAMES[name](row)] or [""] for row in rows)
    return hashed[:, np.unique(hashed.indices)]  # columns that nothing fell in cost time


def _learner(name: Feature) -> Any:  # noqa: ANN401 - an estimator; scikit-learn ships no types
    if name in _NUMBERS:
        from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

        return DecisionTreeClassifier(
            max_depth=DEPTH, min_samples_leaf=LEAF, class_weight="balanced", random_state=SEED
        )
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    how = OF_WORDS if name == "request_words" else OF_NAMES
    return LogisticRegression(solver="liblinear", class_weight="balanced", random_state=SEED, **how)
