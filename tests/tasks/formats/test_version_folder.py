"""A version on disk: whole or not there, and read-only."""

from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.messages import Message, ToolCall
from schemas.records import from_record
from schemas.rows import Example
from tasks.formats.version_folder import file_digests, seal, to_table, write_rows
from tasks.publish import rows_digest, version_name

CALLS = pa.table({"key": ["k"]})


def example(number: int, split: str = "train") -> Example:
    """Return a row with a call in it."""
    call = ToolCall(id="c", name="tool", arguments={"b": number, "a": [1, {"é": None}]})
    return Example.model_validate(
        {
            "id": f"example-{number}",
            "slot": f"phishing/0/{number}",
            "label": "benign",
            "intent": "benign",
            "kind": "trajectory",
            "category": "online_fraud",
            "subcategory": "phishing",
            "pattern": ("System.get_info",),
            "pair": "b",
            "chain": "c",
            "binding": "b",
            "instruction": "i",
            "response": "r",
            "split": split,
            "messages": (
                Message(role="user", content="x"),
                Message(role="assistant", tool_calls=(call,)),
            ),
            "tools": ({"type": "function"},),
            "canary": None,
        }
    )


def test_rows_come_back_from_parquet_as_they_were(tmp_path: Path) -> None:
    """Nested values survive; rows lie in the order of their ids."""
    rows = [example(2), example(1)]
    pq.write_table(to_table(Example, rows), tmp_path / "rows.parquet")
    found = [from_record(Example, r) for r in pq.read_table(tmp_path / "rows.parquet").to_pylist()]
    assert found == [example(1), example(2)]


def test_every_split_has_a_file_even_an_empty_one(tmp_path: Path) -> None:
    """Readers need not ask which splits there are."""
    write_rows(tmp_path / "v", [example(1), example(2, "test")], {}, CALLS)
    counts = {
        path.stem: pq.read_metadata(path).num_rows for path in (tmp_path / "v" / "data").iterdir()
    }
    assert counts == {"train": 1, "validation": 0, "test": 1}


def test_a_sealed_version_is_read_only_and_moved_whole(tmp_path: Path) -> None:
    """The draft is gone and the digests are those of its files."""
    write_rows(tmp_path / ".draft", [example(1)], {}, CALLS)
    before = file_digests(tmp_path / ".draft")
    seal(tmp_path / ".draft", tmp_path / "v")
    assert not (tmp_path / ".draft").exists()
    assert file_digests(tmp_path / "v") == before
    assert all(p.stat().st_mode & 0o222 == 0 for p in (tmp_path / "v").rglob("*") if p.is_file())


def test_an_existing_version_is_left_as_it_is(tmp_path: Path) -> None:
    """Sealed twice, the first folder stays."""
    for number in (1, 2):
        write_rows(tmp_path / ".draft", [example(number)], {}, CALLS)
        seal(tmp_path / ".draft", tmp_path / "v")
    assert pq.read_table(tmp_path / "v" / "data" / "train.parquet")["id"].to_pylist() == [
        "example-1"
    ]


def test_a_version_is_its_rows_whatever_their_order() -> None:
    """The digest is of the set; a rehearsal says so in its name."""
    one, two = example(1), example(2)
    assert rows_digest([one, two]) == rows_digest([two, one]) != rows_digest([one])
    assert version_name("ab" * 32, rehearsal=True) == "rehearsal-abababababab"
    assert version_name("ab" * 32, rehearsal=False) == "abababababab"
