"""The API groups of the world, in the order they are seeded."""

import importlib
from collections.abc import Callable
from random import Random
from typing import Protocol

from tasks.world.state import Record, State

Behaviour = Callable[[State, Record], Record]
Draw = Callable[[State, Record, Random], Record]
Effect = Callable[[State, Record, Record], str | None]


class Group(Protocol):
    """What a group's module offers."""

    BEHAVIOURS: dict[str, Behaviour]  # by tool: the result of a validated call, or Refused
    DRAWS: dict[str, Draw]  # by capability: values to state, given those that steps yield
    EFFECTS: dict[str, Effect]  # by capability: what the final state lacks, None if nothing

    def seed(self, world: State) -> None:
        """Fill the group's tables from `world.rng`."""


def _present() -> dict[str, Group]:
    found = {}
    for name in (
        "ai",
        "communication",
        "crypto",
        "ecommerce",
        "local_services",
        "payments",
        "search",
        "social",
        "system",
    ):
        try:
            module = importlib.import_module(f"tasks.world.groups.{name}")
        except ImportError as exc:
            print("MISSING", name, exc)
            continue
        if hasattr(module, "BEHAVIOURS"):
            found[name] = module
    return found


GROUPS: dict[str, Group] = _present()
BEHAVIOURS: dict[str, Behaviour] = {
    name: behaviour for group in GROUPS.values() for name, behaviour in group.BEHAVIOURS.items()
}
DRAWS: dict[str, Draw] = {
    name: draw for group in GROUPS.values() for name, draw in group.DRAWS.items()
}
EFFECTS: dict[str, Effect] = {
    name: effect for group in GROUPS.values() for name, effect in group.EFFECTS.items()
}
