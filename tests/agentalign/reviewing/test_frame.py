"""What of a store people may review."""

import asyncio
from pathlib import Path

import pytest

from agentalign.reviewing.frame import Frame, Stratum, find_receipts, read_frame
from schemas.errors import WorkspaceError
from schemas.rows import Review, Row
from schemas.workspace import Workspace
from tasks.doors.store import Store
from tasks.formats.versions import open_version
from tests.agentalign.reviewing.samples import (
    VERSION,
    answer,
    make_workspace,
    request,
    reviewed,
    verdict,
)


def read(place: Workspace, *reviews: Review) -> Frame:
    """Return what may be reviewed of a workspace, once reviews were saved."""

    async def work() -> Frame:
        with Store.open(place.store_url) as store:
            for review in reviews:
                await store.save_review(review)
            version = open_version(place.versions / VERSION)
            return await read_frame(store, await find_receipts(store, version))

    return asyncio.run(work())


def strata(frame: Frame) -> dict[str, Stratum]:
    """Return each row's stratum."""
    return {s.row.id: s.stratum for s in frame.subjects}


def rows() -> list[Row]:
    """Return requests that were let through or not, with answers, of which one left no text."""
    benign, rejected, harmful = request(0), request(1), request(0, "harmful")
    lost, borderline = request(1, "harmful"), request(0, "borderline")
    return [
        benign, rejected, harmful, lost, borderline,
        verdict(benign, "none"), verdict(rejected, "some", accepted=False),
        verdict(harmful, "clear"), verdict(lost, "clear"), verdict(borderline, "clear"),
        answer(benign, "Done."), answer(harmful, "No."), answer(lost, accepted=False),
    ]  # fmt: skip


def test_what_filters_kept_out_is_there_as_well(tmp_path: Path) -> None:
    """Both requests and answers, by what the filter said and whether they are masked."""
    found = strata(read(make_workspace(tmp_path, *rows())))
    assert found == {
        "instruction-benign-0": Stratum("semantic", "benign", True, False),
        "instruction-benign-1": Stratum("semantic", "benign", False, False),
        "instruction-harmful-0": Stratum("semantic", "harmful", True, True),
        "instruction-harmful-1": Stratum("semantic", "harmful", True, True),
        "instruction-borderline-0": Stratum("semantic", "borderline", True, True),
        "response-instruction-benign-0": Stratum("response", "benign", True, False),
        "response-instruction-harmful-0": Stratum("response", "harmful", True, True),
    }


def test_an_answer_that_left_no_text_is_counted(tmp_path: Path) -> None:
    """Nobody can say whether the filter was right to drop it."""
    assert read(make_workspace(tmp_path, *rows())).gone == {"harmful": 1}


def test_a_reviewed_row_stays_where_the_filter_had_it(tmp_path: Path) -> None:
    """A later build has the person's word in the store, which is no word of the filter's."""
    place = make_workspace(tmp_path / "a", *rows())
    first = read(place)
    benign, harmful = (s for s in first.subjects if s.check == "response")
    said = [reviewed(benign, "reject"), reviewed(harmful, "reject")]
    later = [row for row in rows() if not row.id.startswith("response-")]
    changed = {"label": "rejected_by_people", "reason": "rejected_by_people", "by_people": True,
               "outcome": "rejected", "kind": "dropped"}  # fmt: skip
    for row, gone in ((benign.row, {}), (harmful.row, {"messages": ()})):
        new = f"response-after-{row.id}"
        later.append(row.model_copy(update={"id": new, **changed, **gone}))
    frame = read(make_workspace(tmp_path / "b", *later), *said)
    answers = [s for s in frame.subjects if s.check == "response"]
    assert [s.stratum for s in answers] == [benign.stratum, harmful.stratum]
    assert all(s.review for s in answers)
    assert frame.gone == {}


def test_a_store_that_lost_a_stage_run_says_so(tmp_path: Path) -> None:
    """A version's rows can only be reviewed where they were made."""
    place = make_workspace(tmp_path, *rows())
    (tmp_path / "store.duckdb").unlink()
    with pytest.raises(WorkspaceError, match="build it again"):
        read(place)
