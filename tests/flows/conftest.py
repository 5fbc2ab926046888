"""Smoke builds for the flow tests."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from schemas.results import BuildResult
from schemas.settings import load_params

Build = Callable[..., Awaitable[BuildResult]]


@pytest.fixture
def build(prefect_api: str) -> Build:
    """Return a function that builds the smoke profile in a workspace, with `--set` texts."""
    from flows.dataset import build_dataset

    async def run(workspace: Path, *sets: str) -> BuildResult:
        workspace.mkdir(exist_ok=True)
        params = load_params("smoke", None, sets)
        result: BuildResult = await build_dataset(params, str(workspace))
        return result

    assert prefect_api
    return run
