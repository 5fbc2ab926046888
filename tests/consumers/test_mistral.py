"""mistral-common's validator and tokenizers, with loss where mistral-finetune puts it."""

from pathlib import Path

import orjson
import pytest

from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.versions import Version
from tests.consumers.asking import Answer, ask
from tests.consumers.exporting import FEW, Exported, Record, export_as
from tests.consumers.spoken import Spoken, read_mistral, spoken

pytestmark = pytest.mark.formats

TOKENIZERS = ("v3", "v3-tekken")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mistral")


@pytest.fixture(scope="module")
def exported(all_rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    """All rows that can be said, text beside calls dropped and thoughts stripped."""
    options = ExportOptions(reasoning="strip", beside_calls="drop")
    return export_as("mistral", all_rows, version, home / "all", options)


@pytest.fixture(scope="module")
def careful(all_rows: tuple[Example, ...], version: Version, home: Path) -> Exported:
    """The same as it is without options: nothing of a row is left out."""
    return export_as("mistral", all_rows, version, home / "careful")


@pytest.fixture(scope="module")
def answer(exported: Exported, home: Path) -> Answer:
    """What mistral-common says of all files, asked once."""
    spoilt = {
        "long_ids": _lengthen_ids,
        "twice": _encode_arguments,
        "asking": _end_with_request,
    }
    files = {name: exported.respell(name, change) for name, change in spoilt.items()}
    jobs = {name: {"file": str(file), "templates": ["v3"]} for name, file in files.items()}
    jobs["all"] = {"file": str(exported.file), "templates": [*TOKENIZERS]}
    return ask("mistral", jobs, home)


def _lengthen_ids(record: Record) -> None:
    for turn in record["messages"]:
        for call in turn.get("tool_calls", ()):
            call["id"] += "x"
        if "tool_call_id" in turn:
            turn["tool_call_id"] += "x"


def _encode_arguments(record: Record) -> None:
    for turn in record["messages"]:
        for call in turn.get("tool_calls", ()):
            call["function"]["arguments"] = orjson.dumps(call["function"]["arguments"]).decode()


def _end_with_request(record: Record) -> None:
    record["messages"].append({"role": "user", "content": "And this?"})


def _row_of(record: Record, rows: dict[str, Example]) -> tuple[Example, int]:
    """Return the row that a record is of, and the turn it teaches."""
    row_id, _, turn = record["id"].rpartition("/")
    return rows[row_id], int(turn)


def _wanted(message: Message) -> Spoken:
    """Return what a turn says in a format without thoughts and without text beside calls."""
    said = spoken(message, reasoning=False)
    return Spoken("", said.calls) if said.calls else said


def _by_id(rows: tuple[Example, ...]) -> dict[str, Example]:
    return {row.id: row for row in rows}


def test_rows_are_withheld_that_the_validator_refuses(
    exported: Exported, all_rows: tuple[Example, ...]
) -> None:
    """A trained turn of several calls can't be a record's last; others are counted as well."""
    parallel = [
        row for row in all_rows if any(m.train and len(m.tool_calls) > 1 for m in row.messages)
    ]
    assert exported.withheld["parallel_calls"] == len(parallel) > 0
    assert exported.withheld["nothing_trained"] == 1
    assert exported.manifest.rows_out + sum(exported.withheld.values()) == len(all_rows)


def test_text_beside_calls_and_thoughts_are_withheld_unless_asked(
    careful: Exported, all_rows: tuple[Example, ...]
) -> None:
    """Without options a row is written whole or not at all, and counted."""
    rows = _by_id(all_rows)
    written = {_row_of(record, rows)[0].id for record in careful.records}
    for row_id in written:
        turns = rows[row_id].messages
        assert not any(turn.reasoning or (turn.content and turn.tool_calls) for turn in turns)
    assert careful.withheld["text_beside_calls"] > 0
    assert careful.withheld["no_place_for_thoughts"] == 1


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_every_record_is_valid(answer: Answer, exported: Exported, tokenizer: str) -> None:
    """The validator for finetuning takes all of them, and the tokenizer encodes them."""
    read = answer.read("all", tokenizer)
    assert read.error is None
    assert len(read.trained) == answer.jobs["all"]["rows_read"] == exported.manifest.records


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_each_record_teaches_its_one_turn(
    answer: Answer, exported: Exported, all_rows: tuple[Example, ...], tokenizer: str
) -> None:
    """Loss lies on the one turn that the record is of, calls included, and on nothing else."""
    rows = _by_id(all_rows)
    for record, texts in zip(exported.records, answer.read("all", tokenizer).trained, strict=True):
        row, turn = _row_of(record, rows)
        said = [read_mistral(text) for text in texts]
        assert said == [_wanted(row.messages[turn])], record["id"]


def test_each_trained_turn_is_taught_once(
    exported: Exported, all_rows: tuple[Example, ...]
) -> None:
    """A row's records are its trained assistant turns, in order; untrained ones have none."""
    rows = _by_id(all_rows)
    taught: dict[str, list[int]] = {}
    for record in exported.records:
        row, turn = _row_of(record, rows)
        taught.setdefault(row.id, []).append(turn)
    for row_id, turns in taught.items():
        messages = rows[row_id].messages
        trained = [n for n, m in enumerate(messages) if m.role == "assistant" and m.train]
        assert turns == trained


def test_ids_of_ten_characters_are_noticed(answer: Answer, exported: Exported) -> None:
    """Each record with a call is refused."""
    read = answer.read("long_ids", "v3")
    few = exported.records[:FEW]
    with_calls = [r for r in few if any("tool_calls" in m for m in r["messages"])]
    assert "with a length of 9" in str(read.error)
    assert len(read.trained) == FEW - len(with_calls) < FEW


def test_arguments_encoded_twice_are_noticed(answer: Answer) -> None:
    """They are a text in a text."""
    assert "encoded twice" in str(answer.read("twice", "v3").error)


def test_a_record_that_ends_with_a_user_is_noticed(answer: Answer) -> None:
    """There is nothing to learn in it: each is refused."""
    read = answer.read("asking", "v3")
    assert "Expected last role Assistant" in str(read.error)
    assert read.trained == ()
