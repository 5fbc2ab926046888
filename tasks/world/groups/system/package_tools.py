"""The providers' tools over packages."""

from random import Random

from tasks.world.contract import Refused
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.system.fitting import fit_page
from tasks.world.groups.system.packages import (
    install,
    installed_rows,
    require_package,
    search_packages,
    uninstall,
    upgrade,
)
from tasks.world.state import Record, State

ROWS = 5  # packages a page if nothing is said


def _rackmate_install(world: State, given: Record) -> Record:
    return {"installed": install(world, given["package"]), "source": "main index"}


def _opsdeck_install(world: State, given: Record) -> Record:
    name = given["packageName"]
    return {"package": {"name": name, "spec": install(world, name)}, "exitCode": 0}


def _opsdeck_show(world: State, given: Record) -> Record:
    name = given["packageName"]
    return {"known": {"name": name, **require_package(world, name)}}


def _opsdeck_uninstall(world: State, given: Record) -> Record:
    return {"uninstalled": uninstall(world, given["packageName"]), "exitCode": 0}


def _opsdeck_upgrade(world: State, given: Record) -> Record:
    old, new = upgrade(world, given["packageName"])
    return {"upgraded": given["packageName"], "from": old, "to": new}


def _opsdeck_list(world: State, given: Record) -> Record:
    return _packages(installed_rows(world), given)


def _opsdeck_search(world: State, given: Record) -> Record:
    return _packages(search_packages(world, given["searchWords"]), given)


def _packages(rows: list[Record], given: Record) -> Record:
    page, following = fit_page(rows, given.get("page", 1), given.get("perPage", ROWS))
    return {"packages": page, "total": len(rows), "nextPage": following}


def _draw_package(world: State, _given: Record, rng: Random) -> Record:
    free = [name for name, record in world.tables["packages"].items() if not record["installed"]]
    if not free:
        raise Refused("already_installed", "Every package is installed.")
    return {"package_name": rng.choice(free)}


def _installed(world: State, needs: Record, _yields: Record) -> str | None:
    package = world.tables["packages"].get(needs["package_name"], {})
    return None if package.get("installed") else f"{needs['package_name']} is not installed"


BEHAVIOURS = {
    "rackmate-install": _rackmate_install,
    "opsdeckPackages": desk(
        "action",
        {
            "install": Way(_opsdeck_install, ("packageName",)),
            "show": Way(_opsdeck_show, ("packageName",)),
            "list": Way(_opsdeck_list, takes=("page", "perPage")),
            "search": Way(_opsdeck_search, ("searchWords",), ("page", "perPage")),
            "upgrade": Way(_opsdeck_upgrade, ("packageName",)),
            "uninstall": Way(_opsdeck_uninstall, ("packageName",)),
        },
    ),
}
DRAWS = {"System.manage_packages": _draw_package}
EFFECTS = {"System.manage_packages": _installed}
