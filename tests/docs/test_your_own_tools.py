"""The page on one's own tools, file by file and command by command."""

import json
from collections import Counter
from pathlib import Path

import pytest

from schemas.rows import Example, Response
from schemas.workspace import Workspace
from tasks.formats.versions import list_versions
from tests.data.reading import load_tools
from tests.docs.pages import blocks, commands, run

PAGE = "your-own-tools.md"


@pytest.fixture(scope="module")
def told(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Do all that the page says, in a folder of its own; return it, and what was printed."""
    folder = tmp_path_factory.mktemp("own")
    for language, name, content in blocks(PAGE):
        if language != "console":
            (folder / name).write_text(content)
    return folder, [_printed(line, folder, prefect_api) for line in commands(PAGE)]


def _printed(line: str, folder: Path, api: str) -> str:
    done = run(line, folder, api)
    assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def test_the_list_is_shown_with_what_was_changed(told: tuple[Path, list[str]]) -> None:
    """Names and types are mended as the page says."""
    printed = told[1][0]
    assert "tickets_search: name 'tickets.search' became tickets_search" in printed
    assert "type str became string" in printed
    assert "4 simulated by a model" in printed
    assert "3 run by your code, 1 simulated by a model" in told[1][3]


def test_a_version_of_simulated_tools_holds_all_three_intents(
    told: tuple[Path, list[str]],
) -> None:
    """Its rows offer the help desk's tools and no other, and say how they are grounded."""
    *_, first = list_versions(Workspace(told[0] / "workspace"))
    rows = first.rows(Example)
    assert Counter(row.intent for row in rows).keys() == {"harmful", "benign", "borderline"}
    names = {tool["function"]["name"] for row in rows for tool in _functions(row)}
    assert names == {"tickets_search", "tickets_open", "tickets_comment", "staff_on_call"}
    assert {row.grounding for row in rows if row.kind == "trajectory"} == {"simulated"}
    plain = [row for row in rows if row.kind == "refusal" and row.situation == "plain"]
    assert {row.grounding for row in plain} == {"none"}


def _functions(row: Example) -> list[dict[str, dict[str, str]]]:
    return [json.loads(json.dumps(tool)) for tool in row.tools]


def test_code_of_ones_own_is_run_and_replayed(told: tuple[Path, list[str]]) -> None:
    """Some executions rest on code alone; each comes to the same bytes again."""
    newest, *_ = list_versions(Workspace(told[0] / "workspace"))
    executions = [r.execution for r in newest.rows(Response) if r.execution]
    assert {"executed", "simulated"} == {e.grounding for e in executions}
    changed = {line for e in executions for done in e.steps for line in done.changes}
    assert any(" opened for " in line for line in changed)
    assert "identical" in told[1][-1]
    assert "differs" not in told[1][-1]


def test_a_benchmark_suite_as_own_tools(prefect_api: str, tmp_path: Path) -> None:
    """A smoke build on the 24 tools of an AgentDojo suite, all simulated, has every intent."""
    (tmp_path / "suite.json").write_text(json.dumps(load_tools("agentdojo_workspace")))
    _printed("agentalign build --profile smoke --set tools=suite.json", tmp_path, prefect_api)
    (version,) = list_versions(Workspace(tmp_path / "workspace"))
    rows = version.rows(Example)
    assert Counter(row.intent for row in rows).keys() == {"harmful", "benign", "borderline"}
    assert len({name for row in rows for name in row.pattern}) >= 15
    assert {row.grounding for row in rows if row.kind == "trajectory"} == {"simulated"}
