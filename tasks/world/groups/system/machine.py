"""The machine itself: gauges that can be read, network interfaces, running programs."""

from random import Random

from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

PARTS = (
    "archive", "backup", "build", "cabinet", "cache", "east wing", "front desk", "gallery", "index",
    "intake", "lab", "loading bay", "mail", "media", "north rack", "office", "outdoor", "photo",
    "print", "records", "render", "reserve", "roof", "scanner", "shared", "south rack", "staging",
    "studio", "upload", "workshop",
)  # fmt: skip
# what a gauge measures, its range, and how a reading is put
GAUGES = {
    "volume": (20, 97, "{n} percent full"),
    "queue": (2, 480, "{n} jobs waiting"),
    "temperature": (17, 61, "{n} degrees Celsius"),
    "battery": (31, 100, "{n} percent charged"),
    "fan": (700, 3900, "{n} turns a minute"),
    "memory pool": (12, 93, "{n} percent in use"),
    "backlog": (3, 960, "{n} entries behind"),
    "humidity": (24, 71, "{n} percent humidity"),
}
STATES = ("steady", "rising", "falling")
CARDS = ("eth", "enp", "wlan", "bond", "bridge", "tun", "veth", "port")
SPEEDS = (100, 300, 866, 1000, 2500, 10000)
ROLES = (
    "worker", "indexer", "watcher", "relay", "cleaner", "notifier", "renderer", "exporter",
    "mirror",
    "collector", "scheduler", "importer",
)  # fmt: skip
EACH = 5  # gauges, interfaces and programs of a world


def seed_machine(world: State) -> None:
    """Fill gauges, interfaces and programs."""
    for _ in range(EACH):
        _seed_gauge(world)
        _seed_interface(world)
        name = f"{world.rng.choice(PARTS)} {world.rng.choice(ROLES)} {world.rng.randint(1, 9)}"
        started = {"process": world.new_id("proc"), "since": world.now(), "restarts": 0}
        world.insert("programs_running", name.replace(" ", "-"), started)


def _seed_gauge(world: State) -> None:
    rng = world.rng
    what = rng.choice(list(GAUGES))
    low, high, wording = GAUGES[what]
    reading = wording.format(n=rng.randint(low, high))
    name = f"{rng.choice(PARTS)} {what} {rng.randint(1, 9)}"
    world.insert("gauges", name, {"reading": reading, "state": rng.choice(STATES)})


def _seed_interface(world: State) -> None:
    rng = world.rng
    record = {
        "speed": rng.choice(SPEEDS), "address": f"192.0.2.{rng.randint(2, 250)}",
        "sent_mb": rng.randint(40, 90_000), "received_mb": rng.randint(40, 90_000),
    }  # fmt: skip
    world.insert("interfaces", f"{rng.choice(CARDS)}{rng.randint(0, 99)}", record)


def restart(world: State, name: str) -> Record:
    """Restart a program under a new process id. Raises: Refused (`unknown_program`)."""
    program = require(world, "programs_running", name, "program")
    program |= {
        "process": world.new_id("proc"),
        "since": world.now(),
        "restarts": program["restarts"] + 1,
    }
    world.note(f"{name} restarted as {program['process']}")
    return program


def _hostwright_figure(world: State, given: Record) -> Record:
    gauge = require(world, "gauges", given["topic"], "part")
    return {"topic": given["topic"], "reading": gauge["reading"], "read_at": world.now()}


def _rackmate_gauge(world: State, given: Record) -> Record:
    gauge = require(world, "gauges", given["Subject"], "gauge")
    text = f"{gauge['reading']} and {gauge['state']}"
    return {"Gauge": {"Subject": given["Subject"], "Text": text}, "Source": "board"}


def _hostwright_interface(world: State, given: Record) -> Record:
    found = require(world, "interfaces", given["interface"], "interface")
    summary = f"up at {found['speed']} Mbit/s with address {found['address']}"
    return {"interface": given["interface"], "summary": summary, **found}


def _opsdeck_interface(world: State, given: Record) -> Record:
    found = require(world, "interfaces", given["nic"], "interface")
    sent, received = found["sent_mb"], found["received_mb"]
    text = f"{given['nic']} sent {sent:,} MB and received {received:,} MB"
    return {"link": {"up": True, "description": text}, "address": found["address"]}


def _hostwright_service(world: State, given: Record) -> Record:
    name = given["name"]
    if given["operation"] == "status":
        found = require(world, "programs_running", name, "program")
        return {"name": name, "state": "running", "running_since": found["since"]}
    started = restart(world, name)
    return {"name": name, "process_id": started["process"], "restarts": started["restarts"]}


def _rackmate_restart(world: State, given: Record) -> Record:
    started = restart(world, given["Process"])
    return {"Restarted": {"ProcessId": started["process"], "Since": started["since"]}}


def _draw_topic(world: State, _given: Record, rng: Random) -> Record:
    return {"topic": rng.choice(list(world.tables["gauges"]))}


def _draw_interface(world: State, _given: Record, rng: Random) -> Record:
    return {"interface": rng.choice(list(world.tables["interfaces"]))}


def _draw_process(world: State, _given: Record, rng: Random) -> Record:
    return {"process_name": rng.choice(list(world.tables["programs_running"]))}


def _read(_world: State, _needs: Record, _result: Record) -> str | None:
    return None  # reading changes nothing


def _restarted(world: State, needs: Record, result: Record) -> str | None:
    process = result["process_id"] if "process_id" in result else result["Restarted"]["ProcessId"]
    return lacking(world, "programs_running", process=process)


BEHAVIOURS = {
    "hostwright_read_figure": _hostwright_figure,
    "RackmateGauge": _rackmate_gauge,
    "hostwright_interface_state": _hostwright_interface,
    "opsdeckNetworkInfo": _opsdeck_interface,
    "hostwright_service": _hostwright_service,
    "RackmateRestart": _rackmate_restart,
}
DRAWS = {
    "System.get_info": _draw_topic,
    "System.get_network_info": _draw_interface,
    "System.manage_process": _draw_process,
}
EFFECTS = {
    "System.get_info": _read,
    "System.get_network_info": _read,
    "System.manage_process": _restarted,
}
