import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from agentalign import cli
from schemas.errors import StoppedError
from tasks.formats.versions import Version
from tests.agentalign.starting import least_cpu_s

Command = Callable[..., tuple[int, str, str]]
_HEAVY = ("prefect", "great_expectations", "mlflow", "openai", "pandas", "pyarrow")
_IMPORT = """
import sys, time
start = time.process_time()
import {module}
print(time.process_time() - start)
print([name for name in {heavy!r} if name in sys.modules])
"""


def import_in_a_new_process(module: str) -> tuple[float, str]:
    """Return the CPU seconds an import takes, and which heavy modules it loads."""
    script = _IMPORT.format(module=module, heavy=_HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    seconds, loaded = done.stdout.decode().splitlines()
    return float(seconds), loaded


def test_importing_the_package_is_cheap() -> None:
    """`import agentalign` takes at most 0.3 s and loads none of the heavy libraries."""
    seconds, loaded = import_in_a_new_process("agentalign")
    assert seconds <= 0.3
    assert loaded == "[]"


def test_the_command_starts_without_the_heavy_libraries() -> None:
    """The command line itself, of which a reading command is made, stays light."""
    _, loaded = import_in_a_new_process("agentalign.cli")
    assert loaded == "[]"


_RUN = """
import sys
from agentalign.cli import run
code = run(sys.argv[1:])
print(code, [name for name in {heavy!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("versions",),
        ("evaluations",),
        ("sample", "--intent", "harmful"),
        ("show", "instruction-harmful"),
        ("lineage", "example-harmful"),
        ("sql", "SELECT * FROM examples JOIN instructions ON instruction = instructions.id"),
        ("report", "rehearsal", "--out", "report.html"),
    ],
)
def test_reading_commands_load_nothing_heavy(
    version: Version, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """None of them waits for Prefect, Great Expectations, MLflow, pandas or Arrow."""
    script = _RUN.format(heavy=_HEAVY)
    command = [sys.executable, "-c", script, *arguments, "--workspace", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout.decode().splitlines()[-1] == "0 []"


def test_a_reading_command_starts_fast(tmp_path: Path) -> None:
    """`agentalign versions` ends within 0.7 s of CPU."""
    assert least_cpu_s("versions", "--workspace", str(tmp_path)) <= 0.7


def test_usage_errors_exit_with_2(command: Command) -> None:
    """An option that isn't there is a usage error, told without a traceback."""
    code, _, err = command("build", "--profil", "smoke")
    assert code == 2
    assert "No such option" in err
    assert "Traceback" not in err


def test_a_users_mistake_is_a_message(command: Command) -> None:
    """Bad parameters end a build before it touches the workspace, each with its line."""
    code, out, err = command("build", "--set", "balance.harmful=0", "--set", "seeds=1")
    assert (code, out) == (2, "")
    assert "balance.harmful (--set): 0 has to be greater than or equal to 1" in err
    assert "seeds (--set): unknown key; did you mean 'seed'?" in err
    assert "Traceback" not in err


def test_an_unknown_profile_is_a_message(command: Command, tmp_path: Path) -> None:
    """A profile that isn't there is answered with those that are; no folder is made."""
    code, _, err = command("build", "--profile", "smok")
    assert code == 2
    assert "unknown profile 'smok'; did you mean 'smoke'? known: smoke, rehearsal, paper" in err
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_that_is_a_file_is_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`build` over a file is one line and exit code 2."""
    file = tmp_path / "file"
    file.write_text("")
    assert cli.run(["build", "--workspace", str(file)]) == 2
    assert "is a file, or below one" in capsys.readouterr().err


def test_ctrl_c_exits_with_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An interrupted command ends with the exit code of what can be resumed."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    other = typer.Typer()
    other.command("one")(lambda: interrupted())
    monkeypatch.setattr(cli, "app", other)
    assert cli.run([]) == StoppedError.exit_code
    assert capsys.readouterr().err == "agentalign: stopped\n"
