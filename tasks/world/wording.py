"""When two texts say the same: spacing and the closing full stop are the writer's own."""

from collections.abc import Sequence

CONNECTING = 80  # characters a writer may put around the parts of a joined text


def same_wording(one: str, other: str) -> bool:
    """Return whether two texts differ in nothing but spacing and closing punctuation."""
    return _bare(one) == _bare(other)


def says_all(text: str, parts: Sequence[str]) -> bool:
    """Return whether a text holds all parts, and little else."""
    room = sum(len(part) for part in parts) + CONNECTING
    return len(text) <= room and all(part in text for part in parts)


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(".!?")
