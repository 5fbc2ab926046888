"""A version on disk: whole or not there, and read-only."""

from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.messages import Message, ToolCall
from schemas.prompts import Prompt
from schemas.records import from_record
from schemas.rows import Example, Execution, Plan
from tasks.doors.store import record_rows
from tasks.formats.version_folder import (
    PIECE,
    file_digests,
    open_calls,
    open_examples,
    open_folder,
    open_lineage,
    seal,
    to_table,
    write_lineage,
    write_prompts,
    write_rows,
)
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


def plan(binding: str, instruction: str | None) -> Plan:
    """Return a plan that rests on a call."""
    execution = Execution(
        id="execution-1", slot="s", binding=binding, world_seed=1, world_code="w",
        initial_digest="i", final_digest="f", steps=(), success=True, failures=(),
    )  # fmt: skip
    return Plan(
        id=f"plan-{binding}-{instruction}", slot="s", binding=binding, category="c",
        subcategory="s", maker="planner", instruction=instruction, execution=execution,
        calls=(f"call of {binding} {instruction}",),
    )  # fmt: skip


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

    def digest(*numbers: int) -> str:
        (rows,) = record_rows([example(number) for number in numbers])
        return rows_digest(rows)

    assert digest(1, 2) == digest(2, 1) != digest(1)
    assert version_name("ab" * 32, rehearsal=True) == "rehearsal-abababababab"
    assert version_name("ab" * 32, rehearsal=False) == "abababababab"


def test_files_are_sorted_by_id_whatever_their_size(tmp_path: Path) -> None:
    """Records come in any order and are written a piece at a time."""
    numbers = range(PIECE + 5)
    records = to_table(Example, [example(0)]).to_pylist()[0]
    ids = [f"example-{number:05d}" for number in reversed(numbers)]
    table = pa.table({name: [value] * len(ids) for name, value in records.items()} | {"id": ids})
    open_folder(tmp_path / "v")
    with open_examples(tmp_path / "v") as write:
        write(table.slice(5))
        write(table.slice(0, 5))
    written = pq.read_table(tmp_path / "v" / "data" / "train.parquet")
    assert written["id"].to_pylist() == sorted(ids)
    assert written.schema == to_table(Example, [example(0)]).schema
    assert pq.read_table(tmp_path / "v" / "data" / "test.parquet").num_rows == 0


def test_lineage_is_what_is_wanted_or_has_no_value(tmp_path: Path) -> None:
    """A row without a value in a column is not left out for it; the calls of the rest are told."""
    rows = [plan("a", None), plan("a", "r1"), plan("a", "r2"), plan("b", None)]
    open_folder(tmp_path / "v")
    wanted = {"binding": {"a"}, "instruction": {"r1"}}
    calls = write_lineage(tmp_path / "v", Plan, to_table(Plan, rows), wanted)
    written = pq.read_table(tmp_path / "v" / "lineage" / "plans.parquet")
    assert written["id"].to_pylist() == ["plan-a-None", "plan-a-r1"]
    assert calls == {"call of a None", "call of a r1"}


def test_lineage_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    """A kind that nothing rests on has a file with its columns and no rows."""
    open_folder(tmp_path / "v")
    assert write_lineage(tmp_path / "v", Plan, to_table(Plan, []), {"binding": {"a"}}) == set()
    written = pq.read_table(tmp_path / "v" / "lineage" / "plans.parquet")
    assert (written.num_rows, written.schema) == (0, to_table(Plan, []).schema)


def test_tables_can_be_written_piece_by_piece(tmp_path: Path) -> None:
    """Rows of a kind and calls; a kind without any has a file with its columns."""
    open_folder(tmp_path / "v")
    with open_lineage(tmp_path / "v", Plan) as write:
        write([plan("b", None)])
        write([])
        write([plan("a", None)])
    with open_lineage(tmp_path / "v", Example) as write:
        write([])
    with open_calls(tmp_path / "v") as append:
        append(pa.table({"key": ["a"]}))
        append(pa.table({"key": ["b"]}))
    lineage = tmp_path / "v" / "lineage"
    assert pq.read_table(lineage / "plans.parquet")["id"].to_pylist() == ["plan-b-None",
                                                                         "plan-a-None"]  # fmt: skip
    assert pq.read_table(lineage / "examples.parquet").schema == to_table(Example, []).schema
    assert pq.read_table(lineage / "calls.parquet")["key"].to_pylist() == ["a", "b"]


def test_prompts_are_kept_with_their_texts(tmp_path: Path) -> None:
    """Under the very reference that rows name."""
    prompt = Prompt(name="one", variables=("facts",), system="Do it.", user="{{ facts }}")
    open_folder(tmp_path / "v")
    write_prompts(tmp_path / "v", [prompt])
    (record,) = pq.read_table(tmp_path / "v" / "lineage" / "prompts.parquet").to_pylist()
    assert record == {"name": "one", "ref": prompt.ref, "system": "Do it.", "user": "{{ facts }}"}
