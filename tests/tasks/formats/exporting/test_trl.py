import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given

from schemas.messages import Message, ToolCall
from tasks.formats.exporting.trl import FORMAT
from tasks.formats.exporting.writing import export
from tests.tasks.formats.exporting.samples import (
    ASK,
    CALLED,
    DONE,
    SENT,
    SYSTEM,
    TOOL,
    conversations,
    harmful,
    row,
    say,
    thinking,
    untrained,
    version,
)


def test_a_record_has_objects_for_arguments_and_text_for_tools() -> None:
    """So the templates write arguments once, and Arrow sees one type of tools."""
    (record,) = say(FORMAT, row(SYSTEM, ASK, CALLED, SENT, DONE))
    assert json.loads(record.pop("tools")) == [TOOL]
    assert record == {
        "id": "example-abc",
        "canary": "",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Please send a note."},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {
                            "name": "send_note",
                            "arguments": {"n": 1, "to": "sam@example.com"},
                        },
                    }
                ],
            },
            {"role": "tool", "content": "{}", "tool_call_id": "call_1", "name": "send_note"},
            {"role": "assistant", "content": "Done."},
        ],
    }


@pytest.mark.parametrize(
    ("reasoning", "found"), [("keep", [None, "Hm."]), ("strip", [None] * 2), ("empty", [""] * 2)]
)
def test_thoughts_have_a_key(reasoning: str, found: list[str | None]) -> None:
    """They are kept, absent, or empty on every assistant turn."""
    (record,) = say(FORMAT, row(ASK, CALLED, SENT, thinking(DONE, "Hm.")), reasoning=reasoning)
    turns = [turn for turn in record["messages"] if turn["role"] == "assistant"]
    assert [turn.get("reasoning_content") for turn in turns] == found


@given(conversations())
def test_a_conversation_is_trained_whole_or_withheld(messages: tuple[Message, ...]) -> None:
    """A turn without loss can't be said; anything else can."""
    said = [turn for turn in messages if turn.role == "assistant"]
    found = say(FORMAT, row(*messages))
    if not all(turn.train for turn in said):
        assert found == "untrained_turn"
        return
    (record,) = found
    assert [turn["role"] for turn in record["messages"]] == [turn.role for turn in messages]
    assert all(isinstance(turn["content"], str) for turn in record["messages"])


def test_an_untrained_turn_is_withheld() -> None:
    """Its records would have another shape than the file's."""
    assert say(FORMAT, row(ASK, untrained(CALLED), SENT, DONE)) == "untrained_turn"


@pytest.mark.parametrize(("number", "said"), [(0.689, False), (0.3, False), (0.5, True), (7, True)])
def test_a_number_that_its_loader_changes_is_withheld(number: float, said: bool) -> None:
    """It would be taught as 0.6890000000000001; others are written."""
    call = ToolCall(id="call_1", name="send_note", arguments={"to": "sam", "deep": [number]})
    found = say(FORMAT, row(ASK, CALLED.model_copy(update={"tool_calls": (call,)}), SENT, DONE))
    assert (found != "number_changes") == said


def test_the_configuration_trains_what_there_is(tmp_path: Path) -> None:
    """One epoch, loss on assistant turns alone, nothing cut; no evaluation without its split."""
    export([row(), harmful()], version(), FORMAT, tmp_path)
    found = yaml.safe_load((tmp_path / "sft.yaml").read_text())
    assert (found["num_train_epochs"], found["assistant_only_loss"]) == (1, True)
    assert (found["max_length"], found["packing"]) == (None, False)
    assert "eval_strategy" not in found
    assert list((tmp_path / found["dataset_name"]).iterdir())


def test_the_configuration_evaluates_where_there_is_a_split(tmp_path: Path) -> None:
    """Validation rows are looked at during training, test rows never."""
    rows = [row(split=split) for split in ("train", "validation", "test")]
    export(rows, version(rehearsal=True), FORMAT, tmp_path)
    text = (tmp_path / "sft.yaml").read_text()
    assert yaml.safe_load(text)["dataset_test_split"] == "validation"
    assert "REHEARSAL DATA" in text
