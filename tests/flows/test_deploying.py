from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.responses import DeploymentResponse

from flows.deploying import deploy_all, make_pool
from schemas.workspace import Workspace

ROOT = Path(__file__).parents[2]
NIGHTLY = "build-dataset/build-nightly"


async def read(name: str) -> DeploymentResponse:
    async with get_client() as client:
        return await client.read_deployment_by_name(name)


@pytest.fixture
async def names(prefect_api: str, tmp_path: Path) -> list[str]:
    """Register the deployments on the session's server; return their names."""
    assert prefect_api
    await make_pool("agentalign")
    await make_pool("agentalign")
    return await deploy_all(ROOT, Workspace(tmp_path))


async def test_all_are_registered_for_the_workspace(names: list[str], tmp_path: Path) -> None:
    """Whole parameters, so that forms show them, the workspace's own path, and no code to fetch."""
    assert len(names) == len(set(names)) == 14
    chains = await read("build-until/chains")
    assert chains.parameters["workspace"] == str(tmp_path)
    assert chains.parameters["until"] == "chains"
    assert chains.parameters["params"]["pool"]["max_blocks"] == 12
    assert chains.entrypoint == "flows.until.build_until"
    assert not chains.pull_steps
    assert chains.job_variables["env"]["PREFECT_LOCAL_STORAGE_PATH"].startswith(str(tmp_path))
    assert [each.active for each in (await read(NIGHTLY)).schedules] == [False]


async def test_what_was_changed_in_the_ui_stays(names: list[str], tmp_path: Path) -> None:
    """Registering again leaves alone what the project still declares as it did."""
    before: Any = await read(NIGHTLY)
    parameters = before.parameters | {"workspace": "elsewhere"}
    async with get_client() as client:
        await client.update_deployment(before.id, DeploymentUpdate(parameters=parameters))
        (schedule,) = before.schedules
        await client.update_deployment_schedule(before.id, schedule.id, active=True)
    assert await deploy_all(ROOT, Workspace(tmp_path)) == names
    after = await read(NIGHTLY)
    assert after.parameters["workspace"] == "elsewhere"
    assert [each.active for each in after.schedules] == [True]


async def test_another_workspace_is_taken_up(names: list[str], tmp_path: Path) -> None:
    """What is declared otherwise now is registered anew; a schedule stays as it was set."""
    assert await deploy_all(ROOT, Workspace(tmp_path / "other")) == names
    assert (await read(NIGHTLY)).parameters["workspace"] == str(tmp_path / "other")
