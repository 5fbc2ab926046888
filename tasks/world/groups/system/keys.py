"""Access keys: issued to a host, listed, revoked. A host can be reached as long as it has one."""

from random import Random

from schemas.ids import digest
from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.figures import show_moment
from tasks.world.groups.records import require
from tasks.world.groups.system.fitting import fit_rows
from tasks.world.groups.system.network import require_host
from tasks.world.state import Record, State

USES = (
    "backup job", "nightly sync", "build runner", "on-call access", "log collection", "file drop",
    "deployment", "maintenance", "monitoring probe", "data import", "report upload", "mirror task",
)  # fmt: skip
DIGITS = 32
SEEDED = 2  # keys that are there before any call, at most
ROWS = 5  # keys a page
CAPABILITY = "System.manage_ssh"


def seed_keys(world: State) -> None:
    """Put keys on some hosts."""
    rng = world.rng
    world.table("keys")
    for _ in range(rng.randint(0, SEEDED)):
        fingerprint = f"SHA256:{rng.getrandbits(4 * DIGITS):0{DIGITS}x}"
        host = rng.choice(list(world.tables["hosts"]))
        _put(world, fingerprint, host, rng.choice(USES).capitalize(), "rsa4096")


def _put(world: State, fingerprint: str, host: str, label: str, algorithm: str) -> None:
    record = {"host": host, "label": label, "algorithm": algorithm, "issued": world.clock}
    world.insert("keys", fingerprint, record)


def issue_key(world: State, host: str, label: str, algorithm: str) -> str:
    """Put a new key on a host; return its fingerprint. Raises: Refused (`unknown_host`)."""
    require_host(world, host)
    fingerprint = "SHA256:" + digest(world.seed, world.new_id("key"))[:DIGITS]
    _put(world, fingerprint, host, label, algorithm)
    world.note(f"key {label} put on {host}")
    return fingerprint


def revoke_key(world: State, fingerprint: str) -> Record:
    """Take a key off its host and return what it was. Raises: Refused (`unknown_key`)."""
    record = require(world, "keys", fingerprint, "key")
    del world.tables["keys"][fingerprint]
    world.note(f"key {record['label']} taken off {record['host']}")
    return record


def key_rows(world: State, host: str = "") -> list[Record]:
    """Return a row for each key, of one host if one is named, the latest first."""
    keys = reversed(world.tables["keys"].items())
    return [
        {
            "fingerprint": key, "host": record["host"], "label": record["label"],
            "algorithm": record["algorithm"], "issued_at": show_moment(record["issued"]),
        }
        for key, record in keys
        if host in ("", record["host"])
    ]  # fmt: skip


def require_access(world: State, host: str) -> Record:
    """Return a host that has a key of ours. Raises: Refused (`unknown_host`, `no_access`)."""
    record = require_host(world, host)
    if not key_rows(world, host):
        raise Refused("no_access", f"No key opens {host}. Issue one to it first.")
    return record


def _hostwright_key(world: State, given: Record) -> Record:
    fingerprint = issue_key(world, given["host"], given["label"], "ed25519")
    return {"fingerprint": fingerprint, "host": given["host"], "algorithm": "ed25519"}


def _rackmate_key(world: State, given: Record) -> Record:
    fingerprint = issue_key(world, given["Machine"], given["KeyName"], given["Algorithm"])
    return {"Key": {"Fingerprint": fingerprint, "Name": given["KeyName"]}, "At": world.now()}


def _opsdeck_issue(world: State, given: Record) -> Record:
    fingerprint = issue_key(world, given["hostName"], given["keyLabel"], "ed25519")
    return {"issued": {"keyFingerprint": fingerprint}, "hostName": given["hostName"]}


def _opsdeck_revoke(world: State, given: Record) -> Record:
    record = revoke_key(world, given["keyFingerprint"])
    return {"revoked": given["keyFingerprint"], "hostName": record["host"]}


def _opsdeck_list(world: State, given: Record) -> Record:
    if "hostName" in given:
        require_host(world, given["hostName"])
    rows = key_rows(world, given.get("hostName", ""))
    page, following = fit_rows(rows, given.get("skip", 0), ROWS)
    return {"keys": page, "total": len(rows), "nextSkip": following}


def _draw_key(world: State, _given: Record, rng: Random) -> Record:
    use, city = rng.choice(USES), names.city(rng)
    host = rng.choice(list(world.tables["hosts"]))
    return {"host": host, "label": f"{use.capitalize()} for {city}"}


def _issued(world: State, needs: Record, yields: Record) -> str | None:
    record = world.tables["keys"].get(yields["key"], {})
    there = record.get("host") == needs["host"]
    return None if there else f"{needs['host']} has no key {needs['label']}"


BEHAVIOURS = {
    "hostwright_add_key": _hostwright_key,
    "RackmateIssueKey": _rackmate_key,
    "opsdeckKeys": desk(
        "action",
        {
            "issue": Way(_opsdeck_issue, ("hostName", "keyLabel")),
            "list": Way(_opsdeck_list, takes=("hostName", "skip")),
            "revoke": Way(_opsdeck_revoke, ("keyFingerprint",)),
        },
    ),
}
DRAWS = {CAPABILITY: _draw_key}
EFFECTS = {CAPABILITY: _issued}
