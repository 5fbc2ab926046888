"""Containers: started from an image, stopped and started again, removed once they stand still."""

from schemas.ids import digest
from tasks.world.contract import Refused
from tasks.world.groups.figures import show_moment
from tasks.world.groups.records import require
from tasks.world.groups.system.software_names import OWNERS, PURPOSES, version
from tasks.world.state import Record, State

IMAGES = (4, 7)
SEEDED = 2  # containers that are there before any call, at most
SHORT = 12  # hex digits of a container's id
LOG_LINES = 8


def seed_containers(world: State) -> None:
    """Fill images, and containers of some of them."""
    rng = world.rng
    world.table("containers")
    for _ in range(rng.randint(*IMAGES)):
        image = f"{rng.choice(OWNERS)}/{rng.choice(PURPOSES)}:{version(rng)}"
        world.insert("images", image, {"megabytes": rng.randint(20, 900)})
    for _ in range(rng.randint(0, SEEDED)):
        key = f"{rng.getrandbits(4 * SHORT):0{SHORT}x}"
        _put(world, key, rng.choice(list(world.tables["images"])))
        if rng.random() < 0.5:
            _change(world, key, "exited")


def _put(world: State, key: str, image: str) -> None:
    record = {"image": image, "state": "running", "since": world.clock, "log": []}
    world.insert("containers", key, record)
    _change(world, key, "running")


def _change(world: State, key: str, state: str) -> None:
    record = world.tables["containers"][key]
    record |= {"state": state, "since": world.clock}
    record["log"] = [*record["log"], [world.clock, state]][-LOG_LINES:]


def run_container(world: State, image: str) -> str:
    """Start a container and return its id. Raises: Refused (`unknown_image`)."""
    require(world, "images", image, "image")
    key = digest(world.seed, world.new_id("container"))[:SHORT]
    _put(world, key, image)
    world.note(f"container {key} started from {image}")
    return key


def require_container(world: State, key: str) -> Record:
    """Return a container. Raises: Refused (`unknown_container`)."""
    return require(world, "containers", key, "container")


def stop_container(world: State, key: str) -> Record:
    """Stop a container and return it. Raises: Refused (`unknown_container`, `not_running`)."""
    record = require_container(world, key)
    if record["state"] != "running":
        raise Refused("not_running", f"{key} is stopped already. It can be started or removed.")
    _change(world, key, "exited")
    world.note(f"container {key} stopped")
    return record


def resume_container(world: State, key: str) -> Record:
    """Start a stopped container. Raises: Refused (`unknown_container`, `already_running`)."""
    record = require_container(world, key)
    if record["state"] == "running":
        raise Refused("already_running", f"{key} runs already.")
    _change(world, key, "running")
    world.note(f"container {key} started again")
    return record


def remove_container(world: State, key: str) -> None:
    """Remove a container. Raises: Refused (`unknown_container`, `still_running`)."""
    if require_container(world, key)["state"] == "running":
        raise Refused("still_running", f"{key} is running. Stop it first, then remove it.")
    del world.tables["containers"][key]
    world.note(f"container {key} removed")


def log_lines(container: Record) -> list[str]:
    """Return what happened to a container, the latest last."""
    return [f"{show_moment(minutes)} {state}" for minutes, state in container["log"]]


def container_rows(world: State, state: str = "any") -> list[Record]:
    """Return a row for each container of a state, the latest first."""
    rows = [
        {
            "id": key, "image": record["image"], "state": record["state"],
            "since": show_moment(record["since"]),
        }
        for key, record in reversed(world.tables["containers"].items())
    ]  # fmt: skip
    return [row for row in rows if state in ("any", row["state"])]


def image_rows(world: State) -> list[Record]:
    """Return a row for each image that is present."""
    images = world.tables["images"].items()
    return [{"image": name, "megabytes": record["megabytes"]} for name, record in images]
