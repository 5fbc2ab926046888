"""People say which chains stay: in the form of a paused run or without a UI, and once only."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agentalign.reviewing.chains import ask_chains, read_chains
from schemas.errors import StoppedError
from schemas.questions import load_questions
from schemas.rows import Example
from schemas.settings import load_params
from schemas.workspace import Workspace
from tasks.doors.store import Store
from tasks.formats.versions import Version, list_versions, open_version
from tests.flows.conftest import Build

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

SMALL = (
    "categories.include=[privacy]", "pool.chains_per_subcategory=3", "pool.bindings_per_block=1",
    "pool.benign_per_binding=1", "pool.borderline_per_binding=0", "pool.max_blocks=1",
    "balance.duplicate_threshold=1", "balance.harmful=99", "balance.benign=99", "balance.floor=0",
    "validation.panel=[policy]", "validation.full_panel_share=0", "audit.mutations=0",
    "review=true",
)  # fmt: skip


class Keys:
    """Presses keys in order."""

    def __init__(self, keys: str) -> None:
        self.keys = list(keys)

    def key(self) -> str:
        """Return the next key, `q` when there is none left."""
        return self.keys.pop(0) if self.keys else "q"

    def line(self) -> str:
        """Return nothing."""
        return ""


def answer(place: Workspace, keys: str) -> tuple[int, str]:
    """Answer as the command does; return how many chains still wait, and which one came second."""
    questions = load_questions(place.questions)
    assert questions is not None
    said: list[Any] = []
    with Store.open(place.store_url) as store:
        found = [chain for chain, review in read_chains(store, questions) if review is None]
        return ask_chains(found, store, Keys(keys), said.append), found[1].id


def chains_of(version: Version) -> set[str]:
    """Return the chains that a version's rows hang on."""
    return {row.chain for row in version.rows(Example)}


async def test_a_build_in_the_terminal_stops_and_goes_on_once_all_is_said(
    build: Build, tmp_path: Path
) -> None:
    """What is left out is in no version; nobody is asked again, and nothing is bought again."""
    place = Workspace(tmp_path / "w")
    with pytest.raises(StoppedError, match=r"3 chains wait .* review --chains"):
        await build(place.root, *SMALL)
    assert (await asyncio.to_thread(answer, place, "xs"))[0] == 3
    left, rejected = await asyncio.to_thread(answer, place, "ara")
    assert left == 0
    result = await build(place.root, *SMALL)
    found = chains_of(open_version(Path(result.path)))
    assert len(found) == 2
    assert rejected not in found
    bindings = next(stage for stage in result.stages if stage.stage == "bindings")
    assert bindings.dropped == {"rejected_by_people": 1}
    again = await build(place.root, *SMALL)
    assert (again.version, again.calls.made) == (result.version, 0)
    assert not place.questions.exists()
    other = await build(place.root, *SMALL, "review=false")
    assert (other.version, other.calls.made) == (result.version, 0)


async def test_a_run_of_a_deployment_pauses_and_takes_the_forms_answer(
    prefect_api: str, tmp_path: Path
) -> None:
    """The form lists the chains; while it waits the store is free; the answer is in the store."""
    assert prefect_api
    from prefect.client.orchestration import get_client

    from flows.dataset import build_dataset
    from tests.flows.runs import resume, schedule, wait_until

    place = Workspace(tmp_path / "w")
    params = load_params("smoke", None, SMALL).model_dump(mode="json")
    run = await schedule(build_dataset, params=params, workspace=str(place.root))
    running = asyncio.create_task(resume(build_dataset, run))
    await wait_until(run.id, "Paused")
    questions = load_questions(place.questions)
    assert questions is not None
    assert questions.run == str(run.id)
    with Store.open(place.store_url) as store:
        (first, _), *rest = await asyncio.to_thread(read_chains, store, questions)
    choices = await _choices(run)
    assert len(choices) == len(rest) + 1
    chosen = next(each for each in choices if each.startswith(first.id))
    async with get_client() as client:
        await client.resume_flow_run(run.id, run_input={"reject": [chosen]})
    ended = await running
    assert ended.state_name == "Completed", ended.state
    (version,) = list_versions(place)
    assert first.id not in chains_of(version)
    assert len(chains_of(version)) == len(rest)


async def test_an_answer_without_a_ui_lets_the_paused_run_go_on(
    prefect_api: str, tmp_path: Path
) -> None:
    """The command stores the answers and tells the run, which then asks nothing more."""
    assert prefect_api
    from flows.dataset import build_dataset
    from flows.review import resume as tell
    from tests.flows.runs import resume, schedule, wait_until

    place = Workspace(tmp_path / "w")
    params = load_params("smoke", None, SMALL).model_dump(mode="json")
    run = await schedule(build_dataset, params=params, workspace=str(place.root))
    running = asyncio.create_task(resume(build_dataset, run))
    await wait_until(run.id, "Paused")
    left, rejected = await asyncio.to_thread(answer, place, "ara")
    assert left == 0
    await tell(str(run.id))
    ended = await running
    assert ended.state_name == "Completed", ended.state
    (version,) = list_versions(place)
    assert rejected not in chains_of(version)


async def _choices(run: "FlowRun") -> list[str]:
    """Return what the form offers to leave out."""
    from tests.flows.runs import form_of

    schema = await form_of(run.id)
    choices: list[str] = schema["properties"]["reject"]["items"]["enum"]
    return choices
