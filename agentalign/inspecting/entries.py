"""The rows of a version and what was left out of it, as a list that is searched and filtered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal
from urllib.parse import urlencode

from schemas.masking import mask
from schemas.rows import Dropped, Example, Imported
from tasks.formats.quoting import identifier, literal
from tasks.formats.versions import Version

PAGE = 50
Which = Literal["rows", "dropped"]
# what each list is filtered by, in the order of the form
FILTERS: Mapping[Which, Sequence[str]] = {
    "rows": ("label", "intent", "kind", "situation", "category", "subcategory", "split", "tool"),
    "dropped": (
        "reason", "stage", "by", "intent", "situation", "category", "subcategory", "endpoint",
        "tool",
    ),
}  # fmt: skip
BEYOND = ("chain", "binding", "instruction")  # by link alone: nobody picks an id from a list
_LISTS = "entries"
# columns that earlier releases did not have, with what stands for them
_LATER = {"situation": "'plain'", "holds_harm": "'harmful' IN (label, intent)", "responder": "''"}
_TOOLS = "json_extract_string(b.steps, '$[*].tool')"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a list: values by filter, and words."""

    which: Which = "rows"
    values: Mapping[str, str] = field(default_factory=dict)
    words: str = ""

    def query(self, **more: object) -> str:
        """Return it as the query of an address, empty if nothing is asked."""
        named = {**self.values, **({"q": self.words} if self.words else {}), **more}
        return f"?{urlencode(named)}" if named else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list. `text` is the request's, masked where it names harm."""

    id: str
    label: str
    intent: str
    kind: str
    situation: str
    category: str
    subcategory: str
    split: str
    tools: tuple[str, ...]
    stage: str
    reason: str
    by: str
    text: str
    masked: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a list, and how many lines there are on all."""

    entries: tuple[Entry, ...]
    count: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.count // PAGE))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a line stands in its list, counted from 1 (0 if it isn't in it), and its neighbours."""

    place: int
    count: int
    before: str
    after: str


class Entries:
    """The lists of one version, prepared once."""

    def __init__(self, version: Version) -> None:
        """Read them. Raises: WorkspaceError."""
        self._version = version
        self.has_dropped = bool(version.files(Dropped.table))
        imports = [Imported.table] if version.files(Imported.table) else []
        tables = [Example.table, "instructions", "bindings", *imports]
        version.keep_query(_LISTS, tables, _rows_sql(version))
        if self.has_dropped:
            version.keep_query("dropped_entries", [Dropped.table, "bindings"], _DROPPED_SQL)
        self.choices = cache(self._choices)

    def find(self, asked: Asked, page: int) -> Found:
        """Return a page of a list, by id."""
        source, where = self._source(asked)
        count = self._count(asked)
        place = min(max(1, page), max(1, -(-count // PAGE)))
        query = f"""SELECT * EXCLUDE (chain, binding, instruction, endpoint) FROM {source}
            WHERE {where} ORDER BY id LIMIT {PAGE} OFFSET {(place - 1) * PAGE}"""
        found = self._version.source.fetch(query)
        return Found(tuple(_entry(record) for record in found), count, place)

    def neighbours(self, asked: Asked, row_id: str) -> Neighbours:
        """Return what stands before and after a line."""
        source, where = self._source(asked)
        at = literal(row_id)
        query = f"""SELECT count(*) AS count, count(*) FILTER (id <= {at}) AS place,
            bool_or(id = {at}) AS there, max(id) FILTER (id < {at}) AS before,
            min(id) FILTER (id > {at}) AS after FROM {source} WHERE {where}"""
        (found,) = self._version.source.fetch(query)
        known: dict[str, Any] = found
        place = known["place"] if known["there"] else 0
        return Neighbours(place, known["count"], known["before"] or "", known["after"] or "")

    def count(self, which: Which) -> int:
        """Return the length of a list."""
        return self._count(Asked(which))

    def _choices(self, which: Which) -> dict[str, dict[str, int]]:
        """Return for each filter its values, each with the lines that have it."""
        return {name: self._values(which, name) for name in FILTERS[which]}

    def _values(self, which: Which, name: str) -> dict[str, int]:
        source, _ = self._source(Asked(which))
        value = "unnest(tools)" if name == "tool" else identifier(name)
        query = f"SELECT value, count(*) AS n FROM (SELECT {value} AS value FROM {source})"
        found = self._version.source.fetch(f"{query} WHERE value <> '' GROUP BY value ORDER BY ALL")
        return {str(record["value"]): int(str(record["n"])) for record in found}

    def _count(self, asked: Asked) -> int:
        source, where = self._source(asked)
        (found,) = self._version.source.fetch(f"SELECT count(*) AS n FROM {source} WHERE {where}")
        return int(str(found["n"]))

    def _source(self, asked: Asked) -> tuple[str, str]:
        """Return the table of a list, and the condition that what is asked for meets."""
        source = _LISTS if asked.which == "rows" else "dropped_entries"
        if asked.which == "dropped" and not self.has_dropped:
            return f"(FROM {_LISTS} WHERE false)", "true"
        conditions = [_condition(*each) for each in asked.values.items()]
        conditions += [_holds(word) for word in asked.words.split()]
        return source, " AND ".join(conditions) or "true"


def _condition(name: str, value: str) -> str:
    if name == "tool":
        return f"list_contains(tools, {literal(value)})"
    return f"{identifier(name)} = {literal(value)}"


def _holds(word: str) -> str:
    """Return the condition that a word is in an id or in a text; masked texts are not searched."""
    part = literal(word.lower())
    named = "id || ' ' || chain || ' ' || binding || ' ' || instruction || ' ' || subcategory"
    return f"(contains(lower({named}), {part}) OR (NOT masked AND contains(lower(text), {part})))"


def _entry(record: Mapping[str, Any]) -> Entry:
    shown = mask(record["text"], harmful=record["masked"]) if record["text"] else ""
    return Entry(**{**record, "text": shown, "tools": tuple(record["tools"] or ())})


def _rows_sql(version: Version) -> str:
    present = version.columns(Example.table)
    column = {name: name if name in present else sql for name, sql in _LATER.items()}
    has_imports = bool(version.files(Imported.table))  # those of earlier releases have none
    imported = Imported.table if has_imports else "(SELECT '' AS id, '' AS asked, '[]' AS called)"
    return f"""SELECT e.id, label, e.intent, e.kind, e.situation, e.category, e.subcategory,
        split, coalesce({_TOOLS}, json_extract_string(m.called, '$[*]')) AS tools,
        '' AS stage, '' AS reason, '' AS by, coalesce(i.text, m.asked, '') AS text,
        e.holds_harm AS masked, e.chain, e.binding, e.instruction,
        e.responder AS endpoint
        FROM (SELECT id, label, intent, kind, category, subcategory, split, chain, binding,
              instruction, response, {", ".join(f"{sql} AS {name}" for name, sql in column.items())}
              FROM examples) AS e
        LEFT JOIN instructions AS i ON i.id = e.instruction
        LEFT JOIN bindings AS b ON b.id = e.binding
        LEFT JOIN {imported} AS m ON m.id = e.response ORDER BY e.id"""


_DROPPED_SQL = f"""SELECT d.id, label, intent, '' AS kind, situation, d.category, d.subcategory,
    '' AS split, {_TOOLS} AS tools, of_stage AS stage, reason, "by", text, harmful AS masked,
    d.chain, binding, instruction, endpoint
    FROM dropped AS d LEFT JOIN bindings AS b ON b.id = d.binding ORDER BY d.id"""
