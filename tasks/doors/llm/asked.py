"""Which calls a piece of work rests on, whether they were bought for it or found."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ASKED: ContextVar[set[str] | None] = ContextVar("asked", default=None)


@contextmanager
def noting_calls() -> Iterator[set[str]]:
    """Return the set that the keys of all calls asked for inside the block go into."""
    keys: set[str] = set()
    token = _ASKED.set(keys)
    try:
        yield keys
    finally:
        _ASKED.reset(token)


def note_call(key: str) -> None:
    """Note a call for whoever listens."""
    keys = _ASKED.get()
    if keys is not None:
        keys.add(key)
