"""Values for the needs of a user's own tools: drawn by their kind, and by what a schema allows."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from schemas.actions import Capability, Tool
from schemas.base import JsonObject, JsonValue
from tasks.world import names
from tasks.world.state import Record

FOLDERS = ("notes", "reports", "drafts", "shared", "plans")
CURRENCIES = ("EUR", "USD", "GBP", "CHF")
LARGEST = 400  # of whole numbers without bounds


def draw_values(capability: Capability, tool: Tool, rng: Random) -> JsonObject:
    """Return a value for every need of a capability, each of a kind that the tool takes."""
    schemas = _schemas(tool)
    return {need.name: _draw(need.kind, schemas.get(need.name, {}), rng)
            for need in capability.needs}  # fmt: skip


def _schemas(tool: Tool) -> dict[str, Record]:
    """Return the schema of the parameter that each need fills; of a list, that of its entries."""
    properties: Any = tool.parameters["properties"]
    found: dict[str, Record] = {}
    for parameter, argument in tool.arguments.items():
        for need in argument.needs if len(argument.needs) == 1 else ():
            schema = _one_of(properties[parameter])
            listed = argument.transform == "list"
            found[need] = _one_of(schema.get("items", {})) if listed else schema
    return found


def _one_of(schema: Record) -> Record:
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if branch.get("type") != "null":
            return dict(branch)
    return schema


def _draw(kind: str, schema: Record, rng: Random) -> JsonValue:
    allowed = [each for each in schema.get("enum", ()) if isinstance(each, str | int)]
    if allowed:
        chosen: JsonValue = rng.choice(allowed)
        return chosen
    wanted = schema.get("type")
    if wanted in _NUMBERS:
        return _NUMBERS[wanted](schema, rng)
    if "pattern" in schema and schema.get("examples"):
        return str(rng.choice(schema["examples"]))
    return _cut(_KINDS.get(kind, names.title)(rng), schema)


def _cut(text: str, schema: Record) -> str:
    """Return a text no longer than a schema allows, ending with a whole word."""
    longest = schema.get("maxLength", len(text))
    if len(text) <= longest:
        return text
    return text[: longest + 1].rpartition(" ")[0] or text[:longest]


def _whole(schema: Record, rng: Random) -> int:
    low = int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))
    return rng.randint(low, max(low, int(schema.get("maximum", low + LARGEST))))


def _decimal(schema: Record, rng: Random) -> int | float:
    low = float(schema.get("minimum", 1))
    high = float(schema.get("maximum", low + LARGEST))
    cents = rng.randint(int(low * 100) + 1, max(int(low * 100) + 1, int(high * 100)))
    return cents // 100 if cents % 100 == 0 else cents / 100


def _date(rng: Random) -> str:
    return f"2031-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _moment(rng: Random) -> str:
    return f"{_date(rng)} {rng.randint(7, 19):02d}:{15 * rng.randint(0, 3):02d}"


def _identifier(rng: Random) -> str:
    return f"{rng.choice(names.HANDLE_LAST)}-{rng.randint(1000, 9999)}"


def _path(rng: Random) -> str:
    return f"{rng.choice(FOLDERS)}/{names.topic(rng).replace(' ', '-')}.txt"


def _url(rng: Random) -> str:
    return f"https://{names.domain(rng)}/{names.topic(rng).replace(' ', '-')}"


_NUMBERS: Mapping[object, Callable[[Record, Random], JsonValue]] = {
    "integer": _whole,
    "number": _decimal,
    "boolean": lambda _schema, rng: rng.random() < 0.5,
}
_KINDS: Mapping[str, Callable[[Random], str]] = {
    "email_address": names.email,
    "phone_number": names.phone,
    "handle": names.handle,
    "city": names.city,
    "currency": lambda rng: rng.choice(CURRENCIES),
    "url": _url,
    "path": _path,
    "short_text": names.title,
    "text": names.sentence,
    "query": names.topic,
    "topic": names.topic,
    "person": names.person,
    "payee": names.company,
    "label": names.topic,
    "date": _date,
    "moment": _moment,
    "identifier": _identifier,
}
