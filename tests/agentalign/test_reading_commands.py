from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from agentalign.cli import run
from tasks.formats.versions import Version

Command = Callable[..., tuple[int, str, str]]


def test_versions_lists_newest_first(publish: Callable[..., Version], command: Command) -> None:
    """The newest version stands first, whatever its name."""
    publish("rehearsal-ffffffffffff", "2030-01-01T00:00:00+00:00")
    publish("rehearsal-000000000000", "2031-01-01T00:00:00+00:00")
    code, out, _ = command("versions", "--json")
    assert code == 0
    listed = [entry["version"] for entry in orjson.loads(out)]
    assert listed == ["rehearsal-000000000000", "rehearsal-ffffffffffff"]
    assert "rehearsal-000000000000" in command("versions")[1]


def test_an_unfinished_draft_is_no_version(version: Version, command: Command) -> None:
    """A folder that publish has not sealed is not listed."""
    version.folder.rename(version.folder.with_name(f".draft-{version.name}"))
    assert orjson.loads(command("versions", "--json")[1]) == []
    assert "no versions yet" in command("versions")[1]


def test_reading_without_a_workspace_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing workspace is one line and exit code 2."""
    code = run(["sample", "--workspace", str(tmp_path / "none")])
    assert code == 2
    assert "does not exist; run `agentalign build` first" in capsys.readouterr().err


def test_reading_without_a_version_says_what_to_do(command: Command) -> None:
    """An empty workspace is one line and exit code 2."""
    code, _, err = command("sample")
    assert code == 2
    assert "no version in" in err
    assert "run `agentalign build` first" in err


def test_an_unknown_version_names_the_known(version: Version, command: Command) -> None:
    """A wrong name is answered with the right ones."""
    code, _, err = command("sample", "--version", "rehearsal-0123456789ac")
    assert code == 2
    assert f"did you mean '{version.name}'?" in err


def test_the_start_of_a_name_is_enough(version: Version, command: Command) -> None:
    """A version is found by the first digits, with or without its mark."""
    assert command("sample", "--version", "rehearsal-01")[0] == 0
    assert command("sample", "--version", version.name.removeprefix("rehearsal-")[:4])[0] == 0


def test_an_ambiguous_name_is_refused(publish: Callable[..., Version], command: Command) -> None:
    """A start that two versions share names both."""
    publish("rehearsal-aa1111111111")
    publish("rehearsal-aa2222222222")
    code, _, err = command("sample", "--version", "rehearsal-aa")
    assert code == 2
    assert "ambiguous" in err
    assert "aa1111111111" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("sample", "--n", "3"),
        ("sample", "--n", "3", "--json"),
        ("show", "example-harmful"),
        ("show", "instruction-harmful"),
        ("show", "instruction-harmful", "--json"),
        ("lineage", "example-harmful"),
        ("lineage", "example-harmful", "--json"),
        ("sql", "SELECT * FROM examples"),
        ("sql", "SELECT messages FROM examples", "--json"),
        ("sql", "SELECT text FROM instructions", "--json"),
    ],
)
def test_harmful_requests_show_only_when_revealed(
    version: Version, secret: str, command: Command, arguments: tuple[str, ...]
) -> None:
    """Without --reveal the text is masked; with it, it shows, and the look is logged."""
    code, out, err = command(*arguments)
    assert code == 0, err
    assert secret not in out + err
    assert "masked: harmful request" in " ".join(out.split())
    log = version.folder.parent.parent / "logs" / "reveal.log"
    assert not log.exists()
    code, out, _ = command(*arguments, "--reveal")
    assert code == 0
    assert secret in " ".join(out.replace("│", " ").split())
    entries = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert {entry["command"] for entry in entries} == {arguments[0]}
    assert all(entry["time"] and entry["subject"] for entry in entries)


def test_sample_draws_the_same_rows_again(version: Version, command: Command) -> None:
    """The same seed draws the same rows."""
    assert command("sample", "--n", "2", "--json") == command("sample", "--n", "2", "--json")


def test_sample_filters_by_intent_and_category(version: Version, command: Command) -> None:
    """Rows come from the intent and category that are asked for."""
    row = orjson.loads(command("sample", "--intent", "borderline", "--json")[1])
    assert row["intent"] == "borderline"
    code, _, err = command("sample", "--intent", "borderlin")
    assert (code, "did you mean 'borderline'?" in err) == (2, True)
    code, _, err = command("sample", "--category", "privcy")
    assert (code, "did you mean 'privacy'?" in err) == (2, True)


def test_show_finds_rows_of_every_kind(version: Version, command: Command) -> None:
    """The prefix of an id says which table holds the row."""
    for row_id in ("chain-1", "binding-1", "plan-1", "policy-1", "verdict-benign"):
        code, out, _ = command("show", row_id)
        assert code == 0
        assert row_id in out


def test_show_refuses_what_is_no_row(version: Version, command: Command) -> None:
    """An id of an unknown kind, and one that isn't there, are told apart."""
    assert "is not the id of a row; ids look like" in command("show", "nonsense")[2]
    code, _, err = command("show", "example-none")
    assert code == 2
    assert "no row example-none" in err


def test_lineage_reaches_the_subcategory(version: Version, command: Command) -> None:
    """A row's tree names each row it rests on, its verdict, calls and prompt."""
    code, out, _ = command("lineage", "example-harmful")
    assert code == 0
    for part in (
        "response-harmful", "instruction-harmful", "verdict-harmful", "call key-harmful",
        "binding-1", "plan-1", "execution-1", "chain-1", "policy-1", "privacy / doxing",
        "request-harmful@abc", "code 0.1.0",
    ):  # fmt: skip
        assert part in out, part


def test_lineage_as_json_has_one_entry_per_kind(version: Version, command: Command) -> None:
    """Programs find every kind of row under its name."""
    found = orjson.loads(command("lineage", "example-benign", "--json")[1])
    assert found["row"]["id"] == "example-benign"
    assert found["response"]["execution"]["success"] is True
    assert found["instruction"]["id"] == "instruction-benign"
    assert found["subcategory"]["subcategory"] == "doxing"
    assert found["prompts"] == ["judge-policy", "request-benign@abc"]
    assert [plan["id"] for plan in found["plans"]] == ["plan-1"]
    assert [verdict["id"] for verdict in found["verdicts"]] == ["verdict-benign"]


def test_lineage_goes_back_down(version: Version, command: Command) -> None:
    """What is not an example says which examples rest on it."""
    found = orjson.loads(command("lineage", "chain-1", "--json")[1])
    assert len(found["examples"]) == 3
    assert found["response"] is None
    found = orjson.loads(command("lineage", "verdict-benign", "--json")[1])
    assert found["examples"] == ["example-benign"]
    assert found["instruction"]["id"] == "instruction-benign"
    assert "3 examples rest on it" in command("lineage", "policy-1")[1]


def test_sql_reads_and_joins(version: Version, command: Command) -> None:
    """Tables of a version join on ids."""
    query = """SELECT e.id, c.role FROM examples e JOIN instructions i ON e.instruction = i.id
        JOIN calls c ON list_contains(CAST(i.calls AS VARCHAR[]), c.key)"""
    code, out, err = command("sql", query, "--json")
    assert code == 0, err
    assert orjson.loads(out) == [{"id": "example-harmful", "role": "generator"}]
    assert "1 rows" in command("sql", "SELECT count(*) AS n FROM chains")[1]
    assert "lineage" not in command("sql", "SELECT table_name FROM duckdb_tables()")[2]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM examples",
        "CREATE TABLE x AS SELECT 1",
        "SELECT 1; SELECT 2",
        "COPY examples TO 'out.csv'",
        "SET lock_configuration = false",
        "ATTACH 'store.duckdb'",
    ],
)
def test_sql_refuses_all_but_one_select(version: Version, command: Command, query: str) -> None:
    """Whatever isn't a single SELECT is bad input."""
    code, _, err = command("sql", query)
    assert code == 2
    assert "give one SELECT statement" in err


def test_sql_reaches_no_file(version: Version, command: Command) -> None:
    """A query can't read past the masked copies, not even the version's own files."""
    file = version.folder / "lineage" / "instructions.parquet"
    for query in (f"SELECT * FROM read_parquet('{file}')", f"SELECT * FROM '{file}'"):
        code, _, err = command("sql", query)
        assert code == 2
        assert "the query failed" in err
        assert "tables: " in err


def test_sql_says_what_is_wrong(version: Version, command: Command) -> None:
    """A query that can't be read, or names no table, is told so with the tables there are."""
    assert "the query can't be read" in command("sql", "SELEC 1")[2]
    code, _, err = command("sql", "SELECT * FROM exampels")
    assert code == 2
    assert "examples" in err


def test_a_damaged_manifest_says_what_to_do(version: Version, command: Command) -> None:
    """A version whose manifest is broken is named, with the way to get it back."""
    (version.folder / "manifest.json").write_text("{")
    code, _, err = command("versions")
    assert code == 2
    assert "can't be read; remove the folder and build the version again" in err


def test_a_damaged_table_says_what_to_do(version: Version, command: Command) -> None:
    """A Parquet file that is cut off is named by table, with the way to get it back."""
    (version.folder / "lineage" / "chains.parquet").write_bytes(b"PAR1")
    code, _, err = command("show", "chain-1")
    assert code == 2
    assert "table chains of" in err
    assert "published again without new calls" in err


def test_nothing_is_revealed_unlogged(version: Version, secret: str, command: Command) -> None:
    """Where the log can't be written, the text is not shown."""
    (version.folder.parent.parent / "logs").write_text("a file in the way")
    code, out, err = command("show", "example-harmful", "--reveal")
    assert code == 2
    assert secret not in out
    assert "is not shown unlogged" in err
