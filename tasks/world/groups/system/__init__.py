"""The system group: one machine with files, programs, software, a shell and a network."""

from tasks.world.groups.records import camel, capitals, hyphens, pascal, respell
from tasks.world.groups.system import (
    container_tools,
    containers,
    file_tools,
    files,
    keys,
    machine,
    network,
    package_tools,
    packages,
    programs,
    repositories,
    repository_tools,
    shell,
    web,
)
from tasks.world.state import State

__all__ = ["BEHAVIOURS", "DRAWS", "EFFECTS", "seed"]

_PARTS = (
    container_tools,
    file_tools,
    keys,
    machine,
    network,
    package_tools,
    programs,
    repository_tools,
    shell,
    web,
)


def seed(world: State) -> None:
    """Fill files, gauges, programs, software, hosts and keys."""
    files.seed_files(world)
    machine.seed_gauges(world)
    programs.seed_programs(world)
    containers.seed_containers(world)
    repositories.seed_repositories(world)
    packages.seed_packages(world)
    network.seed_network(world)
    keys.seed_keys(world)


_SPELLINGS = {
    "Rackmate": pascal, "opsdeck": capitals, "bargeway": hyphens, "twigline": hyphens,
    "filewick": camel,
}  # fmt: skip

BEHAVIOURS = respell(
    {name: behave for part in _PARTS for name, behave in part.BEHAVIOURS.items()}, _SPELLINGS
)
DRAWS = {name: draw for part in _PARTS for name, draw in part.DRAWS.items()}
EFFECTS = {name: effect for part in _PARTS for name, effect in part.EFFECTS.items()}
