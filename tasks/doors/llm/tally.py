"""Counts of a run's calls, read by whoever shows its progress."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas.calls import Reply
from schemas.results import CallCounts
from tasks.doors.llm.channel import Channel

RATE_OVER_S = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """A snapshot of the calls: by stage, and how fast and how freely they go."""

    stages: dict[str, CallCounts]
    in_flight: int
    limit: int
    refused_share: float  # of all attempts of the run
    per_second: float


@dataclass(slots=True)
class _Counts:
    made: int = 0
    cached: int = 0
    failed: int = 0

    def freeze(self) -> CallCounts:
        return CallCounts(made=self.made, cached=self.cached, failed=self.failed)


@dataclass(slots=True)
class Tally:
    """Counts calls by stage. Written by one thread; another may read."""

    clock: Callable[[], float] = time.monotonic
    _stages: dict[str, _Counts] = field(default_factory=dict)
    _by_second: dict[int, int] = field(default_factory=dict)

    def count(self, stage: str, reply: Reply) -> None:
        """Count what a call gave."""
        counts = self._of(stage)
        if reply.cached:
            counts.cached += 1
            return
        counts.made += 1
        counts.failed += reply.error is not None
        second = int(self.clock())
        if second not in self._by_second:
            self._by_second = {second: 0} | {
                s: n for s, n in self._by_second.items() if s >= second - RATE_OVER_S
            }
        self._by_second[second] += 1

    def count_unreadable(self, stage: str) -> None:
        """Count an answer that came, but not in the shape that was asked for."""
        self._of(stage).failed += 1

    def total(self) -> CallCounts:
        """Return the counts over all stages."""
        every = list(self._stages.values())
        return CallCounts(
            made=sum(counts.made for counts in every),
            cached=sum(counts.cached for counts in every),
            failed=sum(counts.failed for counts in every),
        )

    def snapshot(self, channels: Sequence[Channel], most: int) -> Progress:
        """Return the state of the run."""
        sent = sum(channel.sent for channel in channels)
        refused = sum(channel.refused for channel in channels)
        return Progress(
            stages={stage: counts.freeze() for stage, counts in list(self._stages.items())},
            in_flight=sum(channel.in_flight for channel in channels),
            limit=min(most, sum(channel.gate.slots.limit for channel in channels)),
            refused_share=refused / sent if sent else 0.0,
            per_second=self._rate(),
        )

    def _of(self, stage: str) -> _Counts:
        return self._stages.setdefault(stage, _Counts())

    def _rate(self) -> float:
        now = int(self.clock())
        whole = [n for s, n in list(self._by_second.items()) if now - RATE_OVER_S <= s < now]
        return sum(whole) / RATE_OVER_S
