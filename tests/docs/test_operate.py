"""The page on operating a workspace, command by command, on ports of the test's own."""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentalign.server import DATABASE_SETTINGS
from flows.deploying import names_of
from schemas.workspace import Workspace
from tasks.formats.versions import list_versions
from tests.docs.pages import DOCS, commands

PAGE = "operate.md"
ROOT = DOCS.parent


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Shell:
    """Runs the page's commands in a folder, with what they export."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        own = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
        self._env = own
        self.port = free_port()

    def run(self, line: str) -> str:
        """Return what a line prints, with the ports of this test in the place of the page's."""
        program, *arguments = shlex.split(line.replace(":4200", f":{self.port}"))
        if program == "export":
            name, _, value = arguments[0].partition("=")
            self._env[name] = value
            return ""
        if arguments == ["up"]:
            arguments += ["--prefect-port", self.port, "--mlflow-port", free_port()]
        done = subprocess.run(
            [str(Path(sys.executable).parent / program), *arguments],
            cwd=self._folder, env=self._env, timeout=500, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty folder; whatever is up there at the end is taken down."""
    shell = Shell(tmp_path)
    (tmp_path / "workspace").mkdir()
    yield shell
    shell.run("agentalign down")


@pytest.mark.ui
@pytest.mark.timeout(1500)  # a minute and a half on an idle machine
def test_the_page_can_be_followed(shell: Shell, tmp_path: Path) -> None:
    """Up, two runs from deployments, doctor, down: two versions, the second without a call."""
    printed = {line: shell.run(line) for line in commands(PAGE)}
    assert "14 deployments" in printed["agentalign up"]
    assert "up: worker: pool agentalign" in printed["agentalign doctor"]
    assert printed["agentalign down"].startswith("ended ")
    second, first = list_versions(Workspace(tmp_path / "workspace"))
    assert (first.manifest.rows["harmful"], second.manifest.rows["harmful"]) == (30, 20)
    assert first.manifest.calls.made > second.manifest.calls.made == 0
    log = (tmp_path / "workspace" / "logs" / "worker.log").read_text("utf-8")
    assert "a run starts cold" not in log


def test_the_page_names_every_deployment() -> None:
    """And no other."""
    text = (DOCS / PAGE).read_text("utf-8")
    table = text[text.index("| deployment |") : text.index("A deployment that you change")]
    named: set[str] = set()
    for row in table.splitlines()[2:]:
        flow = ""
        for name in re.findall(r"`([^`/]+/[^`]+)`", row.partition(" | ")[0]):
            flow = name.partition("/")[0] if not name.startswith("…") else flow
            named.add(name.replace("…", flow))
    assert named == set(names_of(ROOT))


def test_the_page_names_the_setting_of_the_database() -> None:
    """The variable that `up` passes on is the one the page says."""
    assert f"export {DATABASE_SETTINGS[0]}=postgresql+asyncpg://" in (DOCS / PAGE).read_text()
