"""How far a run is, on its page: one progress artifact, brought up to date every few seconds."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import httpx
from prefect.artifacts import ProgressArtifact, aupdate_progress_artifact
from prefect.exceptions import PrefectException

from flows.expecting import count_left
from flows.stages import Stages
from tasks.estimate import estimate

_EVERY_S = 5.0
_ALL = 100.0


@asynccontextmanager
async def keep_progress(stages: Stages, every_s: float = _EVERY_S) -> AsyncIterator[None]:
    """Tell how far the stages are while the block runs; a run that is over sooner tells nothing."""
    artifacts: list[UUID] = []
    telling = asyncio.create_task(_tell(stages, artifacts, every_s))
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
    for each in artifacts:
        await _update(each, _ALL, _describe(stages))


async def _tell(stages: Stages, artifacts: list[UUID], every_s: float) -> None:
    """Make the artifact, then update it; a server that does not answer is asked again later."""
    await asyncio.sleep(every_s)
    found = await asyncio.to_thread(estimate, stages.context.params, None)
    while True:
        share, said = _share(stages, found.calls_by_stage), _describe(stages)
        if artifacts:
            await _update(artifacts[0], share, said)
        else:
            artifacts += await _make(share, said)
        await asyncio.sleep(every_s)


async def _make(share: float, said: str) -> list[UUID]:
    try:
        made = await ProgressArtifact(key="progress", progress=share, description=said).acreate()
    except (PrefectException, httpx.HTTPError):
        return []
    return [made.id]


async def _update(artifact: UUID, share: float, said: str) -> None:
    with suppress(PrefectException, httpx.HTTPError):  # the next one says it all
        await aupdate_progress_artifact(artifact, progress=share, description=said)


def _share(stages: Stages, expected: Mapping[str, float]) -> float:
    """Return the percentage of the expected calls that is done with."""
    asked = stages.context.engine.progress().stages
    total = sum(expected.values())
    left = count_left(list(stages.ledger.lines.values()), asked, expected)
    return round(_ALL * (1 - left / max(1.0, total)), 1)


def _describe(stages: Stages) -> str:
    lines = stages.ledger.lines.values()
    done = (f"{line.stage} {line.done}/{line.expected}" for line in lines)
    return f"{stages.context.engine.counts().made:,} calls made · {' · '.join(done)}"
