"""The whole build: from taxonomy to a published version."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from prefect import flow

from flows.assembly import assemble
from flows.stages import Stages
from schemas.errors import BadInputError
from schemas.params import BuildParams
from schemas.results import BuildResult, Manifest
from schemas.rows import Receipt
from schemas.workspace import Workspace
from tasks.context import RunContext, open_run
from tasks.publish import publish_spec, publish_version, version_name

_OPEN: list[Stages] = []  # this process's latest run, for whoever watches from another thread


@flow(name="build-dataset")
async def build_dataset(
    params: BuildParams = BuildParams(),  # noqa: B008  frozen
    workspace: str = "workspace",
) -> BuildResult:
    """Build a dataset version: taxonomy, chains, blocks of rows, balance, publish.

    Raises:
        AgentAlignError: bad parameters, a red gate, an endpoint that can't be used, a budget.
    """
    return await build_in(Workspace(Path(workspace).resolve()), params)


async def build_in(
    workspace: Workspace,
    params: BuildParams,
    most_blocks: Callable[[str], int] | None = None,
) -> BuildResult:
    """Build in a workspace; `most_blocks` caps the blocks of a category, else `max_blocks` does."""
    started = time.monotonic()
    keys = resolve_keys(params)
    async with open_run(params, workspace, keys, store_url(workspace)) as context:
        stages = Stages(context)
        _OPEN[:] = [stages]
        limit = most_blocks or (lambda _: params.pool.max_blocks)
        balanced, pool = await assemble(stages, params, limit)
        context.reports[:] = stages.ledger.reports()
        (published,) = await stages.run(
            publish_version,
            publish_spec(params),
            [balanced, *pool.receipts],
            barrier=True,
            intact=lambda receipt: _folder(context, receipt).exists(),
        )
        return _result(stages, _folder(context, published), time.monotonic() - started)


def _folder(context: RunContext, published: Receipt) -> Path:
    name = version_name(published.digest, rehearsal=context.params.is_rehearsal)
    return context.workspace.versions / name


def _result(stages: Stages, folder: Path, seconds: float) -> BuildResult:
    manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    return BuildResult(
        version=manifest.version,
        path=str(folder),
        rows=manifest.rows,
        by_category=manifest.by_category,
        calls=stages.context.engine.counts(),
        stages=tuple(stages.ledger.reports()),
        seconds=round(seconds, 3),
        short=manifest.short,
    )


def resolve_keys(params: BuildParams) -> dict[str, str]:
    """Return API keys by endpoint name, read from the environment variables they name.

    Raises:
        BadInputError: a variable is not set.
    """
    keys: dict[str, str] = {}
    for endpoint in params.endpoints:
        if endpoint.api_key_env is None:
            continue
        if not (key := os.environ.get(endpoint.api_key_env)):
            raise BadInputError(
                f"endpoint {endpoint.name}: environment variable {endpoint.api_key_env} is not"
                " set; export the key under that name, or change endpoints' api_key_env"
            )
        keys[endpoint.name] = key
    return keys


def store_url(workspace: Workspace) -> str:
    """Return the store's URL: `AGENTALIGN_STORE_URL`, or the workspace's own file."""
    return os.environ.get("AGENTALIGN_STORE_URL") or workspace.store_url


def open_stages() -> Stages | None:
    """Return this process's latest run, or None before the first."""
    return _OPEN[-1] if _OPEN else None
