"""The newcomer's path: what the README says to type, command by command."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from schemas.workspace import Workspace
from tasks.formats.versions import list_versions
from tests.docs.pages import BLOCK, DOCS
from tests.docs.test_operate import free_port

ROOT = DOCS.parent
PATH = ("## Two commands", "## Live with it")
AT = re.compile(r"http://127\.0\.0\.1:\d+/")


def commands() -> list[str]:
    """Return the commands of the path's sections, in order."""
    text = (ROOT / "README.md").read_text("utf-8")
    sections = [text.partition(f"{title}\n")[2].partition("\n## ")[0] for title in PATH]
    consoles = [b for part in sections for name, _, b in BLOCK.findall(part) if name == "console"]
    lines = [line for each in consoles for line in each.splitlines() if line.startswith("$ ")]
    return [line.removeprefix("$ ") for line in lines]


class Newcomer:
    """Types commands in a folder, with names in the place of the README's stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self._folder = folder
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        self._port = free_port()
        self.named: dict[str, str] = {":4200": f":{self._port}"}

    def type(self, line: str) -> str:
        """Return what a line prints."""
        for stand_in, name in self.named.items():
            line = line.replace(stand_in, name)
        program, *arguments = shlex.split(line, comments=True)
        match Path(program).name, arguments:
            case "export", [setting]:
                name, _, value = setting.partition("=")
                self._env[name] = value
                return ""
            case "make", ["test"]:  # this is it
                return self._run(["make", "--dry-run", "--directory", str(ROOT), "test"])
            case "make", _:
                own = ["PROFILE=smoke", f"WORKSPACE={self.workspace}"]
                return self._run(["make", "--directory", str(ROOT), *arguments, *own])
            case name, ["inspect", *_]:
                return self._look([_installed(name), *arguments, "--port", "0"])
            case name, ["up"]:
                ports = ["--prefect-port", self._port, "--mlflow-port", free_port()]
                return self._run([_installed(name), "up", *ports])
            case name, _:
                return self._run([_installed(name), *arguments])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=self._folder, env=self._env, timeout=500, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def _look(self, command: list[str]) -> str:
        """Return what a served page says, then end the server as Ctrl-C does."""
        with subprocess.Popen(
            command, cwd=self._folder, env=self._env, stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stdout is not None
                address = AT.search(server.stdout.readline())
                assert address is not None
                with urlopen(address[0]) as page:
                    return str(page.read(), "utf-8")
            finally:
                server.send_signal(signal.SIGINT)


def _installed(program: str) -> str:
    return str(Path(sys.executable).parent / program)


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """Somebody in an empty folder; whatever is up there at the end is taken down."""
    someone = Newcomer(tmp_path)
    yield someone
    someone.type("agentalign down")


@pytest.mark.ui
@pytest.mark.timeout(1200)  # two minutes on an idle machine
def test_the_path_can_be_followed(newcomer: Newcomer, tmp_path: Path) -> None:
    """From a clone to two versions that are compared, inspected and traced."""
    printed: dict[str, str] = {}
    for line in commands():
        said = printed[shlex.split(line, comments=True)[1]] = newcomer.type(line)
        if " sample " in line:
            newcomer.named["ROW_ID"] = re.findall(r"example-[0-9a-f]{20}", said)[0]
        if line.startswith("make dataset"):
            (first,) = list_versions(Workspace(newcomer.workspace))
            newcomer.named["FIRST_VERSION"] = first.name
    second, first = list_versions(Workspace(newcomer.workspace))
    assert first.manifest.calls.made > second.manifest.calls.made == 0
    assert second.manifest.rows["harmful"] == 20
    assert "balance.harmful" in printed["diff"]
    assert second.name in printed["versions"]
    assert second.name in printed["inspect"]
    assert printed["down"].startswith("ended ")
    for page in ("row.html", "report.html"):
        assert (tmp_path / page).read_text("utf-8").startswith("<!doctype html>")
