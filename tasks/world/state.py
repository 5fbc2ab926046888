"""What the simulated world holds: tables, a clock and ids, all drawn from one seed."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas import ids
from schemas.ids import digest, rank
from schemas.rows import CallResult

Record = dict[str, Any]  # JSON values; the tool's schema says which

EPOCH = datetime(2031, 1, 1, tzinfo=UTC)
MINUTES_A_YEAR = 365 * 24 * 60
ID_HEX = 8


class State:
    """Tables of records. Equal seeds and equal calls give equal states, byte for byte.

    `log` holds every call made so far, the refused ones too. `turn` counts them but for those
    that a fault struck: what is drawn and what time it is don't depend on a fault.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.tables: dict[str, dict[str, Record]] = {}
        self.log: list[CallResult] = []
        self.turn = 0
        self._start = rank(seed, "clock") % MINUTES_A_YEAR
        self._counters: dict[str, int] = {}
        self._changes: list[str] = []
        self.reseed("state")

    def reseed(self, *purpose: object) -> None:
        """Make `rng` a new generator that depends on the world's seed and `purpose` alone."""
        self._purpose = purpose
        self._rng: random.Random | None = None

    @property
    def rng(self) -> random.Random:
        """The generator of the group being seeded, or of the call being made."""
        if self._rng is None:
            self._rng = ids.rng(self.seed, *self._purpose)
        return self._rng

    @property
    def clock(self) -> int:
        """Minutes since the epoch; every call takes one, unless a fault strikes it."""
        return self._start + self.turn

    def now(self) -> str:
        """Return the world's time, ISO 8601 in UTC."""
        moment = EPOCH + timedelta(minutes=self.clock)
        return f"{moment.isoformat()[:19]}Z"

    def new_id(self, prefix: str, length: int = ID_HEX) -> str:
        """Return the next id of a kind: `prefix-1a2b3c4d`."""
        count = self._counters.get(prefix, 0)
        self._counters[prefix] = count + 1
        return f"{prefix}-{digest(self.seed, prefix, count)[:length]}"

    def table(self, name: str) -> dict[str, Record]:
        """Return a table, id → record; an empty one if there was none."""
        return self.tables.setdefault(name, {})

    def insert(self, table: str, key: str, record: Record) -> Record:
        """Put a record into a table and return it."""
        self.table(table)[key] = record
        return record

    def note(self, change: str) -> None:
        """Say in one line what the current call changed."""
        self._changes.append(change)

    def take_changes(self) -> tuple[str, ...]:
        """Return the changes noted since the last time, and forget them."""
        changes = tuple(self._changes)
        self._changes.clear()
        return changes

    def digest(self) -> str:
        """Return the digest of all tables and id counters; the log is no part of it."""
        return digest(self.tables, self._counters)
