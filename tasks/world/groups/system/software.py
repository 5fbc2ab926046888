"""Software on the machine: containers and images, repositories, packages."""

from random import Random

from schemas.ids import digest
from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

OWNERS = (
    "orchard", "lantern", "quayside", "millpond", "foundry", "hedgerow", "skylark", "tinsmith",
    "wayfare", "northlight", "saltworks", "bramble",
)  # fmt: skip
PURPOSES = (
    "api", "dashboard", "gateway", "metrics", "mirror", "proxy", "queue", "search", "site", "store",
    "sync", "uploader",
)  # fmt: skip
PACKAGE_FIRST = (
    "amber", "quill", "pebble", "finch", "copper", "thistle", "marble", "velvet", "tundra",
    "saffron",
    "willow", "cobalt", "lattice", "harbor", "juniper", "meadow",
)  # fmt: skip
PACKAGE_LAST = (
    "parse", "grid", "cast", "table", "draw", "index", "queue", "calc", "print", "route", "chart",
    "text", "form", "clock", "scan", "merge",
)  # fmt: skip
PACKAGE_ENDINGS = ("", "-kit", "-lite", "-core", "-tools", "-plus", "-base", "-extra")
VERBS = ("Update", "Correct", "Add", "Tidy", "Rework", "Document", "Simplify", "Restore", "Rename")
EACH = 5  # images, repositories and packages of a world


def seed_software(world: State) -> None:
    """Fill images, repositories and the package index; no container runs yet."""
    world.table("containers")
    for _ in range(EACH):
        name = f"{world.rng.choice(OWNERS)}/{world.rng.choice(PURPOSES)}:{_version(world.rng)}"
        world.insert("images", name, {"megabytes": world.rng.randint(20, 900)})
        _seed_repository(world)
        record = {"version": _version(world.rng), "installed": False}
        world.insert("packages", _package(world.rng), record)


def _package(rng: Random) -> str:
    return "".join(rng.choice(part) for part in (PACKAGE_FIRST, PACKAGE_LAST, PACKAGE_ENDINGS))


def _version(rng: Random) -> str:
    return f"{rng.randint(0, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}"


def _seed_repository(world: State) -> None:
    rng = world.rng
    name = f"{rng.choice(OWNERS)}-{rng.choice(PURPOSES)}-{rng.randint(1, 9)}"
    changed = [f"{names.topic(rng).replace(' ', '_')}.py" for _ in range(rng.randint(1, 3))]
    first = {"hash": digest(world.seed, name)[:12], "message": f"{rng.choice(VERBS)} the readme"}
    world.insert("repositories", name, {"changed": changed, "commits": [first]})


def run_container(world: State, image: str) -> str:
    """Start a container and return its id. Raises: Refused (`unknown_image`)."""
    require(world, "images", image, "image")
    container = digest(world.seed, world.new_id("container"))[:12]
    record = {"image": image, "state": "running", "started_at": world.now()}
    world.insert("containers", container, record)
    world.note(f"container {container} started from {image}")
    return container


def commit(world: State, repository: str, message: str) -> Record:
    """Commit all changes and return hash, message and files.

    Raises:
        Refused: unknown_repository or nothing_to_commit.
    """
    record = require(world, "repositories", repository, "repository")
    if not record["changed"]:
        raise Refused("nothing_to_commit", f"Nothing has changed in {repository}.")
    key = digest(world.seed, world.new_id("commit"), message)[:12]
    made = {"hash": key, "message": message, "files": len(record["changed"])}
    record["commits"].append({"hash": key, "message": message})
    record["changed"] = []
    world.note(f"{key} committed to {repository}")
    return made


def install(world: State, name: str) -> str:
    """Install a package; return it with its version.

    Raises:
        Refused: unknown_package or already_installed.
    """
    record = require(world, "packages", name, "package")
    if record["installed"]:
        raise Refused("already_installed", f"{name} {record['version']} is installed already.")
    record["installed"] = True
    world.note(f"{name} {record['version']} installed")
    return f"{name} {record['version']}"


def _hostwright_run(world: State, given: Record) -> Record:
    container = run_container(world, given["image"])
    return {"container_id": container, "state": "running", "started_at": world.now()}


def _opsdeck_container(world: State, given: Record) -> Record:
    if given["action"] == "list":
        running = [{"id": key, **record} for key, record in world.tables["containers"].items()]
        return {"containers": running[:10], "images": list(world.tables["images"])}
    if "imageName" not in given:
        raise Refused("image_missing", "To run a container, give imageName.")
    return {"container": {"id": run_container(world, given["imageName"])}, "ok": True}


def _hostwright_commit(world: State, given: Record) -> Record:
    made = commit(world, given["repository"], given["message"])
    return {"commit": made, "repository": given["repository"], "branch": "main"}


def _opsdeck_git(world: State, given: Record) -> Record:
    if given["action"] == "status":
        record = require(world, "repositories", given["repo"], "repository")
        return {"changedFiles": record["changed"], "lastCommit": record["commits"][-1]}
    if "commitMessage" not in given:
        raise Refused("message_missing", "To commit, give commitMessage.")
    made = commit(world, given["repo"], given["commitMessage"])
    return {"sha": made["hash"], "filesChanged": made["files"]}


def _rackmate_install(world: State, given: Record) -> Record:
    return {"installed": install(world, given["package"]), "source": "main index"}


def _opsdeck_packages(world: State, given: Record) -> Record:
    name = given["packageName"]
    if given["action"] == "show":
        record = require(world, "packages", name, "package")
        return {"known": {"name": name, **record}}
    return {"package": {"name": name, "spec": install(world, name)}, "exitCode": 0}


def _draw_image(world: State, _given: Record, rng: Random) -> Record:
    return {"image_name": rng.choice(list(world.tables["images"]))}


def _draw_commit(world: State, _given: Record, rng: Random) -> Record:
    dirty = [name for name, record in world.tables["repositories"].items() if record["changed"]]
    if not dirty:
        raise Refused("nothing_to_commit", "No repository has changes left.")
    return {"repository": rng.choice(dirty), "message": f"{rng.choice(VERBS)} {names.topic(rng)}"}


def _draw_package(world: State, _given: Record, rng: Random) -> Record:
    free = [name for name, record in world.tables["packages"].items() if not record["installed"]]
    if not free:
        raise Refused("already_installed", "Every package is installed.")
    return {"package_name": rng.choice(free)}


def _running(world: State, needs: Record, _result: Record) -> str | None:
    return lacking(world, "containers", image=needs["image_name"], state="running")


def _committed(world: State, needs: Record, result: Record) -> str | None:
    key = result["sha"] if "sha" in result else result["commit"]["hash"]
    commits = world.tables["repositories"][needs["repository"]]["commits"]
    known = any(made["hash"] == key for made in commits)
    return None if known else f"{needs['repository']} has no commit {key}"


def _installed(world: State, needs: Record, _result: Record) -> str | None:
    package = world.tables["packages"].get(needs["package_name"], {})
    return None if package.get("installed") else f"{needs['package_name']} is not installed"


BEHAVIOURS = {
    "hostwright_run_container": _hostwright_run,
    "opsdeckContainer": _opsdeck_container,
    "hostwright_git_commit": _hostwright_commit,
    "opsdeckGit": _opsdeck_git,
    "rackmate-install": _rackmate_install,
    "opsdeckPackages": _opsdeck_packages,
}
DRAWS = {
    "System.manage_docker": _draw_image,
    "System.manage_git": _draw_commit,
    "System.manage_packages": _draw_package,
}
EFFECTS = {
    "System.manage_docker": _running,
    "System.manage_git": _committed,
    "System.manage_packages": _installed,
}
