"""Invented makers, purposes and versions of software."""

from random import Random

OWNERS = (
    "orchard", "lantern", "quayside", "millpond", "foundry", "hedgerow", "skylark", "tinsmith",
    "wayfare", "northlight", "saltworks", "bramble",
)  # fmt: skip
PURPOSES = (
    "api", "dashboard", "gateway", "metrics", "mirror", "proxy", "queue", "search", "site", "store",
    "sync", "uploader",
)  # fmt: skip


def version(rng: Random) -> str:
    """Return a version number in three parts."""
    return f"{rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}"
