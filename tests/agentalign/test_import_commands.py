"""import, as a command."""

import json
from pathlib import Path

import pytest

from agentalign.cli import run
from tests.agentalign.starting import least_cpu_s

DATA = Path(__file__).parents[1] / "data"


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that has to succeed and return what it prints."""
    assert run(arguments) == 0
    return capsys.readouterr().out


def talk(*answers: str, tools: bool = True) -> str:
    """Return a line with requests and answers, with a tool or none."""
    said = [
        turn
        for answer in answers
        for turn in (
            {"role": "user", "content": "Find it."},
            {"role": "assistant", "content": answer},
        )
    ]
    offered = [{"type": "function", "function": {"name": "find"}}] if tools else []
    return json.dumps({"messages": said, "tools": offered}) + "\n"


def test_figures_are_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, those taken, those rejected by reason, calls and those read."""
    shown = output(capsys, "import", str(DATA / "toolace.jsonl"), "--format", "toolace", "--json")
    assert json.loads(shown.splitlines()[-1]) == {
        "rows": 40,
        "accepted": 30,
        "rejected": {"unread_tool_list": 8, "empty_turn": 1, "call_breaks_schema": 1},
        "calls": 57,
        "calls_parsed": 57,
    }


def test_reasons_come_with_their_sentences_and_examples(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each with the places of a few rows; of a row taken, what was changed."""
    file = str(DATA / "toolace.jsonl")
    shown = output(capsys, "import", file, "--format", "toolace", "--n", "2")
    assert "40 rows: 30 taken, 10 rejected" in shown
    assert "1 rejected, empty_turn: one of its turns says nothing" in shown
    assert shown.count("toolace.jsonl, line 7: it lists no tools") == 1
    assert shown.count("with a call syntax of its own") == 1
    assert "changed: name 'Available Symbols Endpoint' became Available_Symbols_Endpoint" in shown
    assert shown.count("    asked: ") == 2
    assert "asked" not in output(capsys, "import", file, "--format", "toolace", "--n", "0")


def test_rows_that_a_build_leaves_out_are_counted_and_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that decline, be it early on, and those without a tool."""
    file, refusal = tmp_path / "rows.jsonl", "I'm sorry, but I can't help with that request."
    rows = (talk(refusal), talk(refusal, "It is there."), talk("Yes.", tools=False), talk("Yes."))
    file.write_text("".join(rows))
    shown = output(capsys, "import", str(file), "--format", "openai")
    assert "4 rows: 4 taken, 0 rejected" in shown
    assert "2 of the rows taken a build leaves out, declines: an answer in it refuses" in shown
    assert "1 of the rows taken a build leaves out, no_tools: it offers no tool" in shown
    assert "line 4: 2 turns" in shown
    assert not any(f"line {number}" in shown for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("{file}", "--format", "glaive"), "line 1 looks like openai, not glaive"),
        (("{file}", "--format", "alpaca"), "no format 'alpaca'; there are: toolace"),
        (("{file}x", "--format", "openai"), "No such file"),
        (("hf:nobody", "--format", "openai"), "name it as hf:owner/name"),
        (("{file}", "--format", "openai", "--n", "-1"), "greater than or equal to 0"),
        (("{file}",), "Missing option '--format'"),
    ],
)
def test_a_users_mistake_is_a_message(
    arguments: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another format, a file that is not there, no dataset: told without a traceback."""
    file = tmp_path / "rows.jsonl"
    file.write_text(talk("Yes."))
    assert run(["import", *(each.format(file=file) for each in arguments)]) == 2
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert says in told
    assert "Traceback" not in told


def test_the_command_starts_fast(tmp_path: Path) -> None:
    """With a row to reject, within 0.7 s of CPU."""
    file = tmp_path / "rows.jsonl"
    file.write_text('{"messages": []}')
    assert least_cpu_s("import", str(file), "--format", "openai") <= 0.7
