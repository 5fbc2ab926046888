"""The versions of a workspace as a list: what each is, and what it was made with anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.table import Table

from agentalign.gate import Gate, gate_of
from agentalign.parameters import Differing, differing_params
from schemas.aliases import holders
from schemas.ids import canonical_json
from schemas.workspace import Workspace
from tasks.doors.aliases import read_moves
from tasks.evaluating.listing import list_evaluations
from tasks.formats.versions import Version, list_versions

_SHOWN = 3  # parameters of a line
_LONG = 24  # characters of a value


@dataclass(frozen=True, slots=True)
class Listed:
    """A version; `parent` is the one that was made before it."""

    version: Version
    aliases: tuple[str, ...]
    gate: Gate
    parent: str | None
    changed: tuple[Differing, ...]  # from the parent's parameters
    evaluations: tuple[str, ...]  # names of those of it, newest first


def list_all(workspace: Workspace) -> list[Listed]:
    """Return the versions of a workspace, newest first."""
    versions = list_versions(workspace)
    held = holders(read_moves(workspace))
    evaluated = list_evaluations(workspace)
    return [
        Listed(
            version=version,
            aliases=tuple(name for name, move in held.items() if move.version == version.name),
            gate=gate_of(version.manifest),
            parent=parent.name if parent else None,
            changed=_changed(parent, version),
            evaluations=tuple(each.name for each in evaluated if each.version == version.name),
        )
        for version, parent in zip(versions, [*versions[1:], None], strict=False)
    ]


def _changed(parent: Version | None, version: Version) -> tuple[Differing, ...]:
    if parent is None:
        return ()
    return differing_params(parent.manifest.params, version.manifest.params)


def listed_object(listed: Listed) -> dict[str, object]:
    """Return a version as one JSON object."""
    manifest = listed.version.manifest
    facts = manifest.model_dump(include={"version", "created_at", "rows", "splits", "rehearsal"})
    return facts | {
        "path": str(listed.version.folder),
        "digest": manifest.digest,
        "aliases": list(listed.aliases),
        "gate": listed.gate.state,
        "broken": list(listed.gate.broken),
        "warnings": list(listed.gate.warnings),
        "parent": listed.parent,
        "evaluations": list(listed.evaluations),
        "changed": {each.name: [each.before, each.after] for each in listed.changed},
    }


def draw_list(found: Iterable[Listed], now: datetime | None = None) -> Table:
    """Return the list as a table."""
    moment = now or datetime.now(UTC)
    table = Table("version", "alias", "age", box=None)
    for name in ("harmful", "benign", "third-party"):
        table.add_column(name, justify="right")
    table.add_column("gate")
    table.add_column("changed from the one before")
    for listed in found:
        manifest = listed.version.manifest
        table.add_row(
            listed.version.name,
            ", ".join(listed.aliases),
            say_age(moment - datetime.fromisoformat(manifest.created_at)),
            *(f"{count:,}" for count in manifest.rows.values()),
            say_gate(listed.gate),
            _say_changes(listed.changed),
        )
    return table


def say_gate(gate: Gate) -> str:
    """Return in few words what the gate says."""
    if gate.state == "warnings":
        return f"{len(gate.warnings)} warning{'s' if len(gate.warnings) > 1 else ''}"
    return gate.state


def say_age(age: timedelta) -> str:
    """Return how long ago something was, in its largest unit."""
    seconds = max(0, int(age.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _say_changes(changed: Sequence[Differing]) -> str:
    told = [f"{each.name}={_say(each.after)}" for each in changed[:_SHOWN]]
    more = [f"and {len(changed) - _SHOWN} more"] if len(changed) > _SHOWN else []
    return ", ".join((*told, *more))


def _say(value: object) -> str:
    text = canonical_json(value).decode()
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
