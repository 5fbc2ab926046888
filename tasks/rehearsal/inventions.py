"""Plain values that name nothing real."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from schemas.base import JsonValue
from schemas.own_tools.kinds import guess_kind, split_words
from tasks.rehearsal.files import load_data

_NUMBERS = frozenset({"amount", "balance", "cost", "price", "rate", "score", "total", "fee"})
_WHOLE = frozenset({"age", "count", "limit", "page", "quantity", "size", "stock", "year", "number"})


@dataclass(frozen=True, slots=True)
class Invention:
    """Values drawn one after the other."""

    rng: Random

    def ident(self, what: str) -> str:
        """Return a new id of a thing."""
        return f"{what}-{self.rng.getrandbits(32):08x}"

    def value(self, name: str) -> JsonValue:
        """Return a value that suits a field's name."""
        words = split_words(name)
        last = words[-1] if words else ""
        if last in _NUMBERS:
            return self.rng.randint(100, 90_000) / 100
        if last in _WHOLE:
            return self.rng.randint(1, 40)
        if last == "status":
            return "done"
        kind = guess_kind(name, {"type": "string"}) or "label"
        return _DRAWS.get(kind, _title)(self.rng)


def _drawn(rng: Random, what: str) -> str:
    return str(rng.choice(load_data("simulation")[what]))


def _title(rng: Random) -> str:
    return f"{_drawn(rng, 'things').capitalize()} {_drawn(rng, 'matters')}"


def _text(rng: Random) -> str:
    return f"The {_drawn(rng, 'matters')} for the {_drawn(rng, 'things')} is up to date."


def _person(rng: Random) -> str:
    return f"{_drawn(rng, 'given')} {_drawn(rng, 'family')}"


def _email(rng: Random) -> str:
    return f"{_person(rng).replace(' ', '.').lower()}@example.com"


def _phone(rng: Random) -> str:
    return f"202-555-01{rng.randint(0, 99):02d}"


def _handle(rng: Random) -> str:
    return f"{_drawn(rng, 'things')}_{rng.randint(10, 99)}"


def _url(rng: Random) -> str:
    return f"https://{_drawn(rng, 'things')}.example/{_drawn(rng, 'matters')}"


def _path(rng: Random) -> str:
    return f"{_drawn(rng, 'things')}/{_drawn(rng, 'matters')}.txt"


def _date(rng: Random) -> str:
    return f"2031-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _moment(rng: Random) -> str:
    return f"{_date(rng)} {rng.randint(8, 18):02d}:{15 * rng.randint(0, 3):02d}"


def _identifier(rng: Random) -> str:
    return f"{_drawn(rng, 'things')}-{rng.randint(1000, 9999)}"


_DRAWS: Mapping[str, Callable[[Random], str]] = {
    "city": lambda rng: _drawn(rng, "places"),
    "currency": lambda rng: rng.choice(("EUR", "USD", "GBP")),
    "date": _date,
    "email_address": _email,
    "handle": _handle,
    "identifier": _identifier,
    "moment": _moment,
    "path": _path,
    "person": _person,
    "phone_number": _phone,
    "text": _text,
    "url": _url,
}
