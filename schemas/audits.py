"""What an audit of a finished dataset found: how it could be cheated, how varied it is, how sure.

In each mapping the key `all` stands for everything together.
"""

from typing import Literal

from pydantic import Field

from schemas.base import Declared

ALL = "all"

Feature = Literal[
    "tools", "tool_count", "system_prompt", "responder", "request_length",
    "request_words", "opening_words",
]  # fmt: skip

# what should tell nothing; words of requests and answers are there to tell the class
SILENT: tuple[Feature, ...] = (
    "tools", "tool_count", "system_prompt", "responder", "request_length",
)  # fmt: skip


class Told(Declared):
    """How well the class was told by one feature, on chains the learner had not seen."""

    accuracy: float | None  # balanced, 0 to 1, 0.5 is a guess; None where it can't be measured
    by_chance: float | None  # what a feature that tells nothing stays under 95 times in 100
    folds: int  # of the cross-validation; 0 where it can't be measured
    rows: int
    chains: int


class NGram(Declared):
    """Words in a row that separate the classes."""

    text: str
    weight: float  # share of the harmful requests that have it, less that of the benign ones
    harmful: int  # requests that have it
    benign: int


class ShortcutAudit(Declared):
    """What tells the class of a row, by source of the rows."""

    features: dict[str, dict[Feature, Told]]
    ngrams: dict[str, tuple[NGram, ...]]  # those that separate most first


class Likeness(Declared):
    """Jaccard similarity of texts, 0 to 1; None where there are no two texts."""

    mean: float | None  # over all pairs
    nearest: float | None  # of a text to the one most like it, on average


class Evenness(Declared):
    """How evenly occurrences spread over names."""

    bits: float  # entropy
    relative: float | None  # to the most that so many names can have; None for fewer than two
    names: int


class Length(Declared):
    """Median and 95th percentile."""

    p50: int
    p95: int


class Diversity(Declared):
    """How varied requests are. What depends on their number is taken from a sample."""

    requests: int
    sampled: int
    distinct_1: float | None  # share of the sample's n-grams that differ; None without any
    distinct_2: float | None
    distinct_3: float | None
    five_grams: Likeness
    words: Likeness
    tools: Evenness
    chains: Evenness
    length_words: Length
    length_characters: Length


class DiversityAudit(Declared):
    """How varied the requests of a dataset are, by intent."""

    intents: dict[str, Diversity]


class Concord(Declared):
    """How far the judges of subjects that every seat judged readably are of one mind."""

    subjects: int
    observed: float | None  # share of pairs of votes that agree
    kappa: float | None  # Fleiss'; None where all votes are one label


class Agreement(Declared):
    """What a panel's votes say of the panel.

    Subjects that were drawn to be judged by all seats represent the others. Where the last
    seats were only asked because the first ones differed, agreement is low by construction:
    `full` has these as well.
    """

    subjects: int
    unknown: float  # share of the subjects with that outcome
    votes: int
    unreadable: int  # votes
    drawn: Concord
    full: Concord


class AgreementAudit(Declared):
    """Agreement of the judges by check, then by category."""

    checks: dict[str, dict[str, Agreement]]


class BenchmarkFile(Declared):
    """A file of benchmark texts, without the texts."""

    name: str
    texts: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Caught(Declared):
    """How many of the spoilt copies of one kind the filters caught."""

    planted: int
    caught: int
    low: float  # Wilson's 95 % interval of the share
    high: float
