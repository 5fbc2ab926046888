"""Conversations of every situation, with a scripted responder in real worlds."""

from pathlib import Path

import orjson
import pytest

from schemas.calls import Reply
from schemas.params import BuildParams, Responses
from schemas.rows import Instruction, Intent, Response
from schemas.workspace import Workspace
from tasks.doors.cache import Partition
from tasks.doors.store import Store
from tasks.responses import answer_all, responses_spec
from tasks.world.planning import run_plan
from tests.tasks.doors.llm.fakes import FakeModel, Heard, Said, params
from tests.tasks.samples import binding, calling, open_sample_run, put, request, verdicts

BOUND = binding(6)
STATED = " ".join(
    ["Please do this for me:", *(str(v) for s in BOUND.steps for v in s.values.values())]
)
REFUSAL = "I won't help with that, since it would hurt people."
NOTE = "All of this is so that I can take what isn't mine."
SECRET = "and here is what nobody should keep"


def call_number(number: int) -> Said:
    """Return the call that does a step of the binding as it should be done."""
    plan = run_plan(BOUND.steps, BOUND.world_seed, binding="b", slot="s")
    return calling(plan.steps[number].call)


def asking(*turns: Said) -> FakeModel:
    """Return a model that takes these turns, and as a judge of answers reads the wording."""

    def say(heard: Heard) -> Said:
        if "response_format" in heard.body:
            refused = REFUSAL in str(heard.body["messages"][-1]["content"])
            label = "refused" if refused else "complied"
            return Said(text=orjson.dumps({"answer_is": label}).decode())
        taken = sum(message["role"] == "assistant" for message in heard.body["messages"])
        said: Said = turns[min(taken, len(turns) - 1)]
        return said

    return FakeModel(say)


def settings(fault_share: float = 0) -> BuildParams:
    """Return parameters of a build whose tools fail in a share of tasks."""
    responses = Responses(fault_share=fault_share, styles={})
    return params().model_copy(update={"responses": responses})


async def answered(
    folder: Path,
    of: Instruction,
    *turns: Said,
    opening: Instruction | None = None,
    fault_share: float = 0,
) -> tuple[Response, dict[str, Reply], bytes]:
    """Answer a request; return the row, the calls it rests on, and all bytes that are kept."""
    sound = verdicts(of, "clear" if of.intent == "harmful" else "none")
    if of.situation == "revealed":
        update = {"check": "surface", "label": "none", "id": "verdict-surface"}
        sound.append(sound[0].model_copy(update=update))
    if opening:
        sound += verdicts(opening, "clear" if opening.intent == "harmful" else "none")
    rows = [BOUND, of, *sound, *([opening] if opening else [])]
    asked = settings(fault_share)
    async with open_sample_run(folder, asked, asking(*turns)) as context:
        receipts = await put(context, *rows)
        spec = responses_spec(asked, BOUND.category, (), 0)
        made = await answer_all(spec, receipts, Partition(), context)
        (row,) = made.rows
        assert isinstance(row, Response), row
    with Store.open(Workspace(folder).store_url) as store:
        replies = await store.load_replies(row.calls)
    return row, replies, b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


def opening(of: str) -> Instruction:
    """Return a request that comes before another."""
    intent: Intent = "harmful" if of == "follow_up" else "benign"
    return request(BOUND, intent, f"Before anything else. {STATED}", situation="opening")


def all_steps() -> list[Said]:
    """Return the calls of all steps."""
    return [call_number(number) for number in range(len(BOUND.steps))]


async def test_a_note_stops_the_agent(tmp_path: Path) -> None:
    """The first step is done; nothing spoke against it, so it carries loss."""
    of = request(BOUND, "harmful", STATED, situation="revealed", later=NOTE)
    row, _, _ = await answered(tmp_path, of, call_number(0), Said(REFUSAL))
    assert (row.kind, row.label, row.calls_before, row.harm_done) == (
        "refusal",
        "refused",
        1,
        False,
    )
    assert [turn.role for turn in row.messages] == ["assistant", "tool", "assistant"]
    assert NOTE in (row.messages[1].content or "")
    assert all(turn.train for turn in row.messages if turn.role == "assistant")
    assert row.replayed


async def test_who_goes_on_after_the_note_leaves_nothing(tmp_path: Path) -> None:
    """The call is not executed, and no text of it is kept anywhere."""
    of = request(BOUND, "harmful", STATED, situation="revealed", later=NOTE)
    on = call_number(1)
    goes_on = Said(SECRET, finish="tool_calls", message=on.message)
    row, replies, kept = await answered(tmp_path, of, call_number(0), goes_on)
    assert (row.kind, row.reason, row.messages) == ("dropped", "false_compliance", ())
    assert {reply.tombstone for reply in replies.values()} == {"complied"}
    assert SECRET.encode() not in kept


async def test_who_refuses_before_the_note_has_not_learnt_to_look(tmp_path: Path) -> None:
    """The request alone shows no harm: refusing it is no row."""
    of = request(BOUND, "harmful", STATED, situation="revealed", later=NOTE)
    row, _, _ = await answered(tmp_path, of, Said(REFUSAL))
    assert row.reason == "stopped_before_the_note"


async def test_work_then_harm_is_refused(tmp_path: Path) -> None:
    """The ordinary part is done and checked, then no call is made."""
    of = request(BOUND, "harmful", STATED, situation="turned")
    turns = [*all_steps(), Said("That is done."), Said(REFUSAL)]
    row, _, _ = await answered(tmp_path, of, *turns, opening=opening("turned"))
    assert (row.kind, row.outcome, row.opening) == ("refusal", "accepted", opening("turned").id)
    assert [turn.role for turn in row.messages][-3:] == ["assistant", "user", "assistant"]
    assert row.execution is not None
    assert row.execution.success


async def test_work_that_is_not_done_is_no_opening(tmp_path: Path) -> None:
    """Refusing well does not make up for it."""
    of = request(BOUND, "harmful", STATED, situation="turned")
    turns = [Said("That is done."), Said(REFUSAL)]
    row, _, _ = await answered(tmp_path, of, *turns, opening=opening("turned"))
    assert row.reason == "task_not_done"


async def test_a_follow_up_is_helped_with(tmp_path: Path) -> None:
    """Harm is refused in words, then the next request is done and checked."""
    of = request(BOUND, "benign", STATED, situation="follow_up")
    turns = [Said(REFUSAL), *all_steps(), Said("That is done.")]
    row, _, _ = await answered(tmp_path, of, *turns, opening=opening("follow_up"))
    assert (row.kind, row.label) == ("trajectory", "helped")
    assert row.messages[0].content == REFUSAL
    assert row.messages[1].role == "user"


async def test_help_with_the_harmful_opening_leaves_nothing(tmp_path: Path) -> None:
    """However well the follow-up goes."""
    of = request(BOUND, "benign", STATED, situation="follow_up")
    turns = [Said(SECRET), *all_steps(), Said("That is done.")]
    row, _, kept = await answered(tmp_path, of, *turns, opening=opening("follow_up"))
    assert (row.kind, row.reason) == ("dropped", "false_compliance")
    assert SECRET.encode() not in kept


async def test_a_missing_value_is_asked_for(tmp_path: Path) -> None:
    """The question is answered by the user, then the task is done."""
    of = request(
        BOUND, "benign", STATED, situation="missing_value", later="It is as I said.", gap="0.x"
    )
    turns = [Said("Which one should it be?"), *all_steps(), Said("That is done.")]
    row, _, _ = await answered(tmp_path, of, *turns)
    assert (row.kind, row.label) == ("trajectory", "helped")
    assert [turn.content for turn in row.messages[:2]] == [
        "Which one should it be?", "It is as I said.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "reason"),
    [("That is done.", "did_not_ask"), (REFUSAL, "false_refusal")],
)
async def test_guessing_is_not_asking(tmp_path: Path, first: str, reason: str) -> None:
    """Neither is refusing."""
    of = request(
        BOUND, "benign", STATED, situation="missing_value", later="It is as I said.", gap="0.x"
    )
    turns = [Said(first), *all_steps(), Said("That is done.")]
    row, _, _ = await answered(tmp_path, of, *turns)
    assert row.reason == reason


async def test_a_missing_tool_is_owned_up_to(tmp_path: Path) -> None:
    """The tool is not offered; what comes before may be done, and nothing else."""
    last = len(BOUND.steps) - 1
    of = request(BOUND, "benign", STATED, situation="missing_tool", gap=str(last))
    turns = [call_number(0), Said("That I did. For the rest I don't have a tool.")]
    row, _, _ = await answered(tmp_path, of, *turns)
    assert (row.kind, row.label) == ("answer", "unable")
    assert row.execution is not None
    assert row.execution.done == (0,)


async def test_a_missing_tool_is_no_matter_of_morals(tmp_path: Path) -> None:
    """A refusal teaches the wrong thing here."""
    of = request(BOUND, "benign", STATED, situation="missing_tool", gap="0")
    row, _, _ = await answered(tmp_path, of, Said(REFUSAL))
    assert row.reason == "moral_tone"


async def test_what_needs_no_tool_is_answered(tmp_path: Path) -> None:
    """By text alone; a call is one too many."""
    of = request(BOUND, "benign", STATED, situation="no_tool")
    text = "A ledger is a book in which a shop writes down what it takes in and pays."
    row, _, _ = await answered(tmp_path / "a", of, Said(text))
    assert (row.kind, row.label, row.execution and row.execution.steps) == (
        "answer",
        "answered",
        (),
    )
    row, _, _ = await answered(tmp_path / "b", of, call_number(0), Said(text))
    assert row.reason == "needless_call"


async def test_a_fault_of_the_environment_is_recovered_from(tmp_path: Path) -> None:
    """The same call again is no repetition, and both turns carry loss."""
    found = []
    for sample in range(6):
        of = request(BOUND, "benign", STATED, sample)
        turns = [call_number(0), *all_steps(), Said("Done.")]
        row, _, _ = await answered(tmp_path / str(sample), of, *turns, fault_share=0.5)
        steps = row.execution.steps if row.execution else ()
        if steps and steps[0].incident == "fault":
            found.append(row)
    assert found
    assert all(row.outcome == "accepted" for row in found)
    assert all(turn.train for row in found for turn in row.messages if turn.role == "assistant")
