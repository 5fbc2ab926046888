import asyncio
from pathlib import Path

from prefect import flow

from flows.holding import wait_for
from schemas.workspace import Workspace
from tasks.holding import hold_workspace


async def test_runs_take_turns(prefect_api: str, tmp_path: Path) -> None:
    """A second run on a workspace waits until the first lets go."""
    assert prefect_api
    workspace, order = Workspace(tmp_path / "w"), list[str]()

    @flow
    async def take_turn(name: str) -> None:
        async with wait_for(workspace):
            order.append(name)
            await asyncio.sleep(0.3)
            order.append(name)

    await asyncio.gather(take_turn("a"), take_turn("b"))
    assert order in (["a", "a", "b", "b"], ["b", "b", "a", "a"])


async def test_a_command_holds_for_its_own_run(tmp_path: Path) -> None:
    """A flow in the process that holds the workspace does not wait for itself."""
    workspace = Workspace(tmp_path)
    with hold_workspace(workspace):
        async with wait_for(workspace):
            pass
