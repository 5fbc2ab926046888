"""SFTTrainer with the chat templates that TRL ships: what of an export it puts loss on."""

from pathlib import Path

import orjson
import pytest
import yaml

from schemas.rows import Example
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.versions import Version
from tests.consumers.asking import Answer, ask
from tests.consumers.exporting import FEW, Exported, Record, export_as, export_in_splits
from tests.consumers.loss import differences
from tests.consumers.rows import UNTRAINED
from tests.consumers.spoken import read_llama3, read_qwen

pytestmark = pytest.mark.formats

QWEN = {"qwen2_5": False, "qwen3": True, "qwen3_instruct_2507": False}  # and whether it thinks
LLAMA = "llama3_1_marked"
FITTING = 9_000  # tokens, which are bytes here


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trl")


@pytest.fixture(scope="module")
def written(rows: tuple[Example, ...], exported: Exported) -> list[Example]:
    """The rows that are in the file, in order."""
    ids = {record["id"] for record in exported.records}
    return [row for row in rows if row.id in ids]


@pytest.fixture(scope="module")
def exported(all_rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    return export_as("trl", all_rows, version, home / "all")


@pytest.fixture(scope="module")
def single(rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    """What Llama 3.1's template can say: a call at a time, and nothing beside it."""
    return export_as("trl", filter(_is_single, rows), version, home / "single")


@pytest.fixture(scope="module")
def overtrained(version: Version, home: Path) -> Exported:
    """What an exporter would write that forgets which turns are not to be trained."""
    return export_as("trl", map(_train_all, UNTRAINED), version, home / "overtrained")


@pytest.fixture(scope="module")
def thoughtless(rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    return export_as("trl", rows, version, home / "empty", ExportOptions(reasoning="empty"))


@pytest.fixture(scope="module")
def in_splits(rows: tuple[Example, ...], version: Version, home: Path) -> ExportManifest:
    """What is written of rows of all splits, into a folder of that name."""
    return export_in_splits("trl", rows, version, home / "in-splits")


@pytest.fixture(scope="module")
def fitting(rows: tuple[Example, ...], version: Version, home: Path, tokenizer: Path) -> Exported:
    """Rows that fit a length, and the configuration with the cutoff that goes with it."""
    options = ExportOptions(tokenizer=tokenizer, max_tokens=FITTING)
    return export_as("trl", rows, version, home / "fitting", options)


@pytest.fixture(scope="module")
def answer(
    exported: Exported, single: Exported, thoughtless: Exported, overtrained: Exported,
    fitting: Exported, in_splits: ExportManifest, home: Path,
) -> Answer:  # fmt: skip
    """What TRL says of all files, asked once."""
    jobs: dict[str, dict[str, object]] = {
        "all": {"file": str(exported.file), "templates": [*QWEN], "train": True},
        "single": {"file": str(single.file), "templates": [LLAMA]},
        "empty": {"file": str(thoughtless.file), "templates": ["qwen3"]},
        "whole": {"file": str(exported.file), "templates": [LLAMA, "llama3_1"]},
        "fitting": {
            "file": str(fitting.file),
            "templates": ["qwen2_5"],
            "max_length": yaml.safe_load((fitting.folder / "sft.yaml").read_text())["max_length"],
        },
        "overtrained": {"file": str(overtrained.file), "templates": ["qwen2_5"]},
        "twice": {
            "file": str(exported.respell("twice", _encode_arguments)),
            "templates": ["qwen2_5"],
        },
        "spoken_user": {
            "file": str(exported.respell("user", _train_user)),
            "templates": ["qwen2_5"],
        },
    }
    assert "validation" in in_splits.splits
    return ask("trl", jobs, home, home / "in-splits" / "sft.yaml")


def _is_single(row: Example) -> bool:
    return all(len(m.tool_calls) < 2 and not (m.tool_calls and m.content) for m in row.messages)


def _train_all(row: Example) -> Example:
    turns = (turn.model_copy(update={"train": turn.role == "assistant"}) for turn in row.messages)
    return row.model_copy(update={"messages": tuple(turns)})


def _encode_arguments(record: Record) -> None:
    for turn in record["messages"]:
        for call in turn.get("tool_calls", ()):
            call["function"]["arguments"] = orjson.dumps(call["function"]["arguments"]).decode()


def _train_user(record: Record) -> None:
    for turn in record["messages"]:
        turn["role"] = turn["role"].replace("user", "assistant")


def test_only_rows_that_trl_would_teach_wrong_are_withheld(
    exported: Exported, written: list[Example], all_rows: tuple[Example, ...]
) -> None:
    """All others are in the file, in order; the manifest counts both."""
    assert [record["id"] for record in exported.records] == [row.id for row in written]
    untrained = {"untrained_turn": len(UNTRAINED) - 1, "nothing_trained": 1}
    numbers = exported.withheld["number_changes"]
    assert exported.withheld == untrained | {"number_changes": numbers}
    assert 0 < numbers < len(all_rows) / 20
    assert exported.manifest.rows_out + sum(exported.withheld.values()) == len(all_rows)


def test_every_record_is_read(answer: Answer, exported: Exported) -> None:
    """TRL reads as many rows as were written, with values of every type."""
    assert answer.jobs["all"]["rows_read"] == len(exported.records) == exported.manifest.records


@pytest.mark.parametrize(("template", "thinks"), QWEN.items())
def test_exactly_the_trained_turns_carry_loss(
    answer: Answer, written: list[Example], template: str, thinks: bool
) -> None:
    """Each stretch of loss is one assistant turn, its calls included, to its end mark."""
    read = answer.read("all", template)
    assert read.error is None
    assert differences(written, read.trained, read_qwen, reasoning=thinks) == []


def test_llama_3_1_is_taught_calls_one_at_a_time(answer: Answer, written: list[Example]) -> None:
    """Its template, marked, puts loss on the same turns where each has a call or a text."""
    read = answer.read("single", LLAMA)
    assert read.error is None
    kept = [row for row in written if _is_single(row)]
    assert differences(kept, read.trained, read_llama3, reasoning=False) == []


def test_llama_3_1_refuses_parallel_calls_aloud(answer: Answer) -> None:
    """Nothing is dropped in silence: the template stops at the first such row."""
    assert "single tool-calls" in str(answer.read("whole", LLAMA).error)


def test_trl_does_not_train_on_llama_3_1_as_it_is(answer: Answer) -> None:
    """It ships no training template for it and says so; one has to be given."""
    assert "not training-compatible" in str(answer.read("whole", "llama3_1").error)


def test_empty_thoughts_are_empty_blocks(answer: Answer, written: list[Example]) -> None:
    """With `--reasoning empty` a thinking template renders a block without a word in it."""
    read = answer.read("empty", "qwen3")
    assert read.error is None
    assert differences(written, read.trained, read_qwen, reasoning=False) == []
    assert all(t.startswith("<think>\n\n</think>") for turns in read.trained for t in turns)


def test_two_steps_have_a_loss(answer: Answer) -> None:
    """A model with one layer takes two steps on the file; its loss is a number above 0."""
    losses = answer.jobs["all"]["losses"]
    assert len(losses) == 2
    assert all(loss > 0 for loss in losses)


def test_the_configuration_is_one_that_trl_reads(answer: Answer, in_splits: ExportManifest) -> None:
    """TRL's parser takes it whole: one epoch, checkpoints, loss on assistants, nothing cut."""
    config = answer.config
    assert config["num_train_epochs"] == 1
    assert config["save_strategy"] == "steps"
    assert config["assistant_only_loss"] is True
    assert config["packing"] is False
    assert config["max_length"] is None
    assert config["dataset_train_split"] == "train"
    assert config["dataset_test_split"] == "validation"
    assert config["splits"] == {split: _rows_out(in_splits, split) for split in in_splits.rows}


def _rows_out(manifest: ExportManifest, split: str) -> int:
    return sum(count.rows_out for count in manifest.rows[split].values())


def test_rows_that_fit_are_whole_with_the_cutoff_of_the_configuration(
    answer: Answer, fitting: Exported, written: list[Example]
) -> None:
    """Longer rows are left out and counted; of those in the file TRL cuts none."""
    ids = {record["id"] for record in fitting.records}
    read = answer.read("fitting", "qwen2_5")
    assert read.error is None
    assert sum(fitting.manifest.too_long.values()) == len(written) - len(ids) > 0
    kept = [row for row in written if row.id in ids]
    assert differences(kept, read.trained, read_qwen, reasoning=False) == []


def test_arguments_encoded_twice_are_noticed(answer: Answer, written: list[Example]) -> None:
    """TRL takes them without a word; what is taught then differs."""
    read = answer.read("twice", "qwen2_5")
    found = differences(written[:FEW], read.trained, read_qwen, reasoning=False)
    with_calls = [row for row in written[:FEW] if any(turn.tool_calls for turn in row.messages)]
    assert read.error is None
    assert len(found) == len(with_calls) > 0


def test_loss_on_a_user_is_noticed(answer: Answer, written: list[Example]) -> None:
    """A request that is taught as an answer shows in every row."""
    read = answer.read("spoken_user", "qwen2_5")
    found = differences(written[:FEW], read.trained, read_qwen, reasoning=False)
    assert len(found) == FEW


def test_loss_on_an_untrained_turn_is_noticed(answer: Answer) -> None:
    """So is a turn of the agent's that was not to be trained."""
    read = answer.read("overtrained", "qwen2_5")
    assert read.error is None
    found = differences(UNTRAINED, read.trained, read_qwen, reasoning=False)
    assert len(found) == len(UNTRAINED)
