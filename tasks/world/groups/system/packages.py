"""Software packages: an index that can be searched, and what of it is installed."""

from random import Random

from tasks.world.contract import Refused
from tasks.world.groups.ranking import rank
from tasks.world.groups.records import require
from tasks.world.groups.system.software_names import version
from tasks.world.state import Record, State

FIRST = (
    "amber", "quill", "pebble", "finch", "copper", "thistle", "marble", "velvet", "tundra",
    "saffron",
    "willow", "cobalt", "lattice", "harbor", "juniper", "meadow",
)  # fmt: skip
LAST = (
    "parse", "grid", "cast", "table", "draw", "index", "queue", "calc", "print", "route", "chart",
    "text", "form", "clock", "scan", "merge",
)  # fmt: skip
ENDINGS = ("", "-kit", "-lite", "-core", "-tools", "-plus", "-base", "-extra")
USES = (
    "calendars and dates", "charts from tables", "maps and routes", "reading of spreadsheets",
    "label printing", "text in columns", "queues of jobs", "forms and checks", "units and sums",
    "sorting of photos", "templates for letters", "comparing of lists",
)  # fmt: skip
ABSENT = (4, 6)  # packages of the index that are not installed
PRESENT = (1, 3)  # and that are, some of them not in the latest version


def seed_packages(world: State) -> None:
    """Fill the index and what is installed."""
    for _ in range(world.rng.randint(*ABSENT)):
        _seed_package(world, world.rng)
    for _ in range(world.rng.randint(*PRESENT)):
        record = _seed_package(world, world.rng)
        latest = record["latest"]
        record["installed"] = _earlier(latest) if world.rng.random() < 0.6 else latest


def _seed_package(world: State, rng: Random) -> Record:
    name = f"{rng.choice(FIRST)}{rng.choice(LAST)}{rng.choice(ENDINGS)}"
    record: Record = {"latest": version(rng), "installed": None, "use": rng.choice(USES)}
    return world.insert("packages", name, record)


def _earlier(latest: str) -> str:
    major, _, rest = latest.partition(".")
    return f"{max(int(major) - 1, 0)}.{rest}"


def require_package(world: State, name: str) -> Record:
    """Return a package of the index. Raises: Refused (`unknown_package`)."""
    return require(world, "packages", name, "package")


def install(world: State, name: str) -> str:
    """Install a package; return it with its version.

    Raises:
        Refused: unknown_package or already_installed.
    """
    record = require_package(world, name)
    if record["installed"]:
        raise Refused("already_installed", f"{name} {record['installed']} is installed already.")
    record["installed"] = record["latest"]
    world.note(f"{name} {record['installed']} installed")
    return f"{name} {record['installed']}"


def uninstall(world: State, name: str) -> str:
    """Uninstall a package; return it with the version that was there.

    Raises:
        Refused: unknown_package or not_installed.
    """
    record = _require_installed(world, name)
    removed = f"{name} {record['installed']}"
    record["installed"] = None
    world.note(f"{removed} uninstalled")
    return removed


def upgrade(world: State, name: str) -> tuple[str, str]:
    """Bring an installed package to the latest version; return the old and the new version.

    Raises:
        Refused: unknown_package, not_installed or up_to_date.
    """
    record = _require_installed(world, name)
    old, new = record["installed"], record["latest"]
    if old == new:
        raise Refused("up_to_date", f"{name} {old} is the latest version.")
    record["installed"] = new
    world.note(f"{name} upgraded from {old} to {new}")
    return old, new


def _require_installed(world: State, name: str) -> Record:
    record = require_package(world, name)
    if not record["installed"]:
        raise Refused("not_installed", f"{name} is not installed. Install it first.")
    return record


def installed_rows(world: State) -> list[Record]:
    """Return a row for each installed package, by name: name, version and latest version."""
    rows = sorted(world.tables["packages"].items())
    return [
        {"name": name, "version": record["installed"], "latest": record["latest"]}
        for name, record in rows
        if record["installed"]
    ]


def search_packages(world: State, query: str) -> list[Record]:
    """Return a row for each package that a query finds, those it names in part first."""
    index, words = world.tables["packages"], query.lower().split()
    named = [name for name in index if any(word in name for word in words)]
    found = rank(query, {name: (name, record["use"]) for name, record in index.items()})
    return [{"name": name, **index[name]} for name in dict.fromkeys((*named, *found))]
