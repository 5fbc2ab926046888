"""Rows of other datasets fill a target of their own, and are near none of ours."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.params import Balance, BuildParams
from schemas.rows import Imported, Receipt
from tasks.audit.decontamination import Contamination
from tasks.context import RunContext
from tasks.formats.benchmarks import Benchmarks
from tasks.mixing import (
    LARGEST,
    Mixed,
    by_preference,
    find_families,
    mix,
    split_families,
    to_example,
)
from tasks.selection import Candidate, Label
from tests.tasks.foreign import called, foreign, imported, said, user
from tests.tasks.samples import open_sample_run
from tests.tasks.test_selection import candidate

ROWS = [imported(number) for number in range(8)]


async def put(context: RunContext, rows: Sequence[Imported]) -> list[Receipt]:
    """Put rows into the store of a run."""
    receipt = Receipt(stage="imports", key="imports/v1/a", table="imports", digest="d",
                      rows_in=len(rows), rows=len(rows), dropped={})  # fmt: skip
    await context.store.commit(receipt, rows)
    return [receipt]


async def mixed(
    folder: Path,
    rows: Sequence[Imported],
    target: int,
    own: Sequence[Candidate] = (),
    known: Contamination | None = None,
) -> tuple[Mixed, Counter[str]]:
    """Return what is taken of some rows, and how many are left out by reason."""
    left = Counter[str]()

    def leave_out(_row: Imported, reason: str) -> None:
        left[reason] += 1

    async with open_sample_run(folder, BuildParams()) as context:
        upstream = await put(context, rows)
        targets = Balance(third_party=target)
        found = await mix(context.store, upstream, own, targets, 0, known, leave_out)
    return found, left


async def test_the_target_is_filled_as_far_as_rows_reach(tmp_path: Path) -> None:
    """What is over is left out as not selected; the order of the rows is no matter."""
    found, left = await mixed(tmp_path / "a", ROWS, 5)
    assert (found.found, len(found.taken), dict(left)) == (8, 5, {"not_selected": 3})
    again, _ = await mixed(tmp_path / "b", ROWS[::-1], 5)
    assert [row.id for row in again.taken] == [row.id for row in found.taken]
    short, left = await mixed(tmp_path / "c", ROWS, 50)
    assert (len(short.taken), left.total()) == (8, 0)


async def test_no_rows_are_no_mix(tmp_path: Path) -> None:
    """A build without sources selects as ever."""
    found, left = await mixed(tmp_path, [], 5)
    assert (found, left.total()) == (Mixed(), 0)


def test_several_steps_come_first() -> None:
    """Whatever the hash ranks say."""
    rows = [imported(number, multi_step=number % 2 == 0) for number in range(10)]
    assert [row.multi_step for row in by_preference(rows, 0)] == [True] * 5 + [False] * 5


@pytest.mark.parametrize(
    ("label", "reason"),
    [("harmful", "near_duplicate_of_other_class"), ("benign", "near_duplicate")],
)
async def test_rows_like_ours_are_left_out(tmp_path: Path, label: Label, reason: str) -> None:
    """Of either class."""
    made = candidate(1, "privacy", "stalking", label)
    own = replace(made, request=made.request.model_copy(update={"text": ROWS[0].asked}))
    found, left = await mixed(tmp_path, ROWS, 50, [own])
    assert dict(left) == {reason: 1}
    assert ROWS[0].id not in {row.id for row in found.taken}


async def test_rows_with_a_benchmark_s_text_are_left_out(tmp_path: Path) -> None:
    """Any turn of the user's, and the system's, is compared."""
    text = "And then order twelve red umbrellas for the office in Brackwater by Friday."
    turns = (*foreign(1).messages, user(text), said("They are ordered."))
    row = imported(1, messages=turns)
    known = Contamination(Benchmarks(texts=(text,)), 8, 0.5)
    found, left = await mixed(tmp_path, [ROWS[0], row], 50, known=known)
    assert dict(left) == {"benchmark_exact": 1}
    assert [each.id for each in found.taken] == [ROWS[0].id]


def test_rows_with_the_same_tools_are_a_family_unless_there_are_too_many() -> None:
    """Then those with the same calls are one, and where these are too many each is alone."""
    few = [imported(n, offered=("a", "b")) for n in range(LARGEST)]
    many = [imported(n, offered=("c",), called=("c",)) for n in range(LARGEST, 2 * LARGEST + 1)]
    some = [imported(100 + n, offered=("c",), called=("d",)) for n in range(3)]
    families = find_families([*few, *many, *some])
    assert len({families[row.id] for row in few}) == 1
    assert len({families[row.id] for row in many}) == len(many)
    assert len({families[row.id] for row in some}) == 1


def test_a_family_is_of_one_source() -> None:
    """Two datasets may have a tool of one name."""
    rows = [imported(0), imported(1, source="more")]
    assert len({*find_families(rows).values()}) == 2


def test_families_are_split_at_the_shares() -> None:
    """Every family is in one split; what is held out is for the test split."""
    rows = [imported(n, offered=(f"tool_{n}",)) for n in range(100)]
    families = find_families(rows)
    targets = Balance(validation_share=0.1, test_share=0.2, held_out=("tool_3",))
    found = split_families(rows, families, targets, 0)
    counts = Counter(found.values())
    assert (counts["validation"], counts["test"]) in {(10, 21), (10, 20)}
    assert found[families[rows[3].id]] == "test"


def test_an_example_says_where_it_comes_from() -> None:
    """Source, licence and original id; it rests on the imported row and on no binding."""
    row = imported(1)
    example = to_example(row, "family-1", "train")
    assert (example.source, example.licence, example.source_id) == ("others", "MIT", "row-1")
    assert (example.label, example.intent, example.kind) == ("benign", "benign", "trajectory")
    assert (example.row_class, example.grounding, example.pattern) == (
        "third_party", "given", ("find",),
    )  # fmt: skip
    assert (example.response, example.binding, example.canary) == (row.id, "", None)
    assert example.tools == row.tools
    corrected = to_example(imported(1, licence="Apache-2.0"), "family-1", "train")
    assert corrected.id != example.id  # and so is the version
    talk = (user("Hi there."), said("Good day."))
    assert to_example(imported(2, messages=talk, call_count=0), "f", "test").kind == "answer"
    ends = imported(3, messages=(user("Find it."), called("find")[0]))
    assert to_example(ends, "f", "test").grounding == "none"
