"""Another value in the place of one: as like it as can be, or one that nobody gave.

Hosts stay as they are: what is made up lies in the reserved domains, and an altered one might not.
"""

import re
import string
from collections.abc import Iterator, Sequence

from schemas.base import JsonObject, JsonValue
from schemas.ids import Dice

_HOST = re.compile(
    r"(?<=@)[\w.-]+|(?<=://)[^/\s]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|example|invalid|test)\b"
)
_FACT = re.compile(
    r"https?://[^\s,;)]*[^\s,;.)]|[\w.+-]+@[\w.-]+\w|(?<![\w-])[\w-]*\d(?:[\w.,:/-]*\w)?"
)
_WORDS = ("kestrel", "marzipan", "obelisk", "tundra", "windlass")
_CLASSES = (string.digits, string.ascii_lowercase, string.ascii_uppercase)


def like(value: JsonValue, schema: JsonObject, dice: Dice) -> Iterator[JsonValue]:
    """Yield values that differ from one in a step or a character; not all fit the schema."""
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from (value + step for step in _shuffled((1, -1, 10), dice))
        case str() if isinstance(schema.get("enum"), list):
            yield from _others(value, schema, dice)
        case str():
            yield from like_text(value, dice)
        case [first, *rest]:
            yield from ([other, *rest] for other in like(first, {}, dice))


def like_text(text: str, dice: Dice) -> Iterator[str]:
    """Yield texts with one letter or figure changed, figures first."""
    places = _shuffled(list(_changeable(text)), dice)
    for place in sorted(places, key=lambda at: not text[at].isdigit()):
        signs = _class_of(text[place])
        after = signs[(signs.index(text[place]) + 1) % len(signs)]
        yield text[:place] + after + text[place + 1 :]


def unlike(value: JsonValue, schema: JsonObject, dice: Dice) -> Iterator[JsonValue]:
    """Yield values of the same shape that nobody gave; not all fit the schema."""
    match value:
        case bool():
            return
        case int():
            yield from (dice.randint(11, 9973) for _ in range(4))
        case float():
            yield from (dice.randint(1100, 997300) / 100 for _ in range(4))
        case str() if isinstance(schema.get("enum"), list):
            yield from _others(value, schema, dice)
        case str():
            yield from (_scrambled(value, dice) for _ in range(4))
        case [first, *rest]:
            yield from ([other, *rest] for other in unlike(first, {}, dice))


def made_up(_: JsonValue, schema: JsonObject, dice: Dice) -> Iterator[JsonValue]:
    """Yield values for a parameter that was left out; not all fit the schema."""
    match schema.get("type"):
        case "string" if "enum" not in schema:
            yield f"{dice.choice(_WORDS)} {dice.randint(100, 999)}"
            yield f"{dice.choice(_WORDS)}.{dice.randint(100, 999)}@mail.example"
        case "integer" | "number":
            least, most = schema.get("minimum", 11), schema.get("maximum", 9973)
            if isinstance(least, int | float) and isinstance(most, int | float) and least <= most:
                yield dice.randint(int(least), int(most))


def facts_in(text: str) -> list[str]:
    """Return the numbers, addresses and identifiers in a text, each once, in order."""
    return list(dict.fromkeys(_FACT.findall(text)))


def _others(value: str, schema: JsonObject, dice: Dice) -> Iterator[JsonValue]:
    names = schema["enum"]
    if isinstance(names, list):
        yield from _shuffled([name for name in names if name != value], dice)


def _changeable(text: str) -> Iterator[int]:
    """Yield the places of letters and figures outside of hosts."""
    hosts = [range(*found.span()) for found in _HOST.finditer(text)]
    for place, sign in enumerate(text):
        if _class_of(sign) and not any(place in host for host in hosts):
            yield place


def _scrambled(text: str, dice: Dice) -> str:
    signs = list(text)
    for place in _changeable(text):
        signs[place] = dice.choice(_class_of(text[place]))
    return "".join(signs)


def _class_of(sign: str) -> str:
    return next((signs for signs in _CLASSES if sign in signs), "")


def _shuffled(values: Sequence[JsonValue], dice: Dice) -> list:  # type: ignore[type-arg]
    return sorted(values, key=lambda _: dice.random())
