"""A pilot: a few of a build's own bindings on the real endpoints; the build finds its calls."""

import os
from pathlib import Path

from prefect import flow

from flows.assembly import make_blocks
from flows.dataset import open_stages_of
from schemas.catalogue import load_taxonomy
from schemas.estimates import Pilot
from schemas.params import BuildParams
from schemas.workspace import place_of
from tasks.pilot import draw_policies, measure, pilot_params
from tasks.taxonomy import chosen, policies


@flow(name="pilot")
async def run_pilot(
    params: BuildParams = BuildParams(),  # noqa: B008  frozen
    workspace: str = "workspace",
    requests: int = 50,
) -> Pilot:
    """Run the stages for about `requests` requests, and write down what they took and gave.

    Args:
        params: Those of the build.
        workspace: The folder with the store; the worker has to reach it.
        requests: How many requests, about.

    Raises:
        AgentAlignError: an endpoint that can't be used, a budget, a red gate.
    """
    place = place_of(workspace)
    async with open_stages_of(place, pilot_params(params)) as stages:
        rows = policies(chosen(load_taxonomy(), params.categories))
        drawn = draw_policies(rows, stages.context.params, requests)
        receipts = await make_blocks(stages, stages.context.params, drawn)
        pilot = await measure(stages.context, receipts, len(drawn))
    write_whole(place.pilot, pilot.model_dump_json(indent=2))
    return pilot


def write_whole(path: Path, text: str) -> None:
    """Put a text in the place of a file, in one step."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
