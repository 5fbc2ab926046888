"""A declared rate that is never gone above: of requests, or of tokens."""

from collections.abc import Callable

MINUTE_S = 60.0


class Cap:
    """Says when the next may go out, so that in no stretch of time more goes than the rate.

    What is spent is not known before (tokens): it is estimated, and put right afterwards.
    """

    def __init__(self, per_minute: float | None, clock: Callable[[], float]) -> None:
        self._seconds_each = MINUTE_S / per_minute if per_minute else 0.0
        self._clock = clock
        self.due = 0.0

    def spend(self, amount: float) -> None:
        """Count what goes out now."""
        if self._seconds_each:
            self.due = max(self.due, self._clock()) + amount * self._seconds_each

    def correct(self, amount: float) -> None:
        """Count what was spent beyond the estimate, or (below 0) what was not."""
        self.due += amount * self._seconds_each
