"""Versions are promoted, listed and loaded; what a version may not be is said."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

import agentalign
from agentalign.listing import say_age
from agentalign.loading import snippets
from schemas.errors import BadInputError
from schemas.workspace import Workspace
from tasks.doors.registry import find_users, prepare
from tasks.formats.versions import Version, find_version, open_version

Command = Callable[..., tuple[int, str, str]]
Publish = Callable[..., Version]
REAL = "0123456789ab"
GREEN = {"rows": 3.0, "compliant_refusals": 0.0, "categories_below_floor": 0.0}


def say(version: Version, **facts: object) -> Version:
    """Let the manifest of a version say something else, and be right about its files."""
    files = {
        str(path.relative_to(version.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in version.folder.rglob("*.parquet")
    }
    update: dict[str, Any] = {"figures": GREEN, "files": files} | facts
    manifest = version.manifest.model_copy(update=update)
    (version.folder / "manifest.json").write_text(manifest.model_dump_json())
    return open_version(version.folder)


def test_a_sound_version_is_promoted(publish: Publish, command: Command, tmp_path: Path) -> None:
    """The alias points to it, says by whom it was moved, and finds it in other commands."""
    say(publish(REAL))
    code, out, err = command("promote", REAL[:4], "training", "--by", "Sam")
    assert code == 0, err
    assert out.startswith(f"training is {REAL}, since ")
    assert out.endswith(", by Sam\n")
    assert command("sample", "--version", "training")[0] == 0
    assert len(agentalign.load("training", workspace=tmp_path)) == 3
    (listed,) = orjson.loads(command("versions", "--json")[1])
    assert listed["aliases"] == ["training"]
    assert "training" in command("versions")[1]


def test_moving_an_alias_is_logged(publish: Publish, command: Command, tmp_path: Path) -> None:
    """The log says what it pointed to before; moving it to where it is adds no line."""
    for name in (REAL, "ba9876543210"):
        say(publish(name))
        command("promote", name, "candidate", "--by", "Sam")
    said = orjson.loads(command("promote", "ba98", "candidate", "--json")[1])
    assert (said["before"], said["by"]) == (REAL, "Sam")
    assert len((tmp_path / "aliases.jsonl").read_text().splitlines()) == 2


def test_a_rehearsal_is_not_to_train_on(publish: Publish, command: Command) -> None:
    """It may be a candidate, and training says what to do instead."""
    name = say(publish()).name
    code, out, err = command("promote", name, "training")
    assert (code, out) == (1, "")
    assert "can't be training: the embedded model wrote it" in err
    assert "agentalign build --params mine.yaml" in err
    assert command("promote", name, "candidate")[0] == 0


@pytest.mark.parametrize("alias", ["candidate", "training"])
def test_a_red_gate_stops_every_alias(publish: Publish, command: Command, alias: str) -> None:
    """A figure that breaks a critical expectation of this release is named with the reason."""
    say(publish(REAL), figures=GREEN | {"compliant_refusals": 2.0})
    code, _, err = command("promote", REAL, alias)
    assert code == 1
    assert "the quality gate is red (compliant_refusals is 2: " in err


def test_a_warning_of_what_is_critical_now_is_red(publish: Publish, command: Command) -> None:
    """What an earlier release only warned of stops a version where this one is stricter."""
    warning = "compliant_refusals: expect_column_values_to_be_between (1 of 1 rows)"
    say(publish(REAL), warnings=(warning,))
    assert warning in command("promote", REAL, "training")[2]


def test_other_warnings_stop_nothing(publish: Publish, command: Command) -> None:
    """They are counted in the list, and the version may be trained on."""
    say(publish(REAL), warnings=("twin_share: expect_column_values_to_be_between (…)",))
    assert command("promote", REAL, "training")[0] == 0
    assert "1 warning" in command("versions")[1]


def test_a_version_nobody_audited_is_not_promoted(publish: Publish, command: Command) -> None:
    """Without figures nothing is known of it, and the list says so."""
    publish(REAL)
    code, _, err = command("promote", REAL, "training")
    assert code == 1
    assert "made without an audit; build it again" in err
    assert "unknown" in command("versions")[1]


def test_an_altered_version_is_not_promoted(publish: Publish, command: Command) -> None:
    """Files that are not what was published are named."""
    folder = say(publish(REAL)).folder
    (folder / "lineage" / "chains.parquet").unlink()
    with (folder / "data" / "train.parquet").open("ab") as file:
        file.write(b"x")
    code, _, err = command("promote", REAL, "training")
    assert code == 2
    assert "data/train.parquet" in err
    assert "lineage/chains.parquet missing or altered; remove the folder" in err


def test_an_unknown_alias_is_answered_with_those_there_are(
    publish: Publish, command: Command
) -> None:
    """A slip is told; so is an alias that points nowhere yet."""
    say(publish(REAL))
    code, _, err = command("promote", REAL, "trainning")
    assert (code, "did you mean 'training'?" in err) == (2, True)
    code, _, err = command("sample", "--version", "training")
    assert code == 2
    assert "`agentalign promote VERSION training`" in err


def test_the_list_says_what_changed(publish: Publish, command: Command) -> None:
    """Each version stands beside the one before it, with the parameters that differ."""
    before = {"seed": 1, "balance": {"harmful": 20, "benign": 40}}
    say(publish("aa1111111111", "2030-01-01T00:00:00+00:00"), params=before)
    after = {"seed": 1, "balance": {"harmful": 25, "benign": 40}, "new": True}
    say(publish("bb2222222222", "2031-01-01T00:00:00+00:00"), params=after)
    newest, oldest = orjson.loads(command("versions", "--json")[1])
    assert newest["parent"] == "aa1111111111"
    assert newest["changed"] == {"balance.harmful": [20, 25], "new": [None, True]}
    assert (oldest["parent"], oldest["changed"]) == (None, {})
    assert "balance.harmful=25, new=true" in command("versions")[1]


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=61), "1 h"),
        (timedelta(days=12, hours=3), "12 d"),
    ],
)
def test_ages_are_short(age: timedelta, said: str) -> None:
    """The largest unit is enough; a clock that was put back makes nothing negative."""
    assert say_age(age) == said


def test_load_says_where_a_version_lies(version: Version, command: Command, tmp_path: Path) -> None:
    """Files, rows, bytes and snippets, for people and for programs."""
    code, out, err = command("load", version.name)
    assert code == 0, err
    assert f"{version.name} in {version.folder.resolve()}" in out
    said = orjson.loads(command("load", version.name, "--json")[1])
    assert {(f["split"], f["rows"]) for f in said["files"]} == {
        ("train", 2), ("validation", 0), ("test", 1),
    }  # fmt: skip
    assert all(Path(f["file"]).stat().st_size == f["bytes"] for f in said["files"])
    assert set(said["snippets"]) == {
        "DuckDB", "pandas", "datasets", "agentalign", "MLflow, in a training run",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        ("DuckDB", ["harmful", "benign"]),
        ("pandas", ["harmful", "benign"]),
        ("agentalign", ["2 Done."]),
    ],
)
def test_snippets_run(version: Version, tmp_path: Path, reader: str, told: list[str]) -> None:
    """Each is three lines that can be pasted, from any folder."""
    code = snippets(version)[reader]
    assert len(code.splitlines()) == 3
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert all(each in done.stdout for each in told), done.stdout


def test_a_training_run_says_what_it_took(version: Version, tmp_path: Path) -> None:
    """The snippet makes a version the input of a run, which keeps it from being collected."""
    place = Workspace(tmp_path)
    code = snippets(version)["MLflow, in a training run"]
    prepare(place)
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path,
        env=os.environ | {"MLFLOW_TRACKING_URI": place.mlflow_uri},
    )  # fmt: skip
    assert len(find_users(place, [version.manifest])[version.name]) == 1


def test_the_snippet_for_datasets_names_every_split(version: Version) -> None:
    """The library is none of ours, so that what it would be given is looked at."""
    *_, call, _ = snippets(version)["datasets"].splitlines()
    names: dict[str, Any] = {"load_dataset": lambda kind, data_files: (kind, data_files)}
    exec(call, names)
    kind, files = names["rows"]
    assert kind == "parquet"
    assert set(files) == {"train", "validation", "test"}
    assert all(Path(file).is_file() for file in files.values())


def test_an_alias_goes_before_the_start_of_a_name(publish: Publish, tmp_path: Path) -> None:
    """`candidate` never means a version whose digits start like it."""
    publish("cad111111111")
    with pytest.raises(BadInputError, match="candidate points to no version yet"):
        find_version(Workspace(tmp_path), "candidate")
