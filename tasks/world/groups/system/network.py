"""Beyond the machine: other hosts, access keys on them, pages of the web."""

from random import Random

from schemas.ids import digest
from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

HOST_ROLES = (
    "archive", "backup", "build", "cache", "console", "depot", "edge", "gateway", "hub", "kiosk",
    "mailbox", "mirror", "node", "printer", "relay", "rack", "scanner", "station", "store", "vault",
)  # fmt: skip
KEY_USES = (
    "backup job", "nightly sync", "build runner", "on-call access", "log collection", "file drop",
    "deployment", "maintenance", "monitoring probe", "data import", "report upload", "mirror task",
)  # fmt: skip
HOSTS = 6
PROBES = 4


def seed_hosts(world: State) -> None:
    """Fill the hosts; none has a key of ours yet."""
    rng = world.rng
    world.table("keys")
    for _ in range(HOSTS):
        name = f"{rng.choice(HOST_ROLES)}-{rng.randint(1, 99):02d}.{rng.choice(names.DOMAINS)}"
        record = {
            "address": f"198.51.100.{rng.randint(2, 250)}", "delay_ms": rng.randint(2, 240),
            "answered": rng.choice((4, 4, 4, 3, 2)), "hops": rng.randint(2, 14),
        }  # fmt: skip
        world.insert("hosts", name, record)


def issue_key(world: State, host: str, label: str, algorithm: str) -> str:
    """Put a new key on a host; return its fingerprint. Raises: Refused (`unknown_host`)."""
    require(world, "hosts", host, "host")
    fingerprint = "SHA256:" + digest(world.seed, world.new_id("key"))[:32]
    record = {"host": host, "label": label, "algorithm": algorithm, "issued_at": world.now()}
    world.insert("keys", fingerprint, record)
    world.note(f"key {label} put on {host}")
    return fingerprint


def fetch(world: State, url: str) -> Record:
    """Return a page. Raises: Refused (`page_not_found`)."""
    page = world.tables.get("pages", {}).get(url)
    if page is None:
        message = f"Nothing answers at {url[:120]}."
        raise Refused("page_not_found", message, "Check the address or search for the page.")
    return page


def _hostwright_key(world: State, given: Record) -> Record:
    fingerprint = issue_key(world, given["host"], given["label"], "ed25519")
    return {"fingerprint": fingerprint, "host": given["host"], "algorithm": "ed25519"}


def _rackmate_key(world: State, given: Record) -> Record:
    fingerprint = issue_key(world, given["Machine"], given["KeyName"], given["Algorithm"])
    return {"Key": {"Fingerprint": fingerprint, "Name": given["KeyName"]}, "At": world.now()}


def _hostwright_ping(world: State, given: Record) -> Record:
    host = require(world, "hosts", given["host"], "host")
    result = f"{host['answered']} of {PROBES} replies, {host['delay_ms']} ms on average"
    return {"host": given["host"], "address": host["address"], "result": result}


def _pathprobe(world: State, given: Record) -> Record:
    host = require(world, "hosts", given["target"], "host")
    loss = 100 - 100 * host["answered"] // PROBES
    verdict = f"reached over {host['hops']} hops with {loss} percent loss"
    return {"report": {"target": given["target"], "verdict": verdict}, "probes": PROBES}


def _fetchling(world: State, given: Record) -> Record:
    page = fetch(world, given["url"])
    return {"status": 200, "title": page["title"], "text": page["text"], "extract": page["fact"]}


def _opsdeck_http(world: State, given: Record) -> Record:
    page = fetch(world, given["address"])
    if given["verb"] == "HEAD":
        return {"statusCode": 200, "length": len(page["text"])}
    return {"statusCode": 200, "response": {"body": page["text"], "keySentence": page["fact"]}}


def _draw_host(world: State, _given: Record, rng: Random) -> Record:
    return {"host": rng.choice(list(world.tables["hosts"]))}


def _draw_key(world: State, given: Record, rng: Random) -> Record:
    use, city = rng.choice(KEY_USES), names.city(rng)
    return _draw_host(world, given, rng) | {"label": f"{use.capitalize()} for {city}"}


def _draw_url(world: State, _given: Record, rng: Random) -> Record:
    return {"url": rng.choice(list(world.tables["pages"]))}


def _read(_world: State, _needs: Record, _result: Record) -> str | None:
    return None  # reading changes nothing


def _issued(world: State, needs: Record, _result: Record) -> str | None:
    return lacking(world, "keys", host=needs["host"], label=needs["label"])


BEHAVIOURS = {
    "hostwright_add_key": _hostwright_key,
    "RackmateIssueKey": _rackmate_key,
    "hostwright_ping": _hostwright_ping,
    "pathprobe-check": _pathprobe,
    "fetchling_get": _fetchling,
    "opsdeckHttp": _opsdeck_http,
}
DRAWS = {
    "System.manage_ssh": _draw_key,
    "System.diagnose_network": _draw_host,
    "System.make_request": _draw_url,
}
EFFECTS = {
    "System.manage_ssh": _issued,
    "System.diagnose_network": _read,
    "System.make_request": _read,
}
