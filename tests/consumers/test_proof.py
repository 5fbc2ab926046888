"""What `make proof` runs in TRL's environment, in two steps, with a model of one layer."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from benchmarks.proof.__main__ import write_lines
from benchmarks.proof.result import read_result
from benchmarks.proof.rows import arm_of, prompt_of
from benchmarks.proof.settings import Settings, read_settings
from benchmarks.proof.trained import SCRIPTS, train_and_ask
from schemas.rows import Example
from tasks.formats.versions import Version
from tests.consumers.asking import TIMEOUT_S, environment
from tests.consumers.environments import HERE, python_of
from tests.consumers.exporting import Exported, export_as
from tests.consumers.loss import differences
from tests.consumers.spoken import read_qwen

pytestmark = pytest.mark.formats

ROWS = 4


@dataclass(frozen=True, slots=True)
class Toy:
    """A model with one layer, and what would carry loss with its template."""

    folder: Path
    trained: list[list[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proof")


@pytest.fixture(scope="module")
def exported(rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    return export_as("trl", rows, version, home / "export")


@pytest.fixture(scope="module")
def toy(exported: Exported, home: Path) -> Toy:
    asked = {"scripts": str(SCRIPTS), "out": str(home / "toy"), "file": str(exported.file)}
    done = subprocess.run(
        [str(python_of("trl")), str(HERE / "trl" / "toy_model.py")],
        input=json.dumps(asked), env=environment(home), cwd=home, capture_output=True, text=True,
        check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return Toy(home / "toy", json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Two steps, and answers of a few tokens."""
    values = read_settings().model_dump(mode="json")
    values |= {"rows": ROWS, "benign_per_harmful": [1]}
    values["answers"] = {"batch": 2, "most_new": 4}
    return Settings.model_validate(values)


@pytest.fixture(scope="module")
def done(
    toy: Toy, exported: Exported, rows: tuple[Example, ...], settings: Settings, home: Path
) -> Path:
    """Train an arm and ask it, and the model before."""
    write_lines(home / "1-1.jsonl", exported.records[:ROWS])
    asked = [_asked(rows, intent) for intent in ("harmful", "benign", "borderline")]
    write_lines(home / "prompts.jsonl", [prompt_of(row).as_line() for row in asked])
    train_and_ask(home, toy.folder, {"base": None, "1-1": home / "1-1.jsonl"}, settings)
    return home


def _asked(rows: tuple[Example, ...], intent: str) -> Example:
    own = (row for row in rows if row.intent == intent and row.source == "own")
    return next(row for row in own if row.situation == "plain" and row.id.startswith("example-"))


def test_exactly_the_trained_turns_carry_loss(
    toy: Toy, exported: Exported, rows: tuple[Example, ...]
) -> None:
    """With the proof's own template as with those that TRL ships."""
    ids = {record["id"] for record in exported.records}
    written = [row for row in rows if row.id in ids]
    assert differences(written, toy.trained, read_qwen, reasoning=False) == []


def test_two_steps_are_taken_and_all_requests_answered(
    done: Path, version: Version, settings: Settings
) -> None:
    """The figures are those of the answers; of these no text stays, nor do weights."""
    result = read_result(done, version.manifest, settings, [arm_of(ROWS, 1)])
    before, arm = result.columns
    assert arm.trained is not None
    assert (arm.trained.steps, arm.trained.rows) == (2, ROWS)
    assert 0 < arm.trained.trained_tokens < arm.trained.tokens
    assert all(loss > 0 for loss in arm.trained.losses)
    assert before.figures["harmful_refusal"].n == arm.figures["harmful_refusal"].n == 1
    assert not list(done.rglob("answers.jsonl"))
    assert not (done / "1-1" / "model").exists()
    assert read_result(done, version.manifest, settings, [arm_of(ROWS, 1)]) == result


def test_what_is_done_is_not_done_again(
    done: Path, toy: Toy, version: Version, settings: Settings
) -> None:
    """A second run leaves every file as it is."""
    read_result(done, version.manifest, settings, [arm_of(ROWS, 1)])
    before = {path: path.stat().st_mtime_ns for path in done.rglob("*") if path.is_file()}
    train_and_ask(done, toy.folder, {"base": None, "1-1": done / "1-1.jsonl"}, settings)
    assert {p: p.stat().st_mtime_ns for p in done.rglob("*") if p.is_file()} == before


def test_an_arm_that_was_cut_off_goes_on(
    done: Path, toy: Toy, settings: Settings, tmp_path: Path
) -> None:
    """Answers that were written before it was stopped are kept; half a line is none."""
    write_lines(tmp_path / "prompts.jsonl", [orjson.loads(line) for line in
                (done / "prompts.jsonl").read_bytes().splitlines()])  # fmt: skip
    first = orjson.loads((done / "prompts.jsonl").read_bytes().splitlines()[0])["id"]
    (tmp_path / "base").mkdir()
    answers = tmp_path / "base" / "answers.jsonl"
    answers.write_text(json.dumps({"id": first, "text": "kept"}) + '\n{"id": "exam')
    train_and_ask(tmp_path, toy.folder, {"base": None}, settings)
    found = [orjson.loads(line) for line in answers.read_bytes().splitlines()]
    assert len(found) == 3
    assert found[0] == {"id": first, "text": "kept"}
