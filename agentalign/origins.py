"""Which prompts and models a row's lineage goes back to."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agentalign.lookup import Trace
from schemas.rows import (
    Chain,
    Dropped,
    Execution,
    Imported,
    Instruction,
    Mutation,
    Plan,
    Response,
    Row,
    Verdict,
)
from schemas.third_party import CATEGORY, ForeignFile
from tasks.formats.versions import Version

PROMPTS = "prompts"  # the table of their texts; earlier releases have none
OF_REQUESTS, OF_ANSWERS = "judge", "answer"  # a seat's prompt is `<this>-<seat>`
CHAINS, PLANNER, SIMULATOR = "chains", "planner", "simulator"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it was used: `ref` is `name@hash`, the bare name where no hash is known.

    `system` and `user` are its text if the version has that very one, else None.
    """

    name: str
    ref: str
    system: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was asked: how it was declared, in which roles, and how often."""

    endpoint: str
    model: str
    revision: str
    roles: tuple[str, ...]
    calls: int


def prompts_of(trace: Trace) -> list[Prompt]:
    """Return the prompts behind a row, by name. Raises: WorkspaceError."""
    used = sorted({name for row in trace.rows for name in prompt_names(row)})
    known = read_prompts(trace.found.version, (each.partition("@")[0] for each in used))
    return [_as_used(each, known) for each in used]


def read_prompts(version: Version, names: Iterable[str]) -> dict[str, Prompt]:
    """Return those of some prompts that a version has the texts of, by name."""
    columns = ("name", "ref", "system", "user")
    found = version.pick(PROMPTS, columns, "name", names, order="name")
    return {str(record["name"]): Prompt(**record) for record in found}  # type: ignore[arg-type]  # texts all


def _as_used(used: str, known: dict[str, Prompt]) -> Prompt:
    """Return the prompt that a row names, with its text unless that is another one by now."""
    name = used.partition("@")[0]
    recorded = known.get(name)
    if recorded is None:
        return Prompt(name, used)
    return recorded if used in (name, recorded.ref) else Prompt(name, used)


def prompt_names(row: Row) -> Iterator[str]:
    """Yield what a row says of the prompts that made it: `name`, or `name@hash`."""
    match row:
        case Chain(source="synthesised"):
            yield CHAINS
        case Plan(maker="planner"):
            yield PLANNER
        case Instruction():
            yield row.prompt
        case Verdict() | Response() | Mutation() | Dropped():
            yield from _prompts_of_judged(row)
    execution = row.execution if isinstance(row, Plan | Response) else None
    if isinstance(execution, Execution) and execution.grounding == "simulated":
        yield SIMULATOR


def _prompts_of_judged(row: Verdict | Response | Mutation | Dropped) -> Iterator[str]:
    if isinstance(row, Response):
        yield from row.hints
    if isinstance(row, Dropped) and row.prompt:
        yield row.prompt
    yield from (f"{_asked_with(row)}-{vote.seat}" for vote in row.votes)


def _asked_with(row: Verdict | Response | Mutation | Dropped) -> str:
    """Return what the prompts begin with that the judges of a row were asked with."""
    match row:
        case Verdict():
            return OF_REQUESTS
        case Mutation():
            return OF_REQUESTS if row.kind == "intent_flipped" else OF_ANSWERS
        case Dropped():
            return OF_ANSWERS if row.of_stage == "responses" else OF_REQUESTS
        case _:
            return OF_ANSWERS


def models_of(trace: Trace) -> list[Model]:
    """Return the models behind a row, by endpoint: those of its calls."""
    revisions = revisions_of(trace.found.version)
    calls = Counter((str(c["endpoint"]), str(c["model"])) for c in trace.calls)
    return [
        Model(endpoint, model, revisions.get(endpoint, ""), _roles(trace, endpoint), count)
        for (endpoint, model), count in sorted(calls.items())
    ]


def files_of(trace: Trace) -> list[ForeignFile]:
    """Return the files that a row of another dataset was read from, or what lent it its tools."""
    source, place = _read_from(trace)
    name = place.partition(", ")[0]
    sources = (s for s in trace.found.version.manifest.sources if s.name == source)
    return [*{file.sha256: file for s in sources for file in s.files if file.name == name}.values()]


def _read_from(trace: Trace) -> tuple[str, str]:
    """Return the source and the place there of an imported row, or of one that is left out."""
    row, imported = trace.found.row, trace.parent(Imported)
    if imported is not None:
        return imported.source, imported.place
    if isinstance(row, Dropped) and row.category == CATEGORY:
        return row.subcategory, row.detail
    return "", ""


def revisions_of(version: Version) -> dict[str, str]:
    """Return the revision that each endpoint was declared with, empty where none was."""
    declared = version.manifest.params.get("endpoints") or []
    entries: Iterable[object] = declared if isinstance(declared, list) else []
    return {str(e["name"]): str(e.get("revision") or "") for e in entries if isinstance(e, dict)}


def _roles(trace: Trace, endpoint: str) -> tuple[str, ...]:
    return tuple(sorted({str(c["role"]) for c in trace.calls if c["endpoint"] == endpoint}))
