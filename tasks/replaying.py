"""Runs executions again, in fresh worker processes and without any model, and compares bytes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.errors import BadInputError
from schemas.ids import canonical_json
from schemas.params import BuildParams, Workers
from schemas.rows import Binding, Example, Execution, Plan, Response, Row
from tasks.formats.versions import Version
from tasks.world.runner import ExecutionLostError, Worlds

Status = Literal["identical", "differs", "other world version", "lost"]
WIDTH = 32  # executions on their way at a time
SIDE = {"isolation"}


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of replaying one execution; `detail` says where it differs."""

    row: str
    execution: str
    calls: int
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """An execution, the row it belongs to, and the binding it was to fulfil."""

    row: Plan | Response
    execution: Execution
    binding: Binding


def find_jobs(version: Version, row: Row | None = None) -> list[Job]:
    """Return what is to be replayed for a row: its own executions; without one, all there are.

    Raises:
        BadInputError: the row rests on no execution.
    """
    holders = list(_with_execution(_holders(version, row)))
    if row is not None and not holders:
        msg = f"{row.id} rests on no execution: nothing was run for it"
        raise BadInputError(msg)
    wanted = {holder.binding for holder in holders}
    bindings = {b.id: b for b in version.rows(Binding, "id", sorted(wanted))}
    return [
        Job(holder, holder.execution, bindings[holder.binding])
        for holder in holders
        if holder.execution is not None
    ]


def _holders(version: Version, row: Row | None) -> Iterable[Plan | Response]:
    match row:
        case None:
            return [*version.rows(Plan), *version.rows(Response)]
        case Example():
            return version.rows(Response, "id", [row.response])
        case Binding():
            return version.rows(Plan, "binding", [row.id])
        case Plan() | Response():
            return [row]
        case _:
            return []


def _with_execution(rows: Iterable[Plan | Response]) -> Iterator[Plan | Response]:
    return (row for row in rows if row.execution is not None)


async def replay(version: Version, jobs: Sequence[Job]) -> list[Replayed]:
    """Return what became of each, in order. The workers are started for this alone."""
    from tasks.doors.llm.bounded import map_bounded

    own = BuildParams.model_validate(version.manifest.params).tools
    async with Worlds(own, Workers()) as worlds:

        async def one(job: Job) -> Replayed:
            return await _replay_one(worlds, job)

        return await map_bounded(jobs, one, limit=WIDTH)


async def _replay_one(worlds: Worlds, job: Job) -> Replayed:
    was = job.execution
    if was.world_code != worlds.toolbox.code:
        detail = f"made in world {was.world_code[:12]}, here is {worlds.toolbox.code[:12]}"
        return _replayed(job, "other world version", detail)
    try:
        now = await worlds.rerun(was, job.binding.steps)
    except ExecutionLostError as lost:
        return _replayed(job, "lost", str(lost))
    if _bytes(now) == _bytes(was):
        return _replayed(job, "identical")
    return _replayed(job, "differs", _difference(was, now))


def _replayed(job: Job, status: Status, detail: str = "") -> Replayed:
    return Replayed(job.row.id, job.execution.id, len(job.execution.steps), status, detail)


def _bytes(execution: Execution) -> bytes:
    return canonical_json(execution.model_dump(mode="json", exclude=SIDE))


def _difference(was: Execution, now: Execution) -> str:
    """Return the first thing that is not the same, in the order in which things happened."""
    if was.initial_digest != now.initial_digest:
        return "the world before the first call"
    for number, (one, other) in enumerate(zip(was.steps, now.steps, strict=False), start=1):
        if canonical_json(one.model_dump()) != canonical_json(other.model_dump()):
            return f"call {number}, {one.call.name}"
    if was.final_digest != now.final_digest:
        return "the world after the last call"
    if was.done != now.done:
        return f"steps done: were {list(was.done)}, are {list(now.done)}"
    return f"success: was {was.success}, is {now.success}"


def count(replayed: Iterable[Replayed]) -> dict[str, int]:
    """Return how many there are of each status."""
    return dict(Counter(each.status for each in replayed))
