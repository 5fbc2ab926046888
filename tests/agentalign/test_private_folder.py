import os
import stat
from pathlib import Path

import pytest

from agentalign.private_folder import open_private_folder
from schemas.workspace import Workspace


def test_the_folder_is_this_users_alone_and_goes_with_the_block(tmp_path: Path) -> None:
    """With all that is in it, also when the block fails."""

    def fail() -> None:
        with open_private_folder(Workspace(tmp_path)) as folder:
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            (folder / "text").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not [*tmp_path.iterdir()]


def test_what_a_killed_command_left_goes_and_what_is_in_use_stays(tmp_path: Path) -> None:
    """Nobody holds the lock of the one, somebody that of the other."""
    left = tmp_path / ".private-left"
    left.mkdir()
    (left / "lock").touch()
    os.utime(left / "lock", (0, 0))
    (left / "text").write_text("x")
    place = Workspace(tmp_path)
    with open_private_folder(place) as one, open_private_folder(place) as other:
        assert not left.exists()
        assert one.is_dir()
        assert other.is_dir()
