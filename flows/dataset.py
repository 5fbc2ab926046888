"""The whole build: from taxonomy to a published version."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from prefect import flow

from flows.assembly import assemble
from flows.opening import open_stages_of
from flows.releasing import release
from flows.review import ask_people
from flows.stages import Receipts, Stages
from schemas.accounts import Account
from schemas.params import BuildParams
from schemas.results import BuildResult, Manifest
from schemas.rows import Receipt
from schemas.workspace import Workspace, place_of
from tasks.account import make_account
from tasks.auditing import audit_spec, make_audit
from tasks.context import RunContext
from tasks.mutating import make_mutations, mutations_spec
from tasks.publish import publish_spec, publish_version, version_name


@flow(name="build-dataset")
async def build_dataset(
    params: BuildParams = BuildParams(),  # noqa: B008  frozen
    workspace: str = "workspace",
) -> BuildResult:
    """Build a dataset version: taxonomy, chains, blocks of rows, balance, audit, publish.

    Args:
        params: What is built, and with which models.
        workspace: The folder with the store and the versions; the worker has to reach it.

    Raises:
        AgentAlignError: bad parameters, a red gate, an endpoint that can't be used, a budget.
    """
    place = place_of(workspace)
    await ask_people(place, params)
    return await build_in(place, params)


async def build_in(
    workspace: Workspace,
    params: BuildParams,
    most_blocks: Callable[[str], int] | None = None,
    *,
    again: bool = False,
) -> BuildResult:
    """Build in a workspace; `most_blocks` caps the blocks of a category, else `max_blocks` does.

    With `again` no model is asked, and the version is published even if it is there.
    """
    started = time.monotonic()
    async with open_stages_of(workspace, params, most_calls=0 if again else None) as stages:
        context, params = stages.context, stages.context.params
        limit = most_blocks or (lambda _: params.pool.max_blocks)
        balanced, pool = await assemble(stages, params, limit)
        pool.receipts += await _spoil(stages, params, pool.receipts)
        upstream = [balanced, *pool.receipts, *pool.imported]
        (audited,) = await stages.run(
            make_audit,
            audit_spec(params, context.benchmarks.files),
            upstream,
            barrier=True,
        )
        context.reports[:] = stages.ledger.reports()
        (published,) = await stages.run(
            publish_version,
            publish_spec(params),
            [audited, *upstream],
            barrier=True,
            intact=lambda receipt: not again and _folder(context, receipt).exists(),
        )
        manifest = _read(_folder(context, published))
        await context.worlds.rest()  # the report needs the memory
        await asyncio.to_thread(release, workspace, manifest, again=again)
        account = await make_account(
            context, pool.receipts, context.reports, rows=sum(manifest.rows.values())
        )
        stages.manifest, stages.account = manifest, account
        return _result(stages, manifest, account, time.monotonic() - started)


async def _spoil(stages: Stages, params: BuildParams, upstream: Sequence[Receipt]) -> Receipts:
    """Return the receipts of what filters made of spoilt rows; none where none are wanted."""
    if not params.audit.mutations:
        return ()
    return await stages.run(make_mutations, mutations_spec(params), upstream, barrier=True)


def _read(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "manifest.json").read_bytes())


def _folder(context: RunContext, published: Receipt) -> Path:
    name = version_name(published.digest, rehearsal=context.params.is_rehearsal)
    return context.workspace.versions / name


def _result(stages: Stages, manifest: Manifest, account: Account, seconds: float) -> BuildResult:
    engine = stages.context.engine
    return BuildResult(
        version=manifest.version,
        path=str(stages.context.workspace.versions / manifest.version),
        rows=manifest.rows,
        by_category=manifest.by_category,
        calls=engine.counts(),
        calls_by_stage=engine.progress().stages,
        account=account,
        stages=tuple(stages.ledger.reports()),
        seconds=round(seconds, 3),
        short=manifest.short,
        warnings=manifest.warnings,
        benchmarks=len(manifest.benchmarks),
    )
