"""What is read of other datasets is kept or left out for a reason, and nothing is lost."""

from pathlib import Path

import pytest

from schemas.errors import BadInputError
from schemas.params import BuildParams
from schemas.rows import Dropped, Imported
from schemas.third_party import ForeignFile, ThirdParty, ThirdPartySource
from tasks.doors.cache import Partition
from tasks.formats.foreign_files import ForeignFiles, check_foreign, find_foreign
from tasks.formats.importing.rows import RejectedRow
from tasks.imports import ImportsSpec, Intake, imports_spec, make_imports
from tasks.mixing import to_example
from tasks.publish import count_sources
from tests.tasks.foreign import foreign, imported, said, user
from tests.tasks.samples import open_sample_run

TOOLACE = Path(__file__).parents[1] / "data" / "toolace.jsonl"


def params_of(*paths: Path) -> BuildParams:
    """Return parameters that name ToolACE files as sources."""
    sources = tuple(
        ThirdPartySource(path=str(p), format="toolace", licence="Apache-2.0") for p in paths
    )
    return BuildParams(third_party=ThirdParty(sources=sources))


def spec_of(params: BuildParams, folder: Path) -> ImportsSpec:
    """Return the spec of reading the sources of some parameters."""
    return imports_spec(params, find_foreign(params.third_party.sources, folder))


def intake() -> Intake:
    """Return what takes rows with nothing seen so far."""
    spec = ImportsSpec(sources=(), least_turns=2, duplicate_threshold=0.85, rules="")
    return Intake(spec)


def test_every_row_is_kept_or_left_out_for_a_reason() -> None:
    """Rejected ones with the reader's own word, near-duplicates by the second, by rules."""
    taking = intake()
    for number in (1, 2):
        taking.take(foreign(number))
    taking.take(foreign(3, turns=foreign(1).messages))
    taking.take(RejectedRow("others", "row-4", "others.jsonl, line 5", "unread_call", "odd", 1, 0))
    made = taking.made
    assert made.rows_in == 4
    assert dict(made.dropped) == {"near_duplicate": 1, "unread_call": 1}
    kept = [row for row in made.rows if isinstance(row, Imported)]
    left = {row.reason: row for row in made.rows if isinstance(row, Dropped)}
    assert [row.source_id for row in kept] == ["row-1", "row-2"]
    assert (left["unread_call"].detail, left["unread_call"].by) == (
        "others.jsonl, line 5: odd",
        "rules",
    )
    assert left["near_duplicate"].detail == "others.jsonl, line 4"


def test_conversations_that_only_begin_alike_are_none_alike() -> None:
    """All that the user says is compared: many conversations begin in the same words."""
    taking = intake()
    for number, more in enumerate(("the loan of the boat is 5,000", "my house, and at 4 percent")):
        turns = (user("Help me, please."), said("With what?"), user(more), said("Here you are."))
        taking.take(foreign(number, turns=turns))
    assert not taking.made.dropped


def test_rows_of_two_files_may_share_an_id() -> None:
    """Both are kept, and each has a slot of its own."""
    taking = intake()
    taking.take(foreign(1))
    taking.take(foreign(1, turns=foreign(2).messages))
    slots = [row.slot for row in taking.made.rows]
    assert slots == ["third_party/others/row-1", "third_party/others/row-1/2"]


def test_several_steps_are_several_calls_or_something_made_of_one() -> None:
    """A call that ends a row is one step."""
    taking = intake()
    taking.take(foreign(1))
    taking.take(foreign(2, turns=(user("Find the second."), foreign(1).messages[1])))
    assert [row.multi_step for row in taking.made.rows if isinstance(row, Imported)] == [
        True,
        False,
    ]


def test_the_spec_holds_content_and_no_path(tmp_path: Path) -> None:
    """A file elsewhere, and sources in another order, are the same; other content is not."""
    one, other = tmp_path / "a" / "rows.jsonl", tmp_path / "b" / "rows.jsonl"
    for file in (one, other):
        file.parent.mkdir()
        file.write_bytes(TOOLACE.read_bytes())
    assert spec_of(params_of(one), tmp_path) == spec_of(params_of(other), tmp_path)
    both = (params_of(one, TOOLACE), params_of(TOOLACE, other))
    assert spec_of(both[0], tmp_path) == spec_of(both[1], tmp_path)
    other.write_bytes(TOOLACE.read_bytes() + b"\n")
    assert spec_of(params_of(one), tmp_path) != spec_of(params_of(other), tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said_of"),
    [("none.jsonl", None, "can't be read"), ("cut.jsonl", b'{"system": "', "cut.jsonl, line 1")],
)
def test_what_cannot_be_read_is_told_before_anything_starts(
    tmp_path: Path, name: str, content: bytes | None, said_of: str
) -> None:
    """The message names the file."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=said_of):
        check_foreign(params_of(tmp_path / name).third_party.sources)


def test_an_empty_folder_is_no_source(tmp_path: Path) -> None:
    """It has no rows, which is a mistake rather than a dataset without any."""
    with pytest.raises(BadInputError, match=r"no \.json or \.jsonl file"):
        find_foreign(params_of(tmp_path).third_party.sources, tmp_path)


async def test_the_stage_keeps_real_rows_and_gates_them(tmp_path: Path) -> None:
    """ToolACE's rows become the store's; what is read again is the same."""
    params = params_of(TOOLACE)
    async with open_sample_run(tmp_path, params) as context:
        spec = imports_spec(params, context.foreign)
        receipts = [await make_imports.fn(spec, (), Partition()) for _ in range(2)]
        rows = await context.store.rows(Imported, [receipts[0]])
    assert receipts[0].digest == receipts[1].digest
    assert receipts[0].rows == len(rows) > 20
    assert receipts[0].rows + sum(receipts[0].dropped.values()) == receipts[0].rows_in
    assert {row.source for row in rows} == {"toolace"}
    assert {row.licence for row in rows} == {"Apache-2.0"}


@pytest.mark.parametrize("path", ["own.jsonl", "data/lent.json", ".", "hf:owner/own@v1"])
def test_rows_of_others_are_never_called_ours(path: str) -> None:
    """A file's name that is what our own rows are called, or nothing, asks for another one."""
    with pytest.raises(ValueError, match="give the dataset a `name`"):
        ThirdPartySource(path=path, format="openai")
    assert ThirdPartySource(path=path, format="openai", name="others").called == "others"


def test_a_file_s_odd_name_breaks_no_table() -> None:
    """What has a meaning in Markdown, and spaces, become hyphens; a licence has no such mark."""
    assert ThirdPartySource(path="data/my | rows\n.jsonl", format="openai").called == "my-rows-"
    with pytest.raises(ValueError, match="licence"):
        ThirdPartySource(path="a.jsonl", format="openai", licence="MIT | none")


def test_a_licence_is_stated_of_its_own_files_alone() -> None:
    """Two datasets of one name keep their files apart, and one that no row is of is listed."""
    found = [
        ForeignFiles(
            ThirdPartySource(path=f"{sign}.jsonl", format="openai", name="x", licence=licence),
            Path(),
            (ForeignFile(name=f"{sign}.jsonl", sha256=sign * 64),),
        )
        for sign, licence in (("a", "MIT"), ("b", "Apache-2.0"))
    ]
    counts = count_sources([to_example(imported(), "family", "train")], found)
    assert [(c.name, c.licence, c.rows, [f.name for f in c.files]) for c in counts] == [
        ("others", "MIT", 1, []),
        ("x", "Apache-2.0", 0, ["b.jsonl"]),
        ("x", "MIT", 0, ["a.jsonl"]),
    ]
