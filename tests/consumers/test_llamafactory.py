"""LLaMA-Factory's loader, converter and supervised processor: what of an export has labels."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import yaml

from schemas.rows import Example
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.sharegpt import name_dataset
from tasks.formats.versions import Version
from tests.consumers.asking import Answer, ask
from tests.consumers.exporting import FEW, Exported, Record, export_as, export_in_splits
from tests.consumers.loss import differences
from tests.consumers.spoken import read_llama3, read_qwen

pytestmark = pytest.mark.formats

TEMPLATES = {"qwen": read_qwen, "qwen3": read_qwen, "llama3": read_llama3}  # 2.5, 3 and 3.1
FITTING = 9_000  # tokens, which are bytes here
NO_THOUGHTS = "qwen3_nothink"  # the template of models that don't think


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llamafactory")


@pytest.fixture(scope="module")
def exported(all_rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    return export_as("sharegpt", all_rows, version, home / "all")


@pytest.fixture(scope="module")
def stripped(rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    return export_as("sharegpt", rows, version, home / "strip", ExportOptions(reasoning="strip"))


@pytest.fixture(scope="module")
def empty(rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    return export_as("sharegpt", rows, version, home / "empty", ExportOptions(reasoning="empty"))


@pytest.fixture(scope="module")
def in_splits(rows: tuple[Example, ...], version: Version, home: Path) -> ExportManifest:
    """What is written of rows of all splits, into a folder of that name."""
    return export_in_splits("sharegpt", rows, version, home / "in-splits")


@pytest.fixture(scope="module")
def fitting(rows: tuple[Example, ...], version: Version, home: Path, tokenizer: Path) -> Exported:
    """Rows that fit a length, and the configuration with the cutoff that goes with it."""
    options = ExportOptions(reasoning="strip", tokenizer=tokenizer, max_tokens=FITTING)
    return export_as("sharegpt", rows, version, home / "fitting", options)


def _job(exported: Exported, *templates: str) -> dict[str, object]:
    name = name_dataset(exported.manifest, "train")
    return {"folder": str(exported.folder), "dataset": name, "templates": templates}


def _spoilt(exported: Exported, name: str, change: Callable[[Record], None]) -> dict[str, object]:
    """Return the job for a copy of the folder with other records."""
    file = exported.respell(name, change)
    folder = exported.folder.parent / f"spoilt-{name}"
    folder.mkdir()
    (folder / exported.file.name).write_bytes(file.read_bytes())
    listed = (exported.folder / "dataset_info.json").read_bytes()
    (folder / "dataset_info.json").write_bytes(listed)
    return _job(exported, "qwen") | {"folder": str(folder)}


def _misorder(record: Record) -> None:
    """Let two observations follow each other, as results of parallel calls do elsewhere."""
    turns = record["conversations"]
    for place, turn in enumerate(turns):
        if turn["from"] == "observation":
            turns.insert(place, dict(turn))
            return


def _encode_arguments(record: Record) -> None:
    for turn in record["conversations"]:
        if turn["from"] == "function_call" and turn["value"].startswith("{"):
            call = orjson.loads(turn["value"])
            call["arguments"] = orjson.dumps(call["arguments"]).decode()
            turn["value"] = orjson.dumps(call).decode()


def _make_request_an_answer(record: Record) -> None:
    record["conversations"][0]["from"] = "gpt"


@pytest.fixture(scope="module")
def answer(
    exported: Exported, stripped: Exported, empty: Exported, fitting: Exported,
    in_splits: ExportManifest, home: Path,
) -> Answer:  # fmt: skip
    """What LLaMA-Factory says of all folders, asked once."""
    cutoff = yaml.safe_load((fitting.folder / "sft.yaml").read_text())["cutoff_len"]
    jobs = {
        "all": _job(exported, *TEMPLATES),
        "strip": _job(stripped, "qwen3", NO_THOUGHTS),
        "strip_silent": _job(stripped, "qwen3") | {"set": {"enable_thinking": False}},
        "empty": _job(empty, "qwen3"),
        "fitting": _job(fitting, "qwen", "qwen3") | {"set": {"cutoff_len": cutoff}},
        "misordered": _spoilt(exported, "misordered", _misorder),
        "twice": _spoilt(exported, "twice", _encode_arguments),
        "asking": _spoilt(exported, "asking", _make_request_an_answer),
    }
    assert "validation" in in_splits.splits
    return ask("llamafactory", jobs, home, home / "in-splits" / "sft.yaml")


def test_only_rows_with_an_untrained_turn_are_withheld(
    exported: Exported, all_rows: tuple[Example, ...], rows: tuple[Example, ...]
) -> None:
    """All others are in the file, in order; the manifest counts both."""
    assert [record["id"] for record in exported.records] == [row.id for row in rows]
    assert exported.manifest.rows_out + sum(exported.withheld.values()) == len(all_rows)


def test_the_folder_says_what_it_is(answer: Answer, exported: Exported) -> None:
    """Its dataset_info.json is read by LLaMA-Factory: ShareGPT, with columns for the rest."""
    attributes = answer.jobs["all"]["attributes"]
    assert attributes["dataset_name"] == exported.file.name
    assert attributes["formatting"] == "sharegpt"
    assert (attributes["system"], attributes["tools"]) == ("system", "tools")


@pytest.mark.parametrize("template", TEMPLATES)
def test_exactly_the_trained_turns_carry_loss(
    answer: Answer, rows: tuple[Example, ...], template: str
) -> None:
    """No row is dropped, and each stretch of labels is one assistant turn, its calls included."""
    read = answer.read("all", template)
    assert read.error is None
    assert differences(rows, read.trained, TEMPLATES[template], reasoning=True) == []


@pytest.mark.parametrize(
    ("job", "template"),
    [("strip", "qwen3"), ("strip", NO_THOUGHTS), ("strip_silent", "qwen3"), ("empty", "qwen3")],
)
def test_without_thoughts_words_and_calls_carry_loss_alone(
    answer: Answer, rows: tuple[Example, ...], job: str, template: str
) -> None:
    """Stripped or empty, on thinking templates and others, no thought is taught."""
    read = answer.read(job, template)
    assert read.error is None
    assert differences(rows, read.trained, read_qwen, reasoning=False) == []


def test_the_configuration_is_one_that_llamafactory_reads(
    answer: Answer, in_splits: ExportManifest
) -> None:
    """Its parser takes it whole: one epoch, checkpoints, loss on all turns, nothing cut."""
    config = answer.config
    assert config["dataset"] == [name_dataset(in_splits, "train")]
    assert config["eval_dataset"] == [name_dataset(in_splits, "validation")]
    assert config["num_train_epochs"] == 1.0
    assert config["save_strategy"] == "steps"
    assert config["mask_history"] is False
    assert config["train_on_prompt"] is False
    assert config["packing"] is False
    assert config["cutoff_len"] >= 100_000


@pytest.mark.parametrize("template", ["qwen", "qwen3"])
def test_rows_that_fit_are_whole_with_the_cutoff_of_the_configuration(
    answer: Answer, fitting: Exported, rows: tuple[Example, ...], template: str
) -> None:
    """Longer rows are left out and counted; of those in the file LLaMA-Factory cuts none."""
    ids = {record["id"] for record in fitting.records}
    read = answer.read("fitting", template)
    assert read.error is None
    assert sum(fitting.manifest.too_long.values()) == len(rows) - len(ids) > 0
    kept = [row for row in rows if row.id in ids]
    assert differences(kept, read.trained, read_qwen, reasoning=False) == []


def test_a_misordered_row_is_noticed(answer: Answer, rows: tuple[Example, ...]) -> None:
    """LLaMA-Factory drops it with a line in its log; the count of rows tells."""
    read = answer.read("misordered", "qwen")
    observed = [row for row in rows[:FEW] if any(turn.role == "tool" for turn in row.messages)]
    assert read.error is None
    assert len(read.trained) == FEW - len(observed) < FEW


def test_arguments_encoded_twice_are_noticed(answer: Answer, rows: tuple[Example, ...]) -> None:
    """They are taken without a word; what is taught then differs."""
    read = answer.read("twice", "qwen")
    assert read.error is None
    assert len(read.trained) == FEW
    assert differences(rows[:FEW], read.trained, read_qwen, reasoning=True)


def test_a_request_in_the_agents_place_is_noticed(answer: Answer) -> None:
    """Of rows whose request says it is an answer none is left, which stops the run."""
    read = answer.read("asking", "qwen")
    assert read.error is not None
    assert read.trained == ()
