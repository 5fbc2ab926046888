"""Desks: tools that do one of several things, each with parameters of its own."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from tasks.world.contract import Refused
from tasks.world.groups.records import Behaviour
from tasks.world.state import Record, State


@dataclass(frozen=True, slots=True)
class Way:
    """One thing a desk does: how, what that can't do without, and what else it takes."""

    behave: Behaviour
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def desk(chooser: str, ways: Mapping[str, Way]) -> Behaviour:
    """Return the behaviour of a tool whose parameter `chooser` names one of the ways.

    It refuses with missing_parameter or unexpected_parameter what does not go together.
    """

    def behave(world: State, arguments: Record) -> Record:
        chosen = arguments[chooser]
        way = ways[chosen]
        _require_fitting(f"{chooser} {chosen}", way, arguments.keys() - {chooser})
        return way.behave(world, arguments)

    return behave


def _require_fitting(asked: str, way: Way, given: Set[str]) -> None:
    missing = [name for name in way.needs if name not in given]
    if missing:
        message = f"{asked} needs {', '.join(missing)} as well."
        raise Refused("missing_parameter", message, f"Give {', '.join(way.needs)}.")
    extra = sorted(given - {*way.needs, *way.takes})
    if extra:
        message = f"{asked} has no use for {', '.join(extra)}."
        allowed = ", ".join((*way.needs, *way.takes)) or "nothing else"
        raise Refused("unexpected_parameter", message, f"Leave it out; {asked} takes {allowed}.")
