"""The change matrix: what one change makes a build buy again, stage by stage, to the call.

What has to be asked anew is worked out from the rows of both versions, which hold all that a
request to a model quotes: what the other version's rows don't ask is new. That is compared with
what the engine bought.
"""

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas.ids import canonical_json
from schemas.results import BuildResult
from schemas.rows import Binding, Chain, Example, Instruction, Response
from tasks.formats.versions import Version, open_version
from tests.flows.conftest import build_smoke
from tests.flows.edited_builds import ROOT, Edit, EditedBuilds

Asked = Mapping[str, set[bytes]]

# one subcategory, three chains of which two are written by hand, one binding each, one judge;
# all that is accepted is in the version
SMALLEST = (
    "categories.include=[privacy]", "pool.chains_per_subcategory=3", "pool.bindings_per_block=1",
    "pool.benign_per_binding=1", "pool.borderline_per_binding=0", "pool.max_blocks=1",
    "balance.duplicate_threshold=1",
    "balance.harmful=99", "balance.benign=99", "balance.floor=0",
    "validation.panel=[policy]", "validation.full_panel_share=0",
    "roles.generator=[{endpoint: rehearsal-brisk}]",
    "roles.responder=[{endpoint: rehearsal-brisk}]",
    *(f"situations.{name}=0" for name in
      ("revealed", "turned", "missing_tool", "missing_value", "follow_up", "no_tool")),
    "responses.fault_share=0", "responses.parallel_share=0", "audit.mutations=0",
)  # fmt: skip
BOTH = "[{endpoint: rehearsal-brisk}, {endpoint: rehearsal-formal}]"
PROMPTS = "schemas/data/prompts"
TOOLACE = Path(__file__).parents[1] / "data" / "toolace.jsonl"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of parameters or sources.

    `touched` are the requests that say something else because of it, whatever they quote.
    """

    sets: Sequence[str] = ()
    edits: Sequence[Edit] = ()
    touched: Sequence[str] = ()


# stands for another description of a tool that the first build offers
OFFERED = Edit("", "", "")
FREE = {
    "nothing": Change(),
    "ratio down": Change(sets=["balance.benign=2"]),
    "third-party rows": Change(
        sets=[
            "balance.third_party=9",
            f"third_party.sources=[{{path: {TOOLACE}, format: toolace}}]",
        ]
    ),
    "concurrency": Change(sets=["limits.in_flight=3"]),
    "partitions": Change(sets=["limits.partitions=2"]),
    "parser": Change(
        edits=[Edit("tasks/doors/llm/parsing.py", "_MOST_NAMED = 5", "_MOST_NAMED = 6")]
    ),
    "expectation suite": Change(
        edits=[Edit("expectations/plans.json", "an id names one row", "an id is of one row")]
    ),
}
RESELECTED = {"ratio down", "third-party rows"}
PAID = {
    "prompt": Change(
        edits=[Edit(f"{PROMPTS}/request-benign.md", "Write everyday", "Now write everyday")],
        touched=["benign"],
    ),
    "judge prompt": Change(
        edits=[Edit(f"{PROMPTS}/judge-policy.md", "Judge the", "Now judge the")],
        touched=["semantic"],
    ),
    "system prompt": Change(
        sets=["bindings.system_prompts={own: 1}", "bindings.own_system_prompt=Be of use."]
    ),
    "temperature": Change(
        sets=["instructions.temperature=0.1"],
        touched=["chains", "harmful", "benign"],
    ),
    "model": Change(
        sets=["roles.judge=[{endpoint: rehearsal-formal}]"], touched=["semantic", "judging"]
    ),
    "endpoint added": Change(sets=[f"roles.generator={BOTH}"]),
    "tool description": Change(edits=[OFFERED]),
    "tool behaviour": Change(
        edits=[Edit("tasks/world/state.py", "datetime(2031", "datetime(2033")]
    ),
    "seed": Change(sets=["seed=7"]),
    "more items": Change(sets=["pool.bindings_per_block=2"]),
    "ratio up": Change(sets=["balance.benign=100", "pool.max_blocks=2"]),
}


def list_asked(version: Version, touched: Sequence[str] = ()) -> Asked:
    """Return all that models were asked for the rows of a version, each once, by stage."""
    bindings = {row.id: row for row in version.rows(Binding)}
    requests = {row.id: row for row in version.rows(Instruction)}
    return {
        "chains": set(_chains(version, touched)),
        "instructions": {
            _said(row.intent in touched, row.intent, row.endpoint, _steps(bindings[row.binding]))
            for row in requests.values()
        },
        "semantic": {_said("semantic" in touched, row.text) for row in requests.values()},
        "responses": {
            *(turn for row in version.rows(Example) for turn in _turns(row)),
            *(
                _said("judging" in touched, requests[row.instruction].text, _dumped(row.messages))
                for row in version.rows(Response)
                if row.votes
            ),
        },
    }


def _chains(version: Version, touched: Sequence[str]) -> Iterator[bytes]:
    """Yield one request for each subcategory that has a chain of a model."""
    for row in version.rows(Chain):
        if row.source == "synthesised":
            (call,) = version.calls(row.calls)
            yield _said("chains" in touched, row.subcategory, call["endpoint"])


def _turns(row: Example) -> Iterator[bytes]:
    """Yield a conversation up to each turn of the model: what it was asked for that turn."""
    said = _dumped(row.messages)
    for place, turn in enumerate(said):
        if turn["role"] == "assistant":
            yield _said(False, row.tools, said[:place])


def _steps(binding: Binding) -> list[object]:
    return [(step.capability, step.values, _dumped(step.inputs.values())) for step in binding.steps]


def _dumped(models: object) -> list[dict[str, object]]:
    return [model.model_dump() for model in models]  # type: ignore[attr-defined]


def _said(*facts: object) -> bytes:
    return canonical_json(facts)


def bought(result: BuildResult) -> dict[str, int]:
    """Return the calls that each stage made, without those that made none."""
    return {stage: calls.made for stage, calls in result.calls_by_stage.items() if calls.made}


def dropped_by(result: BuildResult) -> dict[str, dict[str, int]]:
    """Return what stages dropped: the rows of a version tell all only if that is nothing."""
    return {stage.stage: stage.dropped for stage in result.stages if any(stage.dropped.values())}


def version_of(result: BuildResult) -> Version:
    """Return the version a build made."""
    return open_version(Path(result.path))


@pytest.fixture(scope="module")
def base(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildResult]:
    """Build once; nothing may change this workspace."""
    assert prefect_api
    workspace = tmp_path_factory.mktemp("matrix") / "w"
    return workspace, asyncio.run(build_smoke(workspace, *SMALLEST))


@pytest.fixture(scope="module")
def edited(prefect_api: str) -> Iterator[EditedBuilds]:
    """Return what builds with edited sources."""
    builds = EditedBuilds(prefect_api)
    yield builds
    builds.close()


@pytest.fixture
def workspace(base: tuple[Path, BuildResult], tmp_path: Path) -> Path:
    """A copy of the built workspace, in another place."""
    return Path(shutil.copytree(base[0], tmp_path / "w"))


def describe_anew(version: Version) -> Edit:
    """Return the edit of the description of a tool that the version offers."""
    for tool in sorted(name for row in version.rows(Binding) for name in row.tool_order):
        for file in sorted((ROOT / "schemas/data/tools").glob("*.yaml")):
            entry = re.search(
                rf"^- name: {re.escape(tool)}\n(?:  \w.*\n)*?  description: (?=[A-Z])",
                file.read_text("utf-8"), re.MULTILINE,
            )  # fmt: skip
            if entry:
                return Edit(str(file.relative_to(ROOT)), entry[0], f"{entry[0]}Now. ")
    raise AssertionError("no tool of the version has a description in one line")


def rebuild(change: Change, workspace: Path, edited: EditedBuilds, first: Version) -> BuildResult:
    """Build again with a change."""
    sets = [*SMALLEST, *change.sets]
    if not change.edits:
        return asyncio.run(build_smoke(workspace, *sets))
    edits = [describe_anew(first) if edit is OFFERED else edit for edit in change.edits]
    found = edited.build(workspace.with_name("source"), workspace, edits, sets)
    return BuildResult.model_validate(found)


def test_the_first_build_buys_what_its_rows_ask(base: tuple[Path, BuildResult]) -> None:
    """Every row of the pool is in the version, and no request was bought that none rests on."""
    result = base[1]
    assert dropped_by(result) == {}
    asked = {stage: len(said) for stage, said in list_asked(version_of(result)).items()}
    assert bought(result) == asked
    assert (asked["chains"], asked["instructions"], asked["semantic"]) == (1, 6, 6)


@pytest.mark.parametrize("name", FREE)
def test_what_changes_no_request_costs_nothing(
    name: str, base: tuple[Path, BuildResult], workspace: Path, edited: EditedBuilds
) -> None:
    """No call is made; only another selection makes another version."""
    result = rebuild(FREE[name], workspace, edited, version_of(base[1]))
    assert bought(result) == {}
    assert (result.version == base[1].version) is (name not in RESELECTED)


@pytest.mark.parametrize("name", PAID)
def test_a_change_buys_the_requests_it_changes(
    name: str, base: tuple[Path, BuildResult], workspace: Path, edited: EditedBuilds
) -> None:
    """In every stage exactly those that the earlier version's rows did not ask."""
    result = rebuild(PAID[name], workspace, edited, version_of(base[1]))
    before = list_asked(version_of(base[1]))
    after = list_asked(version_of(result), PAID[name].touched)
    new = {stage: len(after[stage] - before[stage]) for stage in after}
    assert dropped_by(result) == {}
    assert bought(result) == {stage: count for stage, count in new.items() if count}
    assert sum(new.values()) > 0


def test_a_moved_workspace_costs_nothing(base: tuple[Path, BuildResult], workspace: Path) -> None:
    """Nothing paid depends on where the workspace lies."""
    moved = workspace.rename(workspace.with_name("elsewhere"))
    result = asyncio.run(build_smoke(moved, *SMALLEST))
    assert (bought(result), result.version) == ({}, base[1].version)


def test_a_deleted_store_costs_a_build(base: tuple[Path, BuildResult], workspace: Path) -> None:
    """The stage cache alone is no hit: everything is bought again, to the same version."""
    (workspace / "store.duckdb").unlink()
    result = asyncio.run(build_smoke(workspace, *SMALLEST))
    assert (bought(result), result.version) == (bought(base[1]), base[1].version)
