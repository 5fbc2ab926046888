import hashlib
from pathlib import Path

import orjson
import pytest

from schemas.errors import BadInputError, QualityError
from schemas.messages import Message, ToolCall
from schemas.rows import Example
from tasks.formats.agentalign import ExportManifest, to_record, write_export

CALL = ToolCall(id="call_1", name="send_note", arguments={"to": "sam@example.com", "n": 1})
SYSTEM = Message(role="system", content="Be brief.")
ASK = Message(role="user", content="Please send a note.")
HELPED = (
    Message(role="assistant", tool_calls=(CALL,)),
    Message(role="tool", content="{}", tool_call_id="call_1", name="send_note"),
    Message(role="assistant", content="Done."),
)
REFUSED = (Message(role="assistant", content="I can't help with that."),)
TOOL = {"type": "function", "function": {"name": "send_note", "parameters": {"type": "object"}}}


def benign(*messages: Message, source: str = "own") -> Example:
    return Example(
        id="example-abc", slot="s", label="benign", intent="benign", kind="trajectory",
        category="privacy", subcategory="doxing", pattern=("Communication.send_email",),
        pair="b", chain="c", binding="b", instruction="i", response="r", split="train",
        messages=messages or (SYSTEM, ASK, *HELPED), tools=(TOOL,), canary=None, source=source,
    )  # fmt: skip


def harmful(*messages: Message) -> Example:
    return benign(*(messages or (ASK, *REFUSED))).model_copy(
        update={"label": "harmful", "intent": "harmful", "canary": "canary-x"}
    )


def test_a_trajectory_has_the_released_form() -> None:
    """Keys, ids, string arguments and tool turns are those of the released set."""
    assert to_record(benign()) == {
        "id": "benign-abc",
        "category": "benign",
        "sub_category": "doxing",
        "pattern": ["Communication.send_email"],
        "messages": [
            {"role": "user", "content": "Please send a note."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {
                            "name": "send_note",
                            "arguments": '{"n":1,"to":"sam@example.com"}',
                        },
                    }
                ],
            },
            {"role": "tool", "content": "{}", "tool_call_id": "call_1", "name": "send_note"},
            {"role": "assistant", "content": "Done."},
        ],
        "tools": [TOOL],
        "split": "train",
        "system": "Be brief.",
    }


def test_a_refusal_is_request_and_refusal() -> None:
    """A harmful row is exactly two turns, under its category, with the canary."""
    record = to_record(harmful(SYSTEM, ASK, *REFUSED))
    assert record["id"] == "privacy-abc"
    assert record["category"] == "privacy"
    assert record["canary"] == "canary-x"
    assert record["messages"] == [
        {"role": "user", "content": "Please send a note."},
        {"role": "assistant", "content": "I can't help with that."},
    ]


@pytest.mark.parametrize("messages", [(ASK,), (ASK, *HELPED), (ASK, HELPED[0])])
def test_a_harmful_row_without_a_plain_refusal_is_not_exported(
    messages: tuple[Message, ...],
) -> None:
    """A request alone, or one that calls followed, never leaves."""
    with pytest.raises(QualityError, match="has to end in its refusal"):
        to_record(harmful(*messages))


def test_third_party_rows_are_benign_by_another_id() -> None:
    """Their ids start with their source, as in the released set."""
    record = to_record(benign(source="toolace"))
    assert (record["id"], record["category"]) == ("toolace-abc", "benign")


def test_an_export_is_one_list_with_a_manifest(tmp_path: Path) -> None:
    """Rows in are rows out; counts and digest are those of the file."""
    manifest = write_export([benign(), harmful()], "v1", tmp_path / "out")
    content = (tmp_path / "out" / manifest.file).read_bytes()
    assert [record["id"] for record in orjson.loads(content)] == ["benign-abc", "privacy-abc"]
    assert manifest.sha256 == hashlib.sha256(content).hexdigest()
    assert (manifest.rows_in, manifest.rows_out) == (2, 2)
    assert manifest.by_category == {"benign": 1, "privacy": 1}
    written = (tmp_path / "out" / "manifest.json").read_bytes()
    assert ExportManifest.model_validate_json(written) == manifest
    assert not list((tmp_path / "out").glob("*.part"))


def test_an_empty_version_is_an_empty_list(tmp_path: Path) -> None:
    """No row is still a list."""
    manifest = write_export([], "v1", tmp_path)
    assert orjson.loads((tmp_path / manifest.file).read_bytes()) == []


def test_exporting_again_gives_the_same_file(tmp_path: Path) -> None:
    """The same version may be exported to its folder any number of times."""
    assert write_export([benign()], "v1", tmp_path) == write_export([benign()], "v1", tmp_path)


def test_another_versions_export_is_not_overwritten(tmp_path: Path) -> None:
    """A folder that holds another version is refused, and left as it was."""
    before = write_export([benign()], "v1", tmp_path)
    with pytest.raises(BadInputError, match="holds an export of v1, not of v2"):
        write_export([harmful()], "v2", tmp_path)
    assert [path.name for path in tmp_path.glob("agentalign-*")] == [before.file]


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """A manifest that isn't ours is not replaced."""
    (tmp_path / "manifest.json").write_text('{"name": "other"}')
    with pytest.raises(BadInputError, match="no export's"):
        write_export([benign()], "v1", tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A file in the way is told with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match="give another folder with --out"):
        write_export([benign()], "v1", tmp_path / "file")


def test_a_failed_export_leaves_nothing_half_done(tmp_path: Path) -> None:
    """A row that doesn't fit stops the export before the file is in its place."""
    with pytest.raises(QualityError):
        write_export([benign(), harmful(ASK, *HELPED)], "v1", tmp_path)
    assert list(tmp_path.iterdir()) == []
