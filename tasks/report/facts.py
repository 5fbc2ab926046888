"""What the page counts in a version's rows, read without their texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.rows import Example, Instruction
from schemas.third_party import CATEGORY, OWN
from tasks.formats.versions import Record, Version

# what a row has that its own columns don't say
_COUNTED = {
    "turns": "json_array_length(messages)"
    " - (json_extract_string(messages, '$[0].role') = 'system')::INT",
    "calls": "json_extract_string(messages, '$[*].tool_calls[*].name')",
    "offered": "json_extract_string(tools, '$[*].function.name')",
    "capabilities": "json_extract_string(pattern, '$[*]')",
}
_COLUMNS = (
    "id", "label", "intent", "kind", "category", "subcategory", "chain", "instruction",
)  # fmt: skip
# what earlier releases did not say of a row, with what stands for it
_LATER = {
    "situation": "'plain'", "style": "'none'", "responder": "''", "recovered": "false",
    "parallel": "false", "source": "'own'",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """A row without its texts. `characters` are those of its own request, 0 if that is not kept."""

    id: str
    label: str  # its class: third-party rows are one of their own
    part: str  # its situation, or `borderline`; of a third-party row what kind it is
    category: str
    subcategory: str
    chain: str
    kind: str
    style: str
    responder: str
    recovered: bool
    parallel: bool
    turns: int  # of users, agent and tools
    characters: int
    calls: tuple[str, ...]  # names of the tools called, in order
    offered: tuple[str, ...]  # names
    capabilities: tuple[str, ...]


def read_facts(version: Version) -> Sequence[Fact]:
    """Return the facts of a version's rows by id.

    Raises:
        WorkspaceError: a table is damaged.
    """
    counted = (f"{sql} AS {name}" for name, sql in _COUNTED.items())
    present = version.columns(Example.table)
    later = (name if name in present else f"{sql} AS {name}" for name, sql in _LATER.items())
    names = ", ".join((*_COLUMNS, *later, *counted))
    records = version.records(Example.table, names, None, (), order="id")
    lengths = _lengths(version)
    return [_fact(record, lengths) for record in records]


def says_kinds(version: Version) -> bool:
    """Whether a version says what is special about its rows, and which of them hold harm."""
    return version.columns(Example.table) >= {*_LATER, "holds_harm"}


def _lengths(version: Version) -> dict[object, Any]:
    names = "id, length(text) AS characters"
    found = version.records(Instruction.table, names, None, (), order="id")
    return {record["id"]: record["characters"] for record in found}


def _fact(record: Record, lengths: dict[object, Any]) -> Fact:
    values: dict[str, Any] = record
    named = Fact.__dataclass_fields__.keys() & values.keys()
    part = "borderline" if values["intent"] == "borderline" else values["situation"]
    own = values["source"] == OWN
    lists = {name: tuple(values[name]) for name in ("calls", "offered", "capabilities")}
    return Fact(
        **{name: values[name] for name in named - {"label"}} | lists,
        label=values["label"] if own else CATEGORY,
        part=part if own else values["kind"],
        characters=lengths.get(values["instruction"], 0),
    )


def of_own(facts: Iterable[Fact]) -> list[Fact]:
    """Return the rows that are not of another dataset."""
    return [fact for fact in facts if fact.label != CATEGORY]


def of_class(facts: Iterable[Fact], label: str) -> list[Fact]:
    """Return the rows of one class."""
    return [fact for fact in facts if fact.label == label]
