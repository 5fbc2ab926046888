"""The API groups of the world, in the order they are seeded."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

from tasks.world.groups import (
    ai,
    communication,
    crypto,
    ecommerce,
    local_services,
    payments,
    search,
    social,
    system,
)
from tasks.world.state import Record, State

Behaviour = Callable[[State, Record], Record]
Draw = Callable[[State, Record, Random], Record]
Effect = Callable[[State, Record, Record], str | None]


class Group(Protocol):
    """What a group's module offers."""

    @property
    def BEHAVIOURS(self) -> Mapping[str, Behaviour]:
        """By tool: returns the result of a validated call, or raises Refused."""

    @property
    def DRAWS(self) -> Mapping[str, Draw]:
        """By capability: returns the values to state, given those that earlier steps yield."""

    @property
    def EFFECTS(self) -> Mapping[str, Effect]:
        """By capability: returns what the final state lacks of a step, None if nothing.

        It is given the step's values, and what its call yielded, by the capability's names.
        """

    def seed(self, world: State) -> None:
        """Fill the group's tables from `world.rng`."""


GROUPS: dict[str, Group] = {
    "ai": ai,
    "communication": communication,
    "crypto": crypto,
    "ecommerce": ecommerce,
    "local_services": local_services,
    "payments": payments,
    "search": search,
    "social": social,
    "system": system,
}
BEHAVIOURS: dict[str, Behaviour] = {
    name: behaviour for group in GROUPS.values() for name, behaviour in group.BEHAVIOURS.items()
}
DRAWS: dict[str, Draw] = {
    name: draw for group in GROUPS.values() for name, draw in group.DRAWS.items()
}
EFFECTS: dict[str, Effect] = {
    name: effect for group in GROUPS.values() for name, effect in group.EFFECTS.items()
}
