"""Finds a row by id, and everything it rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from schemas.errors import BadInputError
from schemas.masked_rows import masked_row
from schemas.rows import (
    ROWS,
    Binding,
    Chain,
    Dropped,
    Example,
    Imported,
    Instruction,
    Mutation,
    Plan,
    Policy,
    Response,
    Review,
    Row,
    Verdict,
)
from schemas.third_party import CATEGORY, OWN
from schemas.workspace import Workspace
from tasks.formats.versions import Record, Version, list_versions

R = TypeVar("R", bound=Row)

KINDS: dict[str, type[Row]] = {kind.stage: kind for kind in ROWS}
_JUDGED = (Instruction, Response)
_REQUESTS = ("instruction", "opening")  # the row's own, and the one that is made before it
_UPWARDS: tuple[type[Row], ...] = (
    Imported, Response, Instruction, Plan, Binding, Chain, Policy,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A row and the version it was found in."""

    row: Row
    version: Version


@dataclass(frozen=True, slots=True)
class Trace:
    """What a row rests on, nearest first, and the examples that rest on it.

    `reviews` are what people said of its request and answer, as far as its version heeded it.
    """

    found: Found
    parents: Sequence[Row]
    verdicts: Sequence[Verdict]
    reviews: Sequence[Review]
    calls: Sequence[Record]
    examples: Sequence[str]

    @property
    def rows(self) -> list[Row]:
        """The row, what it rests on, and the verdicts on that."""
        return [self.found.row, *self.parents, *self.verdicts]

    def parent(self, kind: type[R]) -> R | None:
        """Return the nearest row of a kind, the row itself included; None if there is none."""
        rows = (self.found.row, *self.parents)
        return next((row for row in rows if isinstance(row, kind)), None)


def find_row(workspace: Workspace, row_id: str, version: Version | None = None) -> Found:
    """Return a row of a version, or of the newest that has it. Raises: BadInputError."""
    kind = KINDS.get(row_id.partition("-")[0])
    if kind is None:
        kinds = ", ".join(f"{name}-…" for name in KINDS)
        raise BadInputError(f"{row_id!r} is not the id of a row; ids look like {kinds}")
    for candidate in [version] if version else list_versions(workspace):
        rows = candidate.rows(kind, "id", [row_id])
        if rows:
            return Found(rows[0], candidate)
    where = version.name if version else f"a version in {workspace.versions}"
    msg = f"no row {row_id} in {where}; `agentalign sample` shows some, `versions` lists versions"
    raise BadInputError(msg)


def mask_found(version: Version, rows: Iterable[R]) -> list[R]:
    """Return rows with the text of harmful requests masked."""
    listed = list(rows)
    requests = [row.id for row in listed if isinstance(row, Instruction)]
    names = ("instruction", "label", "intent")
    users = version.pick(Example.table, names, "instruction", requests, order="instruction")
    # harmful as written, or as it was answered
    harmful = {str(u["instruction"]) for u in users if "harmful" in (u["label"], u["intent"])}
    return [masked_row(row, harmful) for row in listed]


def trace_row(found: Found) -> Trace:
    """Return the lineage of a row inside its version."""
    version, row = found.version, found.row
    links = _links(row)
    parents: list[Row] = []
    for kind in _UPWARDS:
        if isinstance(row, kind):
            continue
        rows = [r for r in version.rows(kind, *_where(kind, links)) if _belongs(r, links)]
        for parent in rows:
            links = _links(parent) | links
        parents += sorted(rows, key=lambda parent: parent.id != links.get(parent.stage))
    subjects = [parent.id for parent in (row, *parents) if isinstance(parent, _JUDGED)]
    verdicts = [v for v in version.rows(Verdict, "subject", subjects) if v.id != row.id]
    requests = [each for name in _REQUESTS if (each := links.get(name))]
    return Trace(
        found=found,
        parents=parents,
        verdicts=verdicts,
        reviews=version.rows(Review, "instruction", requests),
        calls=version.calls(_call_keys([row, *parents, *verdicts])),
        examples=_examples_on(version, row),
    )


def _links(row: Row) -> dict[str, str]:
    """Return the ids a row names, by what they are ids of."""
    names = ("response", *_REQUESTS, "binding", "chain", "subcategory")
    found = {name: getattr(row, name, None) for name in names}
    if isinstance(row, Verdict | Mutation | Dropped):
        found[row.subject.partition("-")[0]] = row.subject
    if isinstance(row, Example):
        found[Imported.stage] = row.tools_of or (row.response if row.source != OWN else "")
    own = {row.stage: row.id}
    return {name: value for name, value in found.items() if value and isinstance(value, str)} | own


def _where(kind: type[Row], links: dict[str, str]) -> tuple[str, list[str]]:
    """Return the column that ties a kind of row to what is known, and its value."""
    if kind is Policy:
        return "subcategory", [links["subcategory"]] if "subcategory" in links else []
    if kind is Plan:
        return "binding", [links["binding"]] if "binding" in links else []
    if kind is Instruction:
        return "id", [links[name] for name in _REQUESTS if name in links]
    return "id", [links[kind.stage]] if kind.stage in links else []


def _belongs(parent: Row, links: dict[str, str]) -> bool:
    """Whether a plan made for one request is that of the request at hand; others always do."""
    made_for = parent.instruction if isinstance(parent, Plan) else None
    return made_for is None or made_for == links.get("instruction", made_for)


def _call_keys(rows: Iterable[Row]) -> list[str]:
    return sorted({key for row in rows for key in getattr(row, "calls", ())})


def _examples_on(version: Version, row: Row) -> list[str]:
    if isinstance(row, Example):
        return []
    if isinstance(row, Imported):  # they are made of it, or offer its tools
        return sorted(_ids(version, "response", row.id) + _ids(version, "tools_of", row.id))
    if isinstance(row, Dropped) and row.category == CATEGORY:
        return []
    links = _links(row)
    for column in ("response", "instruction", "binding", "chain", "subcategory"):
        if column in links:
            return _ids(version, column, links[column])
    return []


def _ids(version: Version, column: str, value: str) -> list[str]:
    """Return the ids of the examples that have a value in a column."""
    found = version.pick(Example.table, ["id"], column, [value], order="id")
    return [str(record["id"]) for record in found]
