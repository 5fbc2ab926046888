"""Smoke builds for the flow tests: one is made, the others start from a copy of it."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from schemas.results import BuildResult
from schemas.settings import load_params

Build = Callable[..., Awaitable[BuildResult]]


async def build_smoke(workspace: Path, *sets: str) -> BuildResult:
    """Build the smoke profile in a workspace, with `--set` texts."""
    from flows.dataset import build_dataset

    workspace.mkdir(exist_ok=True)
    result: BuildResult = await build_dataset(load_params("smoke", None, sets), str(workspace))
    return result


@pytest.fixture
def build(prefect_api: str) -> Build:
    """Return the function that builds the smoke profile against the session's server."""
    assert prefect_api
    return build_smoke


@pytest.fixture(scope="session")
def finished(
    prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, BuildResult]:
    """Build once for the session; nothing may change this workspace."""
    assert prefect_api
    workspace = tmp_path_factory.mktemp("smoke") / "w"
    return workspace, asyncio.run(build_smoke(workspace))


@pytest.fixture
def first(finished: tuple[Path, BuildResult]) -> BuildResult:
    """The result of the session's build."""
    return finished[1]


@pytest.fixture
def workspace(finished: tuple[Path, BuildResult], tmp_path: Path) -> Path:
    """A copy of the session's built workspace, in another place."""
    return Path(shutil.copytree(finished[0], tmp_path / "w"))
