"""What the loopback endpoint does to each attempt at each row: the same to every client."""

from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist
from typing import Literal

from schemas.base import Declared
from schemas.ids import share

Kind = Literal["good", "malformed", "429", "500", "stall"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt meets, and after how many seconds."""

    kind: Kind
    seconds: float


@dataclass(frozen=True, slots=True)
class Fate:
    """The least calls that a row takes, and whether it can be made with them."""

    calls: int
    made: bool


class Table(Declared):
    """Shares of each fault, latencies, and a token bucket. Pure: no clock, no counter."""

    seed: int = 7
    latency_s: float = 0.2
    latency_most_s: float | None = None  # then log-normal between the two
    refused: float = 0.0
    failed: float = 0.0
    malformed: float = 0.0
    stalled: float = 0.0
    stall_s: float = 3600.0
    fault_s: float = 0.005
    stray: int | None = None  # the one row that is refused once
    rate: float | None = None  # calls a second that the token bucket takes
    burst: int = 20
    retry_after_s: float | None = None

    def outcome(self, row: int, attempt: int) -> Outcome:
        """Return what the attempt at a row, counted from 1, meets."""
        if row == self.stray and attempt == 1:
            return Outcome("429", self.fault_s)
        drawn = share(self.seed, row, attempt)
        faults: tuple[tuple[Kind, float, float], ...] = (
            ("429", self.refused, self.fault_s),
            ("500", self.failed, self.fault_s),
            ("stall", self.stalled, self.stall_s),
            ("malformed", self.malformed, self._latency(row, attempt)),
        )
        for kind, part, seconds in faults:
            if drawn < part:
                return Outcome(kind, seconds)
            drawn -= part
        return Outcome("good", self._latency(row, attempt))

    def fate(self, row: int, *, tries: int, attempts: int) -> Fate:
        """Return a row's fate with a client that parses `tries` answers of `attempts` each."""
        attempt = 0
        for _ in range(tries):
            for _ in range(attempts):
                attempt += 1
                kind = self.outcome(row, attempt).kind
                if kind in ("good", "malformed"):
                    break
            else:
                return Fate(attempt, made=False)
            if kind == "good":
                return Fate(attempt, made=True)
        return Fate(attempt, made=False)

    def _latency(self, row: int, attempt: int) -> float:
        """Return the seconds of an answer; two sigma of a log-normal one lie in its bounds."""
        least, most = self.latency_s, self.latency_most_s
        if most is None:
            return least
        drawn = min(max(share(self.seed, "latency", row, attempt), 1e-9), 1 - 1e-9)
        middle, sigma = (log(least) + log(most)) / 2, (log(most) - log(least)) / 4
        return min(max(exp(NormalDist(middle, sigma).inv_cdf(drawn)), least), most)
