import os
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import pytest

from agentalign.workspace import find_workspace, prepare_workspace
from schemas.errors import WorkspaceBusyError, WorkspaceError
from tasks.holding import hold_workspace

_HOLDER = """
import sys, pathlib
from agentalign.workspace import prepare_workspace
from tasks.holding import hold_workspace
with hold_workspace(prepare_workspace(pathlib.Path(sys.argv[1]))):
    print("held", flush=True)
    input()
"""


def test_a_new_workspace_is_made(tmp_path: Path) -> None:
    """All folders of a build are there, and preparing again changes nothing."""
    workspace = prepare_workspace(tmp_path / "a" / "b")
    (workspace.journal / "kept").write_text("x")
    assert prepare_workspace(tmp_path / "a" / "b") == workspace
    assert (workspace.journal / "kept").exists()
    assert workspace.versions.is_dir()


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    """A file in the way is named, whether it is the folder or above it."""
    file = tmp_path / "file"
    file.write_text("")
    for root in (file, file / "below"):
        with pytest.raises(WorkspaceError, match="give another folder with --workspace"):
            prepare_workspace(root)


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    """A place where nothing can be made is said to be so."""
    with pytest.raises(WorkspaceError, match=r"/proc/nowhere can't be written \(.+\); make it"):
        prepare_workspace(Path("/proc/nowhere"))


def test_reading_needs_a_workspace(tmp_path: Path) -> None:
    """What isn't there, or is a file, is told with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="is a file; run `agentalign build` first"):
        find_workspace(tmp_path / "file")
    with pytest.raises(WorkspaceError, match="does not exist"):
        find_workspace(tmp_path / "none")


def test_a_second_build_is_told_who_holds_it(tmp_path: Path) -> None:
    """Another process's lock is seen with its id; the kernel gives it back when it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        workspace = prepare_workspace(tmp_path)
        busy = rf"in use by another build \(process {holder.pid}, since .+\); wait for it"
        with pytest.raises(WorkspaceBusyError, match=busy), hold_workspace(workspace):
            pass
        holder.kill()
        holder.wait()
        with hold_workspace(workspace):
            assert orjson.loads(workspace.lock.read_bytes())["pid"] == os.getpid()


def test_a_build_can_wait(tmp_path: Path) -> None:
    """With wait, a second holder gets the workspace once the first lets go."""
    workspace = prepare_workspace(tmp_path)
    order: list[str] = []
    first = threading.Event()

    def hold_first() -> None:
        with hold_workspace(workspace):
            first.set()
            order.append("first")
            waiting.wait(5)
        order.append("released")

    waiting = threading.Event()
    thread = threading.Thread(target=hold_first)
    thread.start()
    first.wait(5)
    threading.Timer(0.1, waiting.set).start()
    with hold_workspace(workspace, wait=True):
        order.append("second")
    thread.join()
    assert order[0] == "first"
    assert set(order[1:]) == {"released", "second"}


def test_the_holders_note_may_be_unreadable(tmp_path: Path) -> None:
    """What the lock file says is for people; the lock holds without it."""
    workspace = prepare_workspace(tmp_path)
    with hold_workspace(workspace):
        workspace.lock.write_text("?")
        with pytest.raises(WorkspaceBusyError, match="another process"), hold_workspace(workspace):
            pass
