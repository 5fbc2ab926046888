"""The network: the machine's own interfaces, and other hosts with their names and addresses."""

from random import Random

from tasks.world import names
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.records import require
from tasks.world.groups.system.fitting import fit_rows
from tasks.world.state import Record, State

CARDS = ("eth", "enp", "wlan", "bond", "bridge", "tun", "veth", "port")
SPEEDS = (100, 300, 866, 1000, 2500, 10000)
INTERFACES = (3, 6)
HOST_ROLES = (
    "archive", "backup", "build", "cache", "console", "depot", "edge", "gateway", "hub", "kiosk",
    "mailbox", "mirror", "node", "printer", "relay", "rack", "scanner", "station", "store", "vault",
)  # fmt: skip
HOSTS = (4, 7)
PROBES = 4
ROWS = 8  # interfaces or hosts a page


def seed_network(world: State) -> None:
    """Fill interfaces and hosts."""
    for _ in range(world.rng.randint(*INTERFACES)):
        _seed_interface(world, world.rng)
    for _ in range(world.rng.randint(*HOSTS)):
        _seed_host(world, world.rng)


def _seed_interface(world: State, rng: Random) -> None:
    record = {
        "speed": rng.choice(SPEEDS), "address": f"192.0.2.{rng.randint(2, 250)}",
        "sent_mb": rng.randint(40, 90_000), "received_mb": rng.randint(40, 90_000),
    }  # fmt: skip
    world.insert("interfaces", f"{rng.choice(CARDS)}{rng.randint(0, 99)}", record)


def _seed_host(world: State, rng: Random) -> None:
    name = f"{rng.choice(HOST_ROLES)}-{rng.randint(1, 99):02d}.{rng.choice(names.DOMAINS)}"
    record = {
        "address": f"198.51.100.{rng.randint(2, 250)}", "delay_ms": rng.randint(2, 240),
        "answered": rng.choice((4, 4, 4, 3, 2)), "hops": rng.randint(2, 14),
        "up_days": rng.randint(1, 400),
    }  # fmt: skip
    world.insert("hosts", name, record)


def require_host(world: State, name: str) -> Record:
    """Return a host. Raises: Refused (`unknown_host`)."""
    return require(world, "hosts", name, "host")


def require_interface(world: State, name: str) -> Record:
    """Return an interface. Raises: Refused (`unknown_interface`)."""
    return require(world, "interfaces", name, "interface")


def resolve(world: State, name: str) -> list[Record]:
    """Return name and address of the hosts that bear a name or an address.

    Raises:
        Refused: unknown_host.
    """
    rows = [r for r in host_rows(world) if name in (r["host"], r["address"])]
    if not rows:
        require_host(world, name)
    return rows


def host_rows(world: State) -> list[Record]:
    """Return name and address of each host, by name."""
    rows = sorted(world.tables["hosts"].items())
    return [{"host": name, "address": record["address"]} for name, record in rows]


def _hostwright_interface(world: State, given: Record) -> Record:
    found = require_interface(world, given["interface"])
    summary = f"up at {found['speed']} Mbit/s with address {found['address']}"
    return {"interface": given["interface"], "summary": summary, **found}


def _opsdeck_read(world: State, given: Record) -> Record:
    found = require_interface(world, given["nic"])
    sent, received = found["sent_mb"], found["received_mb"]
    text = f"{given['nic']} sent {sent:,} MB and received {received:,} MB"
    return {"link": {"up": True, "description": text}, "address": found["address"]}


def _opsdeck_cards(world: State, _given: Record) -> Record:
    found = sorted(world.tables["interfaces"].items())
    cards = [{"nic": name, "address": record["address"]} for name, record in found]
    return {"nics": cards, "total": len(cards)}


def _hostwright_ping(world: State, given: Record) -> Record:
    host = require_host(world, given["host"])
    result = f"{host['answered']} of {PROBES} replies, {host['delay_ms']} ms on average"
    return {"host": given["host"], "address": host["address"], "result": result}


def _pathprobe_probe(world: State, given: Record) -> Record:
    host = require_host(world, given["target"])
    loss = 100 - 100 * host["answered"] // PROBES
    verdict = f"reached over {host['hops']} hops with {loss} percent loss"
    return {"report": {"target": given["target"], "verdict": verdict}, "probes": PROBES}


def _pathprobe_resolve(world: State, given: Record) -> Record:
    return {"resolved": resolve(world, given["target"])}


def _pathprobe_targets(world: State, given: Record) -> Record:
    rows = host_rows(world)
    page, following = fit_rows(rows, given.get("offset", 0), ROWS)
    return {"targets": page, "count": len(rows), "next-offset": following}


def _draw_interface(world: State, _given: Record, rng: Random) -> Record:
    return {"interface": rng.choice(list(world.tables["interfaces"]))}


def _draw_host(world: State, _given: Record, rng: Random) -> Record:
    return {"host": rng.choice(list(world.tables["hosts"]))}


def _read(_world: State, _needs: Record, _yields: Record) -> str | None:
    return None  # reading changes nothing


BEHAVIOURS = {
    "hostwright_interface_state": _hostwright_interface,
    "opsdeckNetworkInfo": desk(
        "action", {"read": Way(_opsdeck_read, ("nic",)), "list": Way(_opsdeck_cards)}
    ),
    "hostwright_ping": _hostwright_ping,
    "pathprobe-check": desk(
        "mode",
        {
            "probe": Way(_pathprobe_probe, ("target",)),
            "resolve": Way(_pathprobe_resolve, ("target",)),
            "list-targets": Way(_pathprobe_targets, takes=("offset",)),
        },
    ),
}
DRAWS = {"System.get_network_info": _draw_interface, "System.diagnose_network": _draw_host}
EFFECTS = {"System.get_network_info": _read, "System.diagnose_network": _read}
