"""Runs the executions of a version again, and fails if one does not come to the same."""

from prefect import flow

from schemas.errors import AgentAlignError
from schemas.results import ReplayResult
from schemas.workspace import place_of
from tasks.formats.versions import find_version
from tasks.replaying import Replayed, count, find_jobs, replay

_SHOWN = 100  # executions that are named


class NotIdenticalError(AgentAlignError):
    """Some execution did not come to the same again."""


@flow(name="replay")
async def replay_version(version: str = "", workspace: str = "workspace") -> ReplayResult:
    """Run a version's executions again, in fresh workers and without any model; compare bytes.

    Args:
        version: A version or the start of its name; empty: the newest.
        workspace: The folder with the versions; the worker has to reach it.

    Raises:
        BadInputError: there is no such version.
        NotIdenticalError: with the executions that differ.
    """
    found = find_version(place_of(workspace), version or None)
    done = await replay(found, find_jobs(found))
    if other := [each for each in done if each.status != "identical"]:
        raise NotIdenticalError(_describe(found.name, other, len(done)))
    return ReplayResult(
        version=found.name,
        executions=len(done),
        calls=sum(each.calls for each in done),
        by_status=count(done),
    )


def _describe(version: str, other: list[Replayed], total: int) -> str:
    lines = [f"{each.row}, {each.execution}: {each.status} ({each.detail})" for each in other]
    more = [f"… and {len(other) - _SHOWN:,} more"] if len(other) > _SHOWN else []
    head = f"{version}: {len(other):,} of {total:,} executions are not identical"
    return "\n".join([head, *lines[:_SHOWN], *more])
