"""Two versions are compared by slot, in the terminal and for programs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types
import pytest

from schemas.rows import Dropped
from tasks.formats.version_folder import to_table
from tasks.formats.versions import Version, open_version

Command = Callable[..., tuple[int, str, str]]
BEFORE, AFTER = "aa1111111111", "bb2222222222"


def alter(version: Version, file: str, sql: str) -> None:
    """Put what a query gives over a file's rows (`old`) in its place."""
    path = version.folder / file
    draft = path.with_suffix(".new")
    duckdb.execute(
        f"COPY (WITH old AS (FROM read_parquet('{path}')) {sql}) TO '{draft}' (FORMAT parquet)"
    )
    draft.replace(path)


def say(version: Version, **facts: object) -> Version:
    manifest = version.manifest.model_copy(update=facts)
    (version.folder / "manifest.json").write_text(manifest.model_dump_json())
    return open_version(version.folder)


@pytest.fixture
def two(publish: Callable[..., Version]) -> tuple[Version, Version]:
    """Return two versions: the second lacks one row, has a new one, and another answer."""
    before = say(
        publish(BEFORE, "2030-01-01T00:00:00+00:00"),
        params={"seed": 1, "panel": ["a"]}, figures={"twin_share": 0.5, "rows": 3.0},
        warnings=("twin_share: too low",),
    )  # fmt: skip
    after = publish(AFTER, "2031-01-01T00:00:00+00:00")
    alter(after, "data/train.parquet", """SELECT * REPLACE (
        CASE slot WHEN 'borderline/0' THEN 'new/0' ELSE slot END AS slot,
        CASE slot WHEN 'benign/0' THEN replace(messages, 'Done.', 'All of it is done.')
            ELSE messages END AS messages,
        'another-pair' AS pair, 5 AS split_rank) FROM old""")  # fmt: skip
    alter(after, "data/test.parquet", """SELECT * REPLACE (
        replace(messages, 'accounts', 'wallets') AS messages) FROM old""")  # fmt: skip
    alter(after, "lineage/verdicts.parquet", """SELECT * REPLACE (
        CASE slot WHEN 'benign/0/v' THEN 'some' ELSE label END AS label) FROM old""")  # fmt: skip
    alter(after, "lineage/instructions.parquet", """SELECT * REPLACE (
        replace(prompt, '@abc', '@def') AS prompt) FROM old""")  # fmt: skip
    return before, say(
        after, params={"seed": 2, "panel": ["a"]}, figures={"twin_share": 0.75, "rows": 3.0}
    )


def compared(command: Command, *more: str) -> dict[str, Any]:
    code, out, err = command("diff", BEFORE, AFTER, "--json", *more)
    assert code == 0, err
    return dict(orjson.loads(out))


def test_all_that_differs_is_told(two: tuple[Version, Version], command: Command) -> None:
    """Parameters, prompts, rows by slot and field, verdicts and figures."""
    found = compared(command)
    assert (found["before"], found["after"]) == (BEFORE, AFTER)
    assert found["params"] == {"seed": [1, 2]}
    assert found["prompts"]["request-benign"] == ["abc", "def"]
    rows = found["rows"]
    assert (rows["added"], rows["removed"], rows["same"]) == (["new/0"], ["borderline/0"], 0)
    changed = {row["slot"]: row["fields"] for row in rows["changed"]}
    assert changed == {"benign/0": ["messages", "origin"], "harmful/0": ["messages"]}
    assert rows["fields"] == {"messages": 2, "origin": 1}
    assert found["verdicts"] == [
        {"slot": "benign/0/v", "check": "semantic", "before": "accepted none",
         "after": "accepted some"},
    ]  # fmt: skip
    assert found["figures"] == {"twin_share": [0.5, 0.75]}
    assert found["warnings"] == {"new": [], "gone": ["twin_share: too low"]}


def test_what_one_kept_and_the_other_left_out_has_flipped(
    two: tuple[Version, Version], command: Command
) -> None:
    """A verdict is compared with what the other version holds of what it left out."""
    left_out = Dropped.model_validate({
        "id": "dropped-1", "slot": "borderline/0/v/dropped", "of_stage": "semantic",
        "subject": "instruction-1", "category": "privacy", "outcome": "rejected",
        "label": "clear", "reason": "clear_harm", "by": "judges",
    })  # fmt: skip
    unselected = left_out.model_copy(
        update={"slot": "benign/0/v/dropped", "outcome": "accepted", "of_stage": "balance"}
    )
    file = two[1].folder / "lineage" / "dropped.parquet"
    pq.write_table(to_table(Dropped, [left_out, unselected]), file)
    alter(two[1], "lineage/verdicts.parquet", "FROM old WHERE slot <> 'borderline/0/v'")
    flips = {
        flip["slot"]: (flip["before"], flip["after"]) for flip in compared(command)["verdicts"]
    }
    assert flips == {
        "borderline/0/v": ("accepted none", "rejected clear"),
        "benign/0/v": ("accepted none", "accepted some"),
    }


def test_the_terminal_says_the_same(two: tuple[Version, Version], command: Command) -> None:
    """Counts, not lists; both sides of a changed row stand side by side."""
    code, out, err = command("diff", BEFORE, AFTER)
    assert code == 0, err
    lines = [line.split() for line in out.splitlines()]
    for line in (
        ["seed", "1", "2"], ["added", "1"], ["removed", "1"], ["changed", "2"],
        ["in", "messages", "2"], ["twin_share", "0.5", "0.75", "+0.25"],
        ["semantic", "accepted", "none", "accepted", "some", "1"],
    ):  # fmt: skip
        assert line in lines, line
    assert "warning no more: twin_share: too low" in out
    assert "assistant: Done." in out
    assert "assistant: All of it is done." in out


def test_harm_shows_only_when_revealed(
    two: tuple[Version, Version], command: Command, secret: str, tmp_path: Path
) -> None:
    """Samples are masked in both forms; with --reveal they show, and that is logged."""
    hidden = secret.replace("accounts", "wallets")
    for form in ((), ("--json",)):
        _, out, _ = command("diff", BEFORE, AFTER, *form)
        assert secret not in out
        assert hidden not in out
        assert "masked: harmful request" in " ".join(out.replace("│", " ").split())
    assert not (tmp_path / "logs").exists()
    sample = compared(command, "--reveal")["sample"]
    assert secret in orjson.dumps(sample).decode()
    assert hidden in orjson.dumps(sample).decode()
    assert b'"diff"' in (tmp_path / "logs" / "reveal.log").read_bytes()


def test_samples_are_counted(two: tuple[Version, Version], command: Command) -> None:
    """As many changed rows as were asked for, none if none were."""
    assert [len(compared(command, "--n", n)["sample"]) for n in ("0", "1", "9")] == [0, 1, 2]


def test_a_version_does_not_differ_from_itself(version: Version, command: Command) -> None:
    """Every part says that there is nothing."""
    _, out, _ = command("diff", version.name, version.name)
    for part in ("Parameters and prompts", "Rows", "Verdicts that flipped", "Figures that moved"):
        assert f"{part}: none" in out


def test_versions_of_different_releases_compare(
    two: tuple[Version, Version], command: Command
) -> None:
    """What only one has, a column or a table, is left out; no row can be shown whole."""
    one, _ = two
    for split in ("train", "validation", "test"):
        alter(one, f"data/{split}.parquet", "SELECT * EXCLUDE (pair) FROM old")
    for table in ("verdicts", "responses"):
        (one.folder / "lineage" / f"{table}.parquet").unlink()
    found = compared(command)
    assert found["verdicts"] == []
    changed = {row["slot"]: row["fields"] for row in found["rows"]["changed"]}
    assert changed["benign/0"] == ["messages"]
    assert found["sample"] == []


def test_a_damaged_table_is_named(two: tuple[Version, Version], command: Command) -> None:
    """Both versions are named, with the way to get the damaged one back."""
    (two[1].folder / "lineage" / "verdicts.parquet").write_bytes(b"PAR1")
    code, _, err = command("diff", BEFORE, AFTER)
    assert code == 2
    assert f"a table of {BEFORE} or {AFTER} can't be read" in err
