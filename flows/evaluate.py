"""Evaluates models on a version's rows: as agents in its worlds, with intervals and baselines."""

import asyncio
import time

from prefect import flow
from prefect.artifacts import acreate_link_artifact

from flows.opening import open_stages_of
from schemas.evaluations import Evaluation, EvaluationParams, EvaluationResult
from schemas.params import BuildParams
from schemas.results import CallCounts
from schemas.workspace import Workspace, place_of
from tasks.context import RunContext
from tasks.doors.evaluation_log import log_evaluation
from tasks.evaluating.asking import STAGE, Evaluator
from tasks.evaluating.cases import draw_cases
from tasks.evaluating.concluding import conclude, draw_samples
from tasks.evaluating.folder import PAGE, REMOVED, write_evaluation
from tasks.evaluating.listing import find_evaluation
from tasks.evaluating.page import render
from tasks.evaluating.picture import draw_picture
from tasks.evaluating.removed import Removed
from tasks.evaluating.setting import Setting, settle
from tasks.formats.versions import find_version


@flow(name="evaluate")
async def evaluate(
    params: EvaluationParams = EvaluationParams(),  # noqa: B008  frozen
    workspace: str = "workspace",
    build: BuildParams | None = None,
) -> EvaluationResult:
    """Put the rows of a version to one or two models and measure what they refuse and do.

    Args:
        params: Which models, which version and which of its rows.
        workspace: The folder with the versions and the store; the worker has to reach it.
        build: Parameters with the models and judges; empty: those the version was made with.

    Raises:
        AgentAlignError: an endpoint that is not known or can't be used, a budget.
    """
    started, place = time.monotonic(), place_of(workspace)
    setting = settle(find_version(place, params.version or None), params, build)
    found, calls = find_evaluation(place, setting.name), CallCounts()
    if found is None or found.transient:
        found, calls = await _evaluate(place, setting)
    run = await asyncio.to_thread(log_evaluation, place, found)
    folder = place.evaluations / found.name
    await acreate_link_artifact(
        link=(folder / PAGE).as_uri(),
        link_text=f"Evaluation of {found.params.endpoint} on {found.version}",
        key="evaluation",
        description=f"`{folder / PAGE}`",
    )
    return EvaluationResult(
        evaluation=found,
        path=str(folder),
        calls=calls,
        run=run,
        seconds=round(time.monotonic() - started, 3),
    )


async def _evaluate(place: Workspace, setting: Setting) -> tuple[Evaluation, CallCounts]:
    """Return an evaluation, written to its folder, and the calls it took."""
    asked = setting.params
    async with open_stages_of(place, setting.build, last=False) as stages:
        drawn = await asyncio.to_thread(
            draw_cases, setting.version, asked.splits, asked.most, setting.panel.seed
        )
        evaluator = _evaluator(
            setting, stages.context, draw_samples(drawn.cases, setting.panel.seed)
        )
        stages.ledger.begin(STAGE)
        outcomes = await evaluator.evaluate(drawn.cases)
        stages.ledger.end(STAGE, (), hit=False, total=True)
        stages.ledger.lines[STAGE].rows_out = len(outcomes)
        evaluation = await asyncio.to_thread(conclude, setting, drawn, outcomes)
        page = render(evaluation, evaluator.shown)
        picture = await asyncio.to_thread(draw_picture, evaluation.columns, evaluation.name)
        await stages.context.engine.flush()
        written = await asyncio.to_thread(
            write_evaluation, place, evaluation, outcomes, page, picture
        )
        return written, stages.context.engine.counts()


def _evaluator(setting: Setting, context: RunContext, samples: frozenset[str]) -> Evaluator:
    return Evaluator(
        context=context,
        params=setting.params,
        staging=setting.staging,
        panel=setting.panel,
        judges=setting.judges,
        models=setting.models,
        removed=Removed(context.workspace.evaluations / REMOVED),
        samples=samples,
    )
