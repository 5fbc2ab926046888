"""The system group: one machine with files, programs, software, a shell and a network."""

from tasks.world.groups.records import capitals, pascal, respell
from tasks.world.groups.system import files, machine, network, shell, software
from tasks.world.state import State

__all__ = ["BEHAVIOURS", "DRAWS", "EFFECTS", "seed"]

_PARTS = (files, machine, software, network, shell)
_SPELLINGS = {"Rackmate": pascal, "opsdeck": capitals}


def seed(world: State) -> None:
    """Fill files, gauges, interfaces, programs, software and hosts."""
    files.seed_files(world)
    machine.seed_machine(world)
    software.seed_software(world)
    network.seed_hosts(world)


BEHAVIOURS = respell(
    {name: behave for part in _PARTS for name, behave in part.BEHAVIOURS.items()}, _SPELLINGS
)
DRAWS = {name: draw for part in _PARTS for name, draw in part.DRAWS.items()}
EFFECTS = {name: effect for part in _PARTS for name, effect in part.EFFECTS.items()}
