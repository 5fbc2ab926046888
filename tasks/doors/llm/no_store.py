"""A store that keeps nothing, for calls that are no part of a dataset."""

from collections.abc import Iterable, Sequence

from schemas.calls import CallInfo, Reply


class NoStore:
    """Finds nothing and keeps nothing."""

    async def load_replies(self, keys: Iterable[str], /) -> dict[str, Reply]:
        """Return nothing."""
        del keys
        return {}

    async def save_replies(self, new: Sequence[tuple[Reply, CallInfo]], /) -> None:
        """Drop replies."""
        del new
