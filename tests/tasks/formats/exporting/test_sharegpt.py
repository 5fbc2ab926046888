import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from schemas.messages import Message
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.sharegpt import FORMAT
from tasks.formats.exporting.writing import export
from tests.tasks.formats.exporting.samples import (
    ASK,
    BOTH,
    CALLED,
    DONE,
    SEEN,
    SENT,
    SYSTEM,
    TOLD,
    TOOL,
    conversations,
    harmful,
    row,
    say,
    thinking,
    untrained,
    version,
)

SIDES = ({"human", "observation"}, {"gpt", "function_call"})


def test_a_record_takes_turns() -> None:
    """System prompt and tools stand beside the turns, as text; a call is JSON text."""
    (record,) = say(FORMAT, row(SYSTEM, ASK, CALLED, SENT, DONE))
    assert json.loads(record.pop("tools")) == [TOOL["function"]]
    assert record == {
        "id": "example-abc",
        "canary": "",
        "conversations": [
            {"from": "human", "value": "Please send a note."},
            {
                "from": "function_call",
                "value": '{"name":"send_note","arguments":{"to":"sam@example.com","n":1}}',
            },
            {"from": "observation", "value": "{}"},
            {"from": "gpt", "value": "Done."},
        ],
        "system": "Be brief.",
    }


def test_several_calls_are_a_list_and_their_results_one_observation() -> None:
    """Results stand in the order of the calls, whatever order they came in."""
    (record,) = say(FORMAT, row(ASK, BOTH, SEEN, SENT, DONE))
    _, call, results, _ = record["conversations"]
    assert [each["name"] for each in json.loads(call["value"])] == ["send_note", "look_up"]
    assert results["value"] == "{}\n</tool_response>\n<tool_response>\n[1]"


def test_marks_in_arguments_are_escaped() -> None:
    """The converter searches the text of calls for marks; it finds none, and reads them back."""
    (record,) = say(FORMAT, row(ASK, BOTH, SEEN, SENT, DONE))
    value = record["conversations"][1]["value"]
    assert "<" not in value
    assert json.loads(value)[1]["arguments"] == {"what": "<b>ü</b>"}


def test_text_stands_before_a_call() -> None:
    """The call is set off by the marks that the templates know."""
    (record,) = say(FORMAT, row(ASK, TOLD, SENT, DONE))
    value = record["conversations"][1]["value"]
    text, _, call = value.partition("<tool_call>")
    assert text == "Right away.\n"
    assert json.loads(call.removesuffix("</tool_call>"))["name"] == "send_note"


@pytest.mark.parametrize(
    ("reasoning", "found"),
    [
        ("keep", ["{", "<think>\nHm.\n</think>\n\nDone."]),
        ("strip", ["{", "Done."]),
        ("empty", ["<think>\n\n</think>\n\n<tool_call>", "<think>\n\n</think>\n\nDone."]),
    ],
)
def test_thoughts_stand_first(reasoning: str, found: list[str]) -> None:
    """They are kept, left out, or an empty block in each of the agent's turns."""
    (record,) = say(FORMAT, row(ASK, CALLED, SENT, thinking(DONE, "Hm.")), reasoning=reasoning)
    said = [turn["value"] for turn in record["conversations"][1::2]]
    assert all(value.startswith(start) for value, start in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((ASK, untrained(CALLED), SENT, DONE), "untrained_turn"),
        ((ASK, CALLED, SENT), "turns_out_of_order"),
        ((ASK, ASK, DONE), "turns_out_of_order"),
        ((ASK, CALLED, DONE), "unanswered_call"),
        ((ASK, SENT, DONE), "unanswered_call"),
        ((ASK, thinking(DONE, "</think>")), "marks_in_text"),
        (
            (ASK, TOLD.model_copy(update={"content": "See <tool_call>."}), SENT, DONE),
            "marks_in_text",
        ),
    ],
)
def test_what_the_converter_would_drop_is_withheld(
    messages: tuple[Message, ...], reason: str
) -> None:
    """It drops misordered records with a line in its log; here they are counted."""
    assert say(FORMAT, row(*messages)) == reason


@given(conversations())
def test_turns_alternate_in_whatever_is_written(messages: tuple[Message, ...]) -> None:
    """Sides take turns, the count is even, and every call reads back."""
    found = say(FORMAT, row(*messages))
    if isinstance(found, str):
        assert found in {"untrained_turn", "marks_in_text"}
        return
    said = found[0]["conversations"]
    assert len(said) % 2 == 0
    assert all(turn["from"] in SIDES[place % 2] for place, turn in enumerate(said))
    calls = [turn["value"] for turn in said if turn["from"] == "function_call"]
    read = [json.loads(v.rpartition("<tool_call>")[2].removesuffix("</tool_call>")) for v in calls]
    flat = [c for each in read for c in (each if isinstance(each, list) else [each])]
    assert flat == [
        {"name": call.name, "arguments": call.arguments}
        for turn in messages
        for call in turn.tool_calls
    ]


def test_the_folder_lists_its_splits(tmp_path: Path) -> None:
    """Each split is a data set of its own; the configuration trains on one and never on test."""
    rows = [row(split=split) for split in ("train", "validation", "test")]
    export([*rows, harmful()], version("v-1"), FORMAT, tmp_path)
    listed = json.loads((tmp_path / "dataset_info.json").read_text())
    assert sorted(listed) == [f"agentalign_v_1_{s}" for s in ("test", "train", "validation")]
    assert all((tmp_path / each["file_name"]).exists() for each in listed.values())
    found = yaml.safe_load((tmp_path / "sft.yaml").read_text())
    assert (found["dataset"], found["eval_dataset"]) == (
        "agentalign_v_1_train",
        "agentalign_v_1_validation",
    )
    assert (found["template"], found["mask_history"]) == ("qwen", False)
    assert found["cutoff_len"] > 100_000


def test_a_version_without_a_train_split_has_no_configuration(tmp_path: Path) -> None:
    """There is nothing to train on."""
    export([row(split="test")], version(), FORMAT, tmp_path)
    assert not (tmp_path / "sft.yaml").exists()


@pytest.mark.parametrize(("reasoning", "thinks"), [("keep", True), ("empty", False)])
def test_the_template_goes_with_the_thoughts(reasoning: str, thinks: bool, tmp_path: Path) -> None:
    """Kept thoughts are learnt; empty blocks are given, as to a model that does not think."""
    options = ExportOptions.model_validate({"reasoning": reasoning})
    export([row(ASK, thinking(DONE))], version(), FORMAT, tmp_path, options)
    found = yaml.safe_load((tmp_path / "sft.yaml").read_text())
    assert (found["template"], found["enable_thinking"]) == ("qwen3", thinks)
