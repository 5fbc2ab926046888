"""The log of training runs is only ever appended to, and names a run of a version once."""

from pathlib import Path

import pytest

from schemas.errors import WorkspaceError
from schemas.trainings import Training
from schemas.workspace import Workspace
from tasks.doors.trainings import note_training, read_trainings


def training(version: str = "v1", run: str = "r1", by: str = "sam") -> Training:
    return Training(version=version, run=run, name="hen", by=by, at="2030-01-01T00:00:00+00:00")


def test_each_run_of_a_version_is_noted_once(tmp_path: Path) -> None:
    """One run may have used two versions, and one version two runs; who came first stays."""
    place = Workspace(tmp_path)
    assert read_trainings(place) == []
    first = note_training(place, training())
    assert note_training(place, training(by="kim")) == first
    note_training(place, training(run="r2"))
    note_training(place, training(version="v2"))
    assert [(each.version, each.run) for each in read_trainings(place)] == [
        ("v1", "r1"), ("v1", "r2"), ("v2", "r1"),
    ]  # fmt: skip


def test_a_damaged_log_is_named(tmp_path: Path) -> None:
    """Nothing is guessed from a line that is none."""
    place = Workspace(tmp_path)
    place.trainings.write_bytes(b"nonsense\n")
    with pytest.raises(WorkspaceError, match="trainings"):
        read_trainings(place)
    with pytest.raises(WorkspaceError, match="trainings"):
        note_training(place, training())
