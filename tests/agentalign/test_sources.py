"""Versions read from their files, and from copies in memory."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentalign.impact import find_impact, parse_target
from agentalign.lineage import lineage_object
from agentalign.lookup import find_row, trace_row
from schemas.errors import WorkspaceError
from schemas.rows import Example, Instruction
from schemas.workspace import Workspace
from tasks.formats.versions import Version
from tests.agentalign.left_out import add_left_out


def test_a_kept_version_says_the_same(version: Version, tmp_path: Path) -> None:
    """Whatever is asked of it, and however often."""
    add_left_out(version)
    kept, place = version.kept(), Workspace(tmp_path)
    for _ in range(2):
        for row_id in ("example-benign", "chain-1", "dropped-judged", "verdict-harmful"):
            plain, other = (
                lineage_object(trace_row(find_row(place, row_id, each))) for each in (version, kept)
            )
            assert plain == other
        target = parse_target("tool:send_note")
        assert find_impact(kept, target) == find_impact(version, target)
    assert kept.rows(Example) == version.rows(Example)
    for split in ("train", "test"):
        assert kept.rows(Example, "split", [split]) == version.rows(Example, "split", [split])


def test_a_kept_version_is_read_once(version: Version) -> None:
    """What rows were picked from stays, although its file is gone; a damaged file is named."""
    kept = version.kept()
    benign = kept.rows(Instruction, "id", ["instruction-benign"])
    (file,) = version.files(Instruction.table)
    file.unlink()
    file.write_bytes(b"")
    assert kept.rows(Instruction, "intent", ["benign"]) == benign
    for damaged in (version, version.kept()):
        with pytest.raises(WorkspaceError, match="table instructions of"):
            damaged.rows(Instruction, "id", ["instruction-benign"])


def test_threads_share_a_version(version: Version) -> None:
    """Each query has a cursor of its own; a table is copied once."""
    kept = version.kept()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept.rows(Instruction), range(32)))
    assert all(rows == found[0] for rows in found)
