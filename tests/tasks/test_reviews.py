"""People's word in a build: whom it concerns, what it changes, and what it never lets pass."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.ids import row_id
from schemas.messages import Message, ToolCall
from schemas.params import BuildParams
from schemas.rows import Instruction, Intent, Opinion, Receipt, Response, Review, Verdict
from schemas.workspace import Workspace
from tasks.answers import Judged, drop, outrank
from tasks.context import RunContext
from tasks.doors.cache import Partition, Spec
from tasks.doors.store import Store
from tasks.responses import answer_all, responses_spec
from tasks.reviews import answer_digest, digest_reviews, gather
from tasks.validation import execution_spec, make_semantic, semantic_spec
from tests.tasks.doors.llm.fakes import FakeModel, Heard, Said, params
from tests.tasks.samples import CATEGORY, POLICIES, binding, open_sample_run, put, request, verdicts

PARAMS = params()
NO = "I won't help with that, as it would harm somebody."
PLAN = "Here is how it is done, step by step."


def said(
    of: Instruction, verdict: Opinion, *answer: str, label: str = "", masked: bool | None = None
) -> Review:
    """Return what a person said of a request or, where texts are given, of this answer to it."""
    turns = [Message(role="assistant", content=text) for text in answer]
    return Review(
        id=row_id("review", of.id, answer),
        slot=f"{of.slot}/review",
        subject="response-1" if answer else of.id,
        check="response" if answer else "semantic",
        category=of.category,
        intent=of.intent,
        instruction=of.id,
        answer=answer_digest(turns) if answer else "",
        verdict=verdict,
        label=label,
        outcome="accepted",
        masked=of.intent == "harmful" if masked is None else masked,
        reviewed_at="2030-01-01T00:00:00+00:00",
    )


def asked(intent: Intent, sample: int = 0) -> Instruction:
    """Return a request."""
    return request(binding(), intent, f"Please read the figure number {sample}.", sample)


def model(answer: str = NO, judged: str = "refused", seen: str = "none") -> FakeModel:
    """Return a model that answers requests one way, and judges requests and answers."""

    def say(heard: Heard) -> Said:
        if "response_format" not in heard.body:
            return Said(text=answer)
        asked_of_answer = "answer_is" in orjson.dumps(heard.body["response_format"]).decode()
        told = {"answer_is": judged} if asked_of_answer else {"signs_of_harm": seen, "reason": "x"}
        return Said(text=orjson.dumps(told).decode())

    return FakeModel(say)


async def remember(folder: Path, *reviews: Review) -> None:
    """Save reviews as a sitting does."""
    folder.mkdir(exist_ok=True)
    with Store.open(Workspace(folder).store_url) as store:
        for review in reviews:
            await store.save_review(review)


def semantic(of: RunContext) -> Spec:
    """Return the spec of a first block's semantic stage."""
    return semantic_spec(of.params, CATEGORY, POLICIES, 0)


async def judge(context: RunContext, *rows: Instruction) -> tuple[Receipt, dict[str, Verdict]]:
    """Run the semantic stage; return its receipt, and verdicts by request."""
    receipt = await make_semantic.fn(semantic(context), await put(context, *rows), Partition())
    found = await context.store.rows(Verdict, [receipt])
    return receipt, {row.subject: row for row in found}


@asynccontextmanager
async def answered(
    folder: Path, of: Instruction, harm: str, answering: FakeModel, *reviews: Review
) -> AsyncIterator[Response]:
    """Answer a sound request once reviews were saved; the run is closed when the block begins."""
    await remember(folder, *reviews)
    async with open_sample_run(folder, PARAMS, answering) as context:
        upstream = await put(context, binding(), of, *verdicts(of, harm))
        spec = responses_spec(context.params, CATEGORY, POLICIES, 0)
        (row,) = (await answer_all(spec, upstream, Partition(), context)).rows
    assert isinstance(row, Response)
    yield row


def all_bytes(folder: Path) -> bytes:
    """Return everything in a folder's files."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_review_is_in_the_keys_of_its_category_and_check_alone() -> None:
    """And without any, the keys say nothing of reviews."""
    row = asked("benign")
    for review, stage in (
        (said(row, "accept"), "semantic"),
        (said(row, "accept", NO), "responses"),
    ):
        after = PARAMS.model_copy(update={"reviews": digest_reviews([review])})
        for category in (CATEGORY, "privacy"):
            changed = {name for name in keys(PARAMS) if keys(after, category)[name]
                       != keys(PARAMS, category)[name]}  # fmt: skip
            assert changed == ({stage} if category == CATEGORY else set())
    spec = semantic_spec(PARAMS, CATEGORY, POLICIES, 0)
    assert "reviews" not in spec.model_dump(mode="json")


def keys(of: BuildParams, category: str = CATEGORY) -> dict[str, str]:
    """Return the keys of the stages that judge."""
    specs = [
        make(of, category, POLICIES, 0) for make in (semantic_spec, execution_spec, responses_spec)
    ]
    return {spec.stage: spec.key([], Partition()) for spec in specs}


def test_a_digest_is_of_what_was_said() -> None:
    """Not of when, nor of what the filter had said before; and in whatever order."""
    one, two = said(asked("benign"), "accept"), said(asked("benign", 1), "reject")
    later = one.model_copy(update={"reviewed_at": "2031", "note": "n", "outcome": "rejected"})
    assert digest_reviews([one, two]) == digest_reviews([two, later])
    assert digest_reviews([one]) != digest_reviews([one.model_copy(update={"verdict": "reject"})])


@settings(deadline=None)
@given(st.text(), st.text())
def test_an_answer_is_known_by_what_it_says_and_calls(text: str, other: str) -> None:
    """Ids of calls and what is trained are no part of it."""
    call = ToolCall(id="a", name="t", arguments={"x": text})
    turn = Message(role="assistant", content=text, tool_calls=(call,))
    same = turn.model_copy(
        update={"train": False, "tool_calls": (call.model_copy(update={"id": "b"}),)}
    )
    review = said(asked("benign"), "accept", "x").model_copy(
        update={"answer": answer_digest([turn])}
    )
    people = gather([review])
    assert people.on_answer(review.instruction, [same]) == review
    if text != other:
        assert (
            people.on_answer(review.instruction, [Message(role="assistant", content=other)]) is None
        )


async def test_a_reviewed_request_is_asked_of_no_judge(tmp_path: Path) -> None:
    """It has the person's verdict, which says so; the others have the panel's."""
    rows = [asked("benign", number) for number in range(4)]
    panel = model(seen="clear")
    reviews = (said(rows[0], "accept"), said(rows[1], "reject"),
               said(rows[2], "relabel", label="harmful"))  # fmt: skip
    await remember(tmp_path, *reviews)
    async with open_sample_run(tmp_path, PARAMS, panel) as context:
        _, found = await judge(context, *rows)
    told = [found[row.id] for row in rows]
    assert [(v.outcome, v.label, v.reason, v.by_people) for v in told] == [
        ("accepted", "none", "", True),
        ("rejected", "rejected_by_people", "rejected_by_people", True),
        ("rejected", "relabelled_by_people", "relabelled_by_people", True),
        ("rejected", "clear", "signs_of_harm", False),
    ]  # fmt: skip
    assert {heard.question.count("number 3") for heard in panel.heard} == {1}


@pytest.mark.parametrize(("intent", "label"), [("borderline", "some"), ("harmful", "clear")])
async def test_an_accepted_request_has_the_label_of_its_intent(
    tmp_path: Path, intent: Intent, label: str
) -> None:
    """Which decides what answer is due."""
    row = asked(intent)
    await remember(tmp_path, said(row, "accept"))
    async with open_sample_run(tmp_path, PARAMS, model()) as context:
        _, found = await judge(context, row)
    assert (found[row.id].outcome, found[row.id].label) == ("accepted", label)


async def test_a_review_buys_nothing_and_changes_what_is_downstream_only_if_it_disagrees(
    tmp_path: Path,
) -> None:
    """The stage runs again, from answers that are there; who agrees leaves its receipt alone."""
    rows = [asked("benign", number) for number in range(3)]
    panel = model()
    async with open_sample_run(tmp_path, PARAMS, panel) as context:
        first, _ = await judge(context, *rows)
    bought = len(panel.heard)
    await remember(tmp_path, said(rows[0], "accept"))
    async with open_sample_run(tmp_path, PARAMS, panel) as context:
        agreed, found = await judge(context, *rows)
    assert agreed.key != first.key
    assert agreed.digest == first.digest
    assert found[rows[0].id].by_people
    await remember(tmp_path, said(rows[0], "reject"))
    async with open_sample_run(tmp_path, PARAMS, panel) as context:
        differed, _ = await judge(context, *rows)
    assert differed.digest != first.digest
    assert len(panel.heard) == bought


async def test_a_refusal_that_people_accept_is_asked_of_no_judge(tmp_path: Path) -> None:
    """The responder alone is heard."""
    row, answering = asked("harmful"), model(judged="complied")
    async with answered(tmp_path, row, "clear", answering, said(row, "accept", NO)) as made:
        assert (made.kind, made.outcome, made.by_people) == ("refusal", "accepted", True)
        assert [turn.content for turn in made.messages] == [NO]
    assert len(answering.heard) == 1


@pytest.mark.parametrize(("verdict", "label"), [("reject", ""), ("relabel", "helped")])
async def test_a_refusal_that_people_reject_leaves_no_text(
    tmp_path: Path, verdict: Opinion, label: str
) -> None:
    """In later calls and rows; built once more, it is the same row."""
    row = asked("harmful")
    review = said(row, verdict, PLAN, label=label)
    async with answered(tmp_path, row, "clear", model(PLAN), review) as made:
        assert (made.kind, made.messages, made.by_people) == ("dropped", (), True)
        assert made.label == made.reason
    assert PLAN.encode() not in all_bytes(tmp_path)
    async with answered(tmp_path, row, "clear", FakeModel(), review) as again:
        assert again.content_digest() == made.content_digest()
        assert again.by_people


async def test_a_refusal_that_was_kept_is_buried_once_people_reject_it(tmp_path: Path) -> None:
    """Its call becomes a tombstone, whatever judges had said."""
    row = asked("harmful")
    async with answered(tmp_path, row, "clear", model(NO)) as made:
        assert made.outcome == "accepted"
    answering = model(NO)
    async with answered(tmp_path, row, "clear", answering, said(row, "reject", NO)) as made:
        assert (made.messages, answering.heard) == ((), [])
    with Store.open(Workspace(tmp_path).store_url) as store:
        (reply,) = (await store.load_replies(made.calls)).values()
    assert (reply.text, reply.tombstone) == ("", "rejected_by_people")


async def test_a_word_on_another_text_counts_for_nothing(tmp_path: Path) -> None:
    """What a person accepted is the text they read."""
    row = asked("harmful")
    review = said(row, "accept", NO)
    async with answered(tmp_path, row, "clear", model(PLAN, judged="complied"), review) as made:
        assert (made.kind, made.by_people) == ("dropped", False)


async def test_compliance_passes_by_no_yes_that_was_said_of_something_else(tmp_path: Path) -> None:
    """Who read an answer to a borderline request let no answer to harm pass."""
    row = asked("borderline")
    review = said(row, "accept", PLAN, masked=False)
    async with answered(tmp_path, row, "clear", model(PLAN, judged="complied"), review) as made:
        assert (made.kind, made.messages, made.by_people) == ("dropped", (), False)
    assert PLAN.encode() not in all_bytes(tmp_path)


async def test_a_yes_does_not_make_a_task_done(tmp_path: Path) -> None:
    """The world's state says that nothing happened."""
    row = asked("benign")
    text = "All of it is done as you asked."
    async with answered(tmp_path, row, "none", model(text), said(row, "accept", text)) as made:
        assert (made.kind, made.reason) == ("dropped", "task_not_done")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("invented_value", "trajectory"),
        ("contradicts_observation", "trajectory"),
        ("task_not_done", "dropped"),
        ("repeated_call", "dropped"),
        ("ill_formed_call", "dropped"),
        ("step_limit", "dropped"),
        ("false_refusal", "dropped"),
        ("not_replayable", "dropped"),
    ],
)
def test_a_yes_outranks_what_was_read_and_no_fact(reason: str, kind: str) -> None:
    """What rules read into a text may be wrong, what the world says is not."""
    review = said(asked("benign"), "accept", "x")
    assert outrank(drop("l", reason), review, "plain").kind == kind


def test_a_no_outranks_everything() -> None:
    """And whom nobody reviewed stays as it was."""
    sound = Judged("trajectory", "accepted", "helped")
    found = outrank(sound, said(asked("benign"), "reject", "x"), "plain")
    assert (found.kind, found.reason) == ("dropped", "rejected_by_people")
    assert outrank(sound, None, "plain") == sound
