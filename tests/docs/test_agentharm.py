"""The page on benchmarks: its commands are understood."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentalign.cli import run
from tests.docs.pages import commands


@pytest.fixture(autouse=True)
def _same_environment() -> Iterator[None]:
    """Leave the environment as it was: commands prepare it for what they import."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize("command", commands("agentharm.md"))
def test_commands_lack_nothing_but_the_files(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a user's own copy is not there they say what they looked for."""
    _, *arguments = shlex.split(command)
    assert run([*arguments, "--workspace", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "holds no behaviours of AgentHarm" in said or "can't be read" in said
