"""Which values of a call nobody gave: not the request, not an earlier result, not the schema."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count

from schemas.actions import Tool
from schemas.base import JsonObject, JsonValue
from schemas.messages import Message, ToolCall
from tasks.judging.dates import find_moments
from tasks.judging.evidence import Evidence
from tasks.judging.facts import Fact, find_facts
from tasks.judging.numbers import read_number

FEW_WORDS = 4  # a text of so many has to stand somewhere, a longer one may be worded anew
ENOUGH = 0.5  # of a longer text's content words
MOST_ROWS = 100
_PAGING = frozenset({"page", "pages", "paging", "per", "limit", "offset", "skip", "rows"})
_PAGING_IF_OPTIONAL = frozenset({
    "start", "from", "first", "last", "top", "max", "maximum", "most", "size", "count", "results",
    "index",
})  # fmt: skip
_HUNDREDTHS = re.compile(r"cents?\b|minor|pence|hundredths", re.IGNORECASE)
_NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_QUOTED = re.compile(r"\"([^\"]+)\"|(?<!\w)'([^']+)'(?!\w)")
_ANY: JsonObject = {}


def invented_values(
    call: ToolCall, tool: Tool | JsonObject, sources: Sequence[JsonValue]
) -> tuple[str, ...]:
    """Return the dotted paths of a call's values that stand nowhere, in order.

    `tool` is one of the catalogue or an entry of a request's `tools`; `sources` are what the
    user wrote, the system prompt and earlier results. Nobody's invention are true, false, null,
    a text without letters and digits, a value that the schema names (other than an example), and
    a row count or first page that need not be given.
    """
    return _invented(call, _parameters(tool), Evidence(*sources))


def invented_in(
    turns: Sequence[Message], opening_texts: Sequence[str], tools: Sequence[JsonObject]
) -> tuple[str, ...]:
    """Return `<number of the call>.<path>` of every value that stood nowhere before its call.

    Calls count from 1. What the agent said itself is no source; `opening_texts` are the system
    prompt and the request, unless they are among the turns; `tools` are those offered.
    """
    schemas = {_function(tool)["name"]: _parameters(tool) for tool in tools}
    evidence, numbers, found = Evidence(*opening_texts), count(1), []
    for turn in turns:
        for call, number in zip(turn.tool_calls, numbers, strict=False):
            paths = _invented(call, schemas.get(call.name, _ANY), evidence)
            found += [f"{number}.{path}" for path in paths]
        if turn.role != "assistant" and turn.content:
            evidence.add(turn.content)
    return tuple(found)


def _invented(call: ToolCall, parameters: JsonObject, evidence: Evidence) -> tuple[str, ...]:
    return tuple(_walk(call.arguments, parameters, "", evidence))


def _function(tool: JsonObject) -> Mapping[str, JsonValue]:
    function = tool.get("function")
    return function if isinstance(function, dict) else tool


def _parameters(tool: Tool | JsonObject) -> JsonObject:
    found = tool.parameters if isinstance(tool, Tool) else _function(tool).get("parameters")
    return found if isinstance(found, dict) else _ANY


def _walk(value: JsonValue, schema: JsonObject, path: str, evidence: Evidence) -> Iterator[str]:
    if value in _named(schema):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not _pages(inner, key, schema):
                yield from _walk(inner, _within(schema, key), f"{path}.{key}", evidence)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, _within(schema, None), f"{path}.{number}", evidence)
    elif not _grounded(value, path, schema, evidence):
        yield path.removeprefix(".")


def _named(schema: JsonObject) -> list[JsonValue]:
    """Return the values that a schema names itself."""
    named = [schema[word] for word in ("const", "default") if word in schema]
    listed = schema.get("enum")
    named += listed if isinstance(listed, list) else []
    return named + [value for branch in _branches(schema) for value in _named(branch)]


def _branches(schema: JsonObject) -> Iterator[JsonObject]:
    for word in ("anyOf", "oneOf", "allOf"):
        branches = schema.get(word)
        for branch in branches if isinstance(branches, list) else ():
            if isinstance(branch, dict):
                yield branch


def _within(schema: JsonObject, key: str | None) -> JsonObject:
    """Return the schema of a property, or of a list's items."""
    for each in (schema, *_branches(schema)):
        inner = each.get("items") if key is None else _properties(each).get(key)
        if isinstance(inner, dict):
            return inner
    return _ANY


def _properties(schema: JsonObject) -> JsonObject:
    found = schema.get("properties")
    return found if isinstance(found, dict) else _ANY


def _pages(value: JsonValue, key: str, schema: JsonObject) -> bool:
    """Whether a value only says how much of a list to show, where nothing need be said."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_ROWS:
        return False
    parts = {part.lower() for part in _NAME_PARTS.findall(key)}
    required = schema.get("required")
    optional = key not in (required if isinstance(required, list) else ())
    return not parts.isdisjoint(_PAGING) or (optional and not parts.isdisjoint(_PAGING_IF_OPTIONAL))


def _grounded(value: JsonValue, path: str, schema: JsonObject, evidence: Evidence) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return _text_stands(value.strip(), evidence)
    number = Decimal(str(value))
    if evidence.says_number(number):
        return True
    counted = f"{path.rpartition('.')[2]} {schema.get('description', '')}"
    return bool(_HUNDREDTHS.search(counted)) and evidence.says_number(number / 100)


def _text_stands(text: str, evidence: Evidence) -> bool:
    if not any(map(str.isalnum, text)) or evidence.says(text):
        return True
    if (number := read_number(text)) is not None:
        return evidence.says_number(number)
    words = text.split()
    if _is_moment(text) or len(words) > FEW_WORDS:
        return _facts_stand(text, evidence) and evidence.share_of_words(text) >= ENOUGH
    return (len(words) == 1 and Fact(text).stands_in(evidence)) or evidence.says_words(words)


def _is_moment(text: str) -> bool:
    """Whether a text is nothing but a date, a time, or both."""
    covered = sum(moment.end - moment.start for moment in find_moments(text))
    return covered > 0 and covered >= len(text) - len("T")


def _facts_stand(text: str, evidence: Evidence) -> bool:
    quoted = (found[1] or found[2] for found in _QUOTED.finditer(text))
    return all(fact.stands_in(evidence) for fact in find_facts(text)) and all(
        evidence.says(each) or evidence.says_words(each.split()) for each in quoted
    )
