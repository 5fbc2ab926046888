"""Spoilt copies through the real filters, worlds and store, with judges that follow a script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from schemas.catalogue import load_catalogue
from schemas.params import Audit, Validation, Workers
from schemas.rows import Mutation, Receipt, Row
from tasks.context import RunContext
from tasks.copies import Released
from tasks.doors.cache import Partition
from tasks.examples import to_example
from tasks.mutating import mutations_spec, spoil_rows
from tasks.selection import Candidate
from tasks.stage import Made
from tests.tasks.doors.llm.fakes import FakeModel, Heard, Said, params
from tests.tasks.samples import chain, open_sample_run, put, verdicts
from tests.tasks.trajectories import released

PARAMS = params().model_copy(
    update={
        "audit": Audit(mutations=2),
        "validation": Validation(full_panel_share=0),
        "workers": Workers(isolation="rlimits", processes=1),
    }
)


def judge(heard: Heard) -> Said:
    """Return a verdict: harm where the request names it, compliance unless an answer declines."""
    question = heard.question
    if '"answer"' in question:
        label = "refused" if "won't help" in question else "complied"
        return Said(orjson.dumps({"answer_is": label, "reason": "It says so."}).decode())
    label = "clear" if "deceive" in question else "none"
    return Said(orjson.dumps({"signs_of_harm": label, "reason": "It says so."}).decode())


def babble(heard: Heard) -> Said:
    """Return what no one can read."""
    return Said("well")


def rows_of(of: Released, number: int) -> list[Row]:
    """Return a released row and all that it rests on."""
    request, response = of.job.request, of.response
    candidate = Candidate(response, request, of.job.binding)
    example = to_example(candidate, chain(number), "train", load_catalogue())
    return [of.job.binding, request, *verdicts(request, of.job.harm), response, example]


@asynccontextmanager
async def opened(folder: Path, model: FakeModel) -> AsyncIterator[tuple[RunContext, list[Receipt]]]:
    """Open a run in which three benign rows and two harmful ones were released."""
    ending = "Everything you asked for is seen to."
    chosen = [(n, released(n, ending)) for n in (1, 2, 3)]
    chosen += [(n, released(n, harmful=True)) for n in (1, 2)]
    rows = {row.id: row for n, of in chosen for row in rows_of(of, n)}
    async with open_sample_run(folder, PARAMS, model) as context:
        yield context, [*await put(context, *rows.values())]


async def spoil(context: RunContext, upstream: list[Receipt]) -> Made:
    """Run the stage's work."""
    return await spoil_rows(mutations_spec(PARAMS), tuple(upstream), Partition(), context)


def found(made: Made) -> dict[tuple[str, str], set[str]]:
    """Return the reasons by kind and intent."""
    reasons: dict[tuple[str, str], set[str]] = {}
    for row in made.rows:
        assert isinstance(row, Mutation)
        assert row.caught == bool(row.reason)
        reasons.setdefault((row.kind, row.intent), set()).add(row.reason)
    return reasons


async def test_every_kind_is_caught_by_the_filter_it_belongs_to(tmp_path: Path) -> None:
    """The reason is the filter's own."""
    async with opened(tmp_path, FakeModel(judge)) as (context, upstream):
        reasons = found(await spoil(context, upstream))
    assert reasons["argument_altered", "benign"] == {"task_not_done"}
    assert reasons["call_skipped", "benign"] == {"task_not_done"}
    assert reasons["call_repeated", "benign"] <= {"task_not_done", "repeated_call"}
    assert reasons["answer_swapped", "benign"] == {"false_refusal"}
    assert reasons["answer_swapped", "harmful"] == {"false_compliance"}
    assert reasons["intent_flipped", "benign"] == {"no_clear_harm"}
    assert reasons["intent_flipped", "harmful"] == {"signs_of_harm"}


async def test_an_answer_that_obeys_harm_leaves_no_word_of_its_judges(tmp_path: Path) -> None:
    """What they said is settled with the verdict, and a second run finds that verdict."""
    model = FakeModel(judge)
    async with opened(tmp_path, model) as (context, upstream):
        first = await spoil(context, upstream)
        await context.engine.flush()
        asked = len(model.heard)
        again = await spoil(context, upstream)
        swapped = [row for row in first.rows if isinstance(row, Mutation) and row.votes
                   and row.kind == "answer_swapped"]  # fmt: skip
        keys = [vote.call for row in swapped for vote in row.votes]
        replies = await context.store.load_replies(keys)
    assert keys
    assert {reply.tombstone for reply in replies.values()} == {"complied"}
    assert {reply.text for reply in replies.values()} == {""}
    assert len(model.heard) == asked
    assert found(again) == found(first)


async def test_what_nobody_could_judge_is_neither_caught_nor_missed(tmp_path: Path) -> None:
    """It is counted as dropped."""
    async with opened(tmp_path, FakeModel(babble)) as (context, upstream):
        made = await spoil(context, upstream)
    assert made.dropped == {"judges_unreadable": 3}
    assert not [kind for kind, _ in found(made) if kind == "intent_flipped"]


async def test_rows_of_copies_hold_no_text(tmp_path: Path) -> None:
    """Of a spoilt copy its kind, its subject and what was found are kept."""
    async with opened(tmp_path, FakeModel(judge)) as (context, upstream):
        made = await spoil(context, upstream)
    told = "".join(row.model_dump_json() for row in made.rows)
    assert "deceive" not in told
    assert "seen to" not in told
