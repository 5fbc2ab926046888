"""The journal: payments, refunds and requests of other groups, looked up and listed."""

from typing import Literal

from tasks.world.groups.records import require
from tasks.world.state import Record, State

Direction = Literal["out", "in"]


def look_up(world: State, payment: str) -> Record:
    """Return a payment with its present status. Raises: Refused (`unknown_payment`)."""
    return _present(world, require(world, "payments", payment, "payment"))


def history(
    world: State, direction: Direction | None = None, party: str = ""
) -> list[tuple[str, Record]]:
    """Return what the journal holds with its ids and present status, the latest first.

    `party` is a part of the name of whom the money goes to or comes from.
    """
    found = [
        (payment, _present(world, record))
        for payment, record in world.tables["payments"].items()
        if direction in (None, _direction(record)) and party.lower() in record["party"].lower()
    ]
    return sorted(found, key=lambda row: str(row[1]["made_at"]), reverse=True)


def describe(record: Record) -> str:
    """Return a payment in a line: `settled, 24.90 EUR to Oakmoor Press`."""
    return f"{record['status']}, {record['amount']} {record['party']}"


def purpose(record: Record) -> str | None:
    """Return what a payment was for: an order, the payment it refunds, or a memo."""
    for field in ("order", "refund_of", "memo"):
        if record.get(field):
            return str(record[field])
    return None


def _present(world: State, record: Record) -> Record:
    settles = record.get("settles_at")
    settled = settles is not None and world.clock >= settles
    return record | {"status": "settled"} if settled else record


def _direction(record: Record) -> Direction:
    return "out" if record["party"].startswith("to ") else "in"
