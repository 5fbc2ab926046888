"""What a parameter of a foreign tool takes, guessed from its schema, name and description."""

import re
from collections.abc import Callable
from typing import Any

from schemas.actions import Kind

Schema = dict[str, Any]

GENERAL = (
    Kind(name="choice", description="One of the words that a tool allows"),
    Kind(name="flag", description="Yes or no, as true or false"),
    Kind(name="number", description="A number"),
    Kind(name="whole_number", description="A whole number"),
    Kind(name="date", description="A day, as 2031-05-17"),
    Kind(name="moment", description="A day and a time, as 2031-05-17 09:30"),
    Kind(name="identifier", description="The id of a thing, as somebody knows it"),
    Kind(name="person", description="A person's name"),
    Kind(name="label", description="A short name of a thing"),
)

_BY_FORMAT = {
    "email": "email_address", "uri": "url", "url": "url", "date": "date", "date-time": "moment",
}  # fmt: skip
# a pattern has to fit a whole word of the parameter's name; its last word says the most
_BY_NAME = (
    (r"e?mails?|recipients?|participants?|attendees?|sender|cc|bcc", "email_address"),
    (r"phones?|mobile|msisdn", "phone_number"),
    (r"urls?|links?|uri|website", "url"),
    (r"ids?|uuid|key|reference|number", "identifier"),
    (r"datetime|timestamp|start|end|deadline|time|when|moment", "moment"),
    (r"date|day|birthday", "date"),
    (r"quer(y|ies)|keywords?|terms?|search", "query"),
    (r"city|town|location|place|destination|origin", "city"),
    (r"path|file|filename|folder|directory|dir", "path"),
    (r"currency", "currency"),
    (r"user|username|handle|account|channel", "handle"),
    (r"title|subject|headline|caption|topic", "short_text"),
    (r"body|content|contents|text|message|description|comment|note|notes|summary|review", "text"),
    (r"person|contact|owner|author|guest|customer", "person"),
    (r"name|label|tag", "label"),
)  # fmt: skip
_MOMENT, _DAY = re.compile(r"YYYY-MM-DD[ T]HH:MM"), re.compile(r"YYYY-MM-DD")


def guess_kind(name: str, schema: Schema) -> str | None:
    """Return the kind of what a parameter takes, None where one value can't be stated in words.

    A list takes the kind of its entries.
    """
    whole = _one_of(schema)
    if "enum" in whole:
        return "choice" if any(isinstance(each, str) for each in whole["enum"]) else None
    guess = _BY_TYPE.get(str(whole.get("type", "string")))
    return guess(name, whole) if guess else None


def _one_of(schema: Schema) -> Schema:
    """Return the first branch of a union that is not null, with the description around it."""
    for key in ("anyOf", "oneOf"):
        for branch in schema.get(key, ()):
            if branch.get("type") != "null":
                return {"description": schema.get("description", ""), **branch}
    if isinstance(schema.get("type"), list):
        named = [name for name in schema["type"] if name != "null"]
        return {**schema, "type": named[0] if named else "null"}
    return schema


def _of_text(name: str, schema: Schema) -> str:
    if (form := _BY_FORMAT.get(str(schema.get("format")))) is not None:
        return form
    described = str(schema.get("description", ""))
    if _MOMENT.search(described):
        return "moment"
    if _DAY.search(described):
        return "date"
    for word in reversed(split_words(name)):
        for pattern, kind in _BY_NAME:
            if re.fullmatch(pattern, word):
                return kind
    return "label"


def _of_list(name: str, schema: Schema) -> str | None:
    entries = schema.get("items") or {"type": "string"}
    inner = _one_of(entries)
    return guess_kind(name, inner) if inner.get("type") != "array" else None


def split_words(name: str) -> list[str]:
    """Return the lower-case words of a name: `newStartTime` and `new_start-time` have three."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]


_BY_TYPE: dict[str, Callable[[str, Schema], str | None]] = {
    "string": _of_text,
    "array": _of_list,
    "boolean": lambda _name, _schema: "flag",
    "integer": lambda _name, _schema: "whole_number",
    "number": lambda _name, _schema: "number",
}
