"""The machine itself: gauges that can be read."""

from random import Random

from tasks.world.groups.records import require
from tasks.world.state import Record, State

PARTS = (
    "archive", "backup", "build", "cabinet", "cache", "east wing", "front desk", "gallery", "index",
    "intake", "lab", "loading bay", "mail", "media", "north rack", "office", "outdoor", "photo",
    "print", "records", "render", "reserve", "roof", "scanner", "shared", "south rack", "staging",
    "studio", "upload", "workshop",
)  # fmt: skip
# what a gauge measures, its range, and how a reading is put
GAUGES = (
    ("volume", 20, 97, "{n} percent full"),
    ("queue", 2, 480, "{n} jobs waiting"),
    ("temperature", 17, 61, "{n} degrees Celsius"),
    ("battery", 31, 100, "{n} percent charged"),
    ("fan", 700, 3900, "{n} turns a minute"),
    ("memory pool", 12, 93, "{n} percent in use"),
    ("backlog", 3, 960, "{n} entries behind"),
    ("humidity", 24, 71, "{n} percent humidity"),
)
STATES = ("steady", "rising", "falling")
SEEDED = (4, 6)


def seed_gauges(world: State) -> None:
    """Fill gauges."""
    rng = world.rng
    for _ in range(rng.randint(*SEEDED)):
        what, low, high, wording = rng.choice(GAUGES)
        reading = wording.format(n=rng.randint(low, high))
        name = f"{rng.choice(PARTS)} {what} {rng.randint(1, 9)}"
        world.insert("gauges", name, {"reading": reading, "state": rng.choice(STATES)})


def _hostwright_figure(world: State, given: Record) -> Record:
    gauge = require(world, "gauges", given["topic"], "part")
    return {"topic": given["topic"], "reading": gauge["reading"], "read_at": world.now()}


def _rackmate_gauge(world: State, given: Record) -> Record:
    gauge = require(world, "gauges", given["Subject"], "gauge")
    text = f"{gauge['reading']} and {gauge['state']}"
    return {"Gauge": {"Subject": given["Subject"], "Text": text}, "Source": "board"}


def _draw_topic(world: State, _given: Record, rng: Random) -> Record:
    return {"topic": rng.choice(list(world.tables["gauges"]))}


def _read(_world: State, _needs: Record, _yields: Record) -> str | None:
    return None  # reading changes nothing


BEHAVIOURS = {"hostwright_read_figure": _hostwright_figure, "RackmateGauge": _rackmate_gauge}
DRAWS = {"System.get_info": _draw_topic}
EFFECTS = {"System.get_info": _read}
