"""Aliases are moved in a log that is only ever appended to."""

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.aliases import holders
from schemas.errors import WorkspaceError
from schemas.workspace import Workspace
from tasks.doors.aliases import move_alias, read_moves


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """Return an empty workspace."""
    return Workspace(tmp_path)


def test_every_move_is_kept(place: Workspace) -> None:
    """The log says who moved which alias from where to where, oldest first."""
    assert read_moves(place) == []
    move_alias(place, "candidate", "v1", "build")
    move_alias(place, "training", "v1", "sam")
    moved = move_alias(place, "candidate", "v2", "build")
    moves = read_moves(place)
    assert [(m.alias, m.before, m.version, m.by) for m in moves] == [
        ("candidate", None, "v1", "build"),
        ("training", None, "v1", "sam"),
        ("candidate", "v1", "v2", "build"),
    ]
    assert moves[-1] == moved
    assert {name: move.version for name, move in holders(moves).items()} == {
        "candidate": "v2", "training": "v1",
    }  # fmt: skip


def test_moving_to_where_it_is_says_nothing(place: Workspace) -> None:
    """An alias that points there already is not moved; who moved it first stays."""
    first = move_alias(place, "training", "v1", "sam")
    assert move_alias(place, "training", "v1", "kim") == first
    assert len(read_moves(place)) == 1


def test_a_line_that_was_cut_off_was_no_move(place: Workspace) -> None:
    """A crash in the middle of a line loses that move alone, and the next one mends the file."""
    move_alias(place, "candidate", "v1", "build")
    with place.aliases.open("ab") as log:
        log.write(b'{"alias":"candidate","vers')
    assert [move.version for move in read_moves(place)] == ["v1"]
    move_alias(place, "candidate", "v2", "build")
    assert [move.version for move in read_moves(place)] == ["v1", "v2"]


@pytest.mark.parametrize("said", [b"nonsense\n", b'{"alias":"other"}\n'])
def test_a_damaged_log_is_named(place: Workspace, said: bytes) -> None:
    """Nothing is guessed from lines that are no moves, and none is written after them."""
    place.aliases.write_bytes(said)
    for use in (read_moves, lambda w: move_alias(w, "candidate", "v1", "build")):
        with pytest.raises(WorkspaceError, match=r"the log of aliases, can't be used"):
            use(place)
    assert place.aliases.read_bytes() == said


MOVER = """
import sys
from pathlib import Path
from schemas.workspace import Workspace
from tasks.doors.aliases import move_alias
for number in range(40):
    move_alias(Workspace(Path(sys.argv[1])), "candidate", f"{sys.argv[2]}-{number}", "build")
"""


def test_processes_that_move_at_once_lose_nothing(place: Workspace) -> None:
    """Every move is in the log, and each knows the one before it."""
    movers = [
        subprocess.Popen([sys.executable, "-c", MOVER, str(place.root), name]) for name in "abc"
    ]
    assert [mover.wait(60) for mover in movers] == [0, 0, 0]
    moves = read_moves(place)
    assert len(moves) == 120
    assert [move.before for move in moves[1:]] == [move.version for move in moves[:-1]]
