"""The stages of a build up to one of them: what it makes is there for the build that comes."""

import time
from typing import Annotated

from prefect import flow
from pydantic import Field

from flows.assembly import Until, make_blocks
from flows.dataset import open_stages_of
from flows.floors import check_floors
from schemas.catalogue import load_taxonomy
from schemas.params import BuildParams
from schemas.results import StagesResult
from schemas.workspace import place_of
from tasks.taxonomy import chosen, policies


@flow(name="build-until")
async def build_until(
    until: Until,
    params: BuildParams = BuildParams(),  # noqa: B008  frozen
    blocks: Annotated[int, Field(ge=1, le=500)] = 1,
    workspace: str = "workspace",
) -> StagesResult:
    """Run the stages up to one of them, and say what each gave; what is made already is cached.

    Args:
        until: The last stage that is run.
        params: What is built, and with which models.
        blocks: Blocks of each category; a build makes the first one, and more where it is short.
        workspace: The folder with the store; the worker has to reach it.

    Raises:
        AgentAlignError: an endpoint that can't be used, a budget, a red gate, a floor.
    """
    started = time.monotonic()
    async with open_stages_of(place_of(workspace), params) as stages:
        params = stages.context.params
        rows = policies(chosen(load_taxonomy(), params.categories))
        receipts = await make_blocks(stages, params, rows, blocks, until)
        check_floors(stages.ledger.reports(), params.floors)
        engine = stages.context.engine
        return StagesResult(
            until=until,
            stages=tuple(stages.ledger.reports()),
            receipts=tuple(sorted(receipt.key for receipt in receipts)),
            calls=engine.counts(),
            calls_by_stage=engine.progress().stages,
            seconds=round(time.monotonic() - started, 3),
        )
