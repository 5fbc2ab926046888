"""A review between two builds: one row is judged again, nothing is bought."""

from pathlib import Path

from agentalign.reviewing.frame import Frame, find_receipts, read_frame
from agentalign.reviewing.opinion import make_review
from schemas.results import BuildResult
from schemas.rows import Dropped, Instruction, Review
from schemas.workspace import Workspace
from tasks.doors.pending import Act, append_act
from tasks.doors.store import Store
from tasks.formats.versions import Version, open_version
from tests.flows.conftest import Build

SMALL = (
    "categories.include=[privacy]", "pool.chains_per_subcategory=3", "pool.bindings_per_block=1",
    "pool.benign_per_binding=1", "pool.borderline_per_binding=0", "pool.max_blocks=1",
    "balance.duplicate_threshold=1", "balance.harmful=99", "balance.benign=99", "balance.floor=0",
    "validation.panel=[policy]", "validation.full_panel_share=0",
    "situations={revealed: 0, turned: 0, missing_tool: 0, missing_value: 0, follow_up: 0}",
    "responses.parallel_share=0", "responses.fault_share=0", "audit.mutations=0",
)  # fmt: skip
JUDGING = {"semantic", "responses", "balance", "audit", "publish"}


async def read(store: Store, result: BuildResult) -> Frame:
    """Return what may be reviewed of a build's version."""
    return await read_frame(store, await find_receipts(store, version_of(result)))


def version_of(result: BuildResult) -> Version:
    """Return the version a build made."""
    return open_version(Path(result.path))


async def test_a_rejected_request_leaves_the_version_and_nothing_is_bought(
    build: Build, tmp_path: Path
) -> None:
    """Only what judges, and what rests on it, runs again; the figures keep what judges said."""
    place = Workspace(tmp_path / "w")
    first = await build(place.root, *SMALL)
    with Store.open(place.store_url) as store:
        frame = await read(store, first)
    subject = next(s for s in frame.subjects if s.row.intent == "benign")
    append_act(place, Act(given=make_review(subject, "reject")))  # while others held the store
    second = await build(place.root, *SMALL)
    assert second.calls.made == 0
    assert {stage.stage for stage in second.stages if not stage.cache_hit} <= JUDGING
    before, after = ({r.id for r in version_of(b).rows(Instruction)} for b in (first, second))
    assert before - after == {subject.row.id}
    assert after < before
    with Store.open(place.store_url) as store:
        reviewed = [s for s in (await read(store, second)).subjects if s.review]
    assert [(s.row.id, s.outcome) for s in reviewed] == [(subject.row.id, "accepted")]
    assert [each.subject for each in version_of(second).rows(Review)] == [subject.row.id]
    (left_out,) = version_of(second).rows(Dropped, "instruction", [subject.row.id])
    assert (left_out.reason, left_out.by) == ("rejected_by_people", "people")
    third = await build(place.root, *SMALL)
    assert (third.version, third.calls.made) == (second.version, 0)
    assert all(stage.cache_hit for stage in third.stages)
