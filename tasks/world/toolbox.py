"""What a world can do: the tools there are, what runs them, how goals are drawn and checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from schemas.actions import Catalogue
from schemas.catalogue import load_catalogue
from schemas.ids import digest
from schemas.own_tools import OwnTools
from tasks.world.code import code_digest
from tasks.world.contract import Contract
from tasks.world.groups import BEHAVIOURS, DRAWS, EFFECTS, GROUPS, Behaviour, Draw, Effect
from tasks.world.state import State

Seed = Callable[[State], None]
SEEDS: Mapping[str, Seed] = {name: group.seed for name, group in GROUPS.items()}
Function = Callable[..., Any]  # of somebody's own code; the tools file says what it is for


@dataclass(frozen=True)
class Toolbox:
    """Tools and what belongs to them. `code` is the digest of all that decides what they do.

    A tool without a behaviour is simulated: somebody else has to say what comes of its calls.
    `foreign` names the tools that run a user's own code.
    """

    catalogue: Catalogue
    contract: Contract
    behaviours: Mapping[str, Behaviour]
    draws: Mapping[str, Draw]
    effects: Mapping[str, Effect]
    seeds: Mapping[str, Seed]
    code: str
    foreign: frozenset[str] = field(default=frozenset())

    def simulates(self, tool: str) -> bool:
        """Whether the tool is known, but nobody has code for it."""
        known = self.catalogue.tools.get(tool)
        return known is not None and not known.call and tool not in self.behaviours


@cache
def builtin_toolbox() -> Toolbox:
    """Return the built-in tools."""
    return assemble(load_catalogue(), code_digest())


def world_code(own: OwnTools | None) -> str:
    """Return the digest of the code of a world with a user's own tools."""
    return digest(code_digest(), own.digest) if own else code_digest()


def describe_toolbox(own: OwnTools | None) -> Toolbox:
    """Return the toolbox of a build without running anybody's code: to look tools up, not to act.

    Tools of a user's own have no behaviour in it.
    """
    return assemble(own.catalogue(), world_code(own), own) if own else builtin_toolbox()


def assemble(
    catalogue: Catalogue,
    code: str,
    own: OwnTools | None = None,
    functions: Mapping[str, Function] | None = None,
) -> Toolbox:
    """Return the toolbox of a catalogue: built-in behaviours, and functions of a user's own code.

    `functions` are those that the user's tools name, by name.
    """
    given = functions or {}
    calls = {tool.name: tool.call for tool in own.tools} if own else {}
    kept = {name: run for name, run in BEHAVIOURS.items() if name not in calls}
    return Toolbox(
        catalogue=catalogue,
        contract=Contract({name: tool.parameters for name, tool in catalogue.tools.items()}),
        behaviours={**kept, **_named(given, calls)},
        draws={**DRAWS, **_named(given, own.draws if own else {})},
        effects={**EFFECTS, **_named(given, own.effects if own else {})},
        seeds={**SEEDS, **_named(given, {"own": own.seed} if own else {})},
        code=code,
        foreign=frozenset(name for name, call in calls.items() if call),
    )


def _named(functions: Mapping[str, Function], wanted: Mapping[str, str]) -> dict[str, Function]:
    return {key: functions[name] for key, name in wanted.items() if name in functions}
