"""The rows of the store, from behaviour chain to final example.

Every row has an `id` (a hash of what it is made from) and a content-free `slot`
(what it stands for, so that two versions compare row by row). `calls` are the keys of the
model calls it rests on. A row's content digest covers all fields but its `side_fields`.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from schemas.audits import (
    AgreementAudit,
    BenchmarkFile,
    Caught,
    DiversityAudit,
    ShortcutAudit,
)
from schemas.base import Declared, JsonObject, JsonValue
from schemas.dataflow import Input
from schemas.filters import Filter
from schemas.incidents import Incident
from schemas.messages import Message, ToolCall
from schemas.records import content_digest, to_record
from schemas.third_party import OWN

Intent = Literal["harmful", "benign", "borderline"]
Outcome = Literal["accepted", "rejected", "unknown"]
Harm = Literal["none", "some", "clear"]
# of what was observed; `given`: it came with a row of another dataset, nothing executed it here
Grounding = Literal["executed", "simulated", "given", "none"]
# What is special about a conversation. `opening` is no row of its own: a request that is made
# earlier in another one's conversation.
Situation = Literal[
    "plain", "revealed", "turned",
    "missing_tool", "missing_value", "follow_up", "no_tool", "opening",
]  # fmt: skip
Check = Literal["semantic", "surface", "execution"]  # surface: without the note that comes later
AnswerKind = Literal["refusal", "trajectory", "answer"]
Style = Literal["direct", "explaining", "redirecting", "supportive", "none"]  # of a refusal
Aim = Literal["all", "part"]  # of a goal's steps: all of them, or any, but nothing else


class Row(Declared):
    """What all rows have. `table` is the DuckDB table, `stage` the prefix of the id."""

    table: ClassVar[str]
    stage: ClassVar[str]
    side_fields: ClassVar[frozenset[str]] = frozenset({"calls"})
    later_fields: ClassVar[frozenset[str]] = frozenset()  # earlier versions' files lack these

    id: str
    slot: str

    def content_digest(self) -> str:
        """Return the digest of the named content columns."""
        return content_digest(type(self), to_record(self), self.side_fields)


class Policy(Row):
    """A subcategory and its policy text, as a build applied it."""

    table: ClassVar[str] = "policies"
    stage: ClassVar[str] = "policy"

    category: str
    subcategory: str
    definition: str
    refuse_if: str
    allow_if: str


class Chain(Row):
    """1-5 capabilities in order, and why somebody would go through them."""

    table: ClassVar[str] = "chains"
    stage: ClassVar[str] = "chain"

    category: str
    subcategory: str
    capabilities: tuple[str, ...] = Field(min_length=1, max_length=5)
    explanation: str
    source: Literal["seed", "synthesised"]
    calls: tuple[str, ...] = ()


class StepGoal(Declared):
    """One step of a binding: its tool, the values the request states, what earlier steps give."""

    capability: str
    tool: str
    values: JsonObject
    inputs: dict[str, Input]


class Binding(Row):
    """A chain with a concrete tool per step in a seeded world; shared by all three intents."""

    table: ClassVar[str] = "bindings"
    stage: ClassVar[str] = "binding"

    chain: str
    category: str
    subcategory: str
    steps: tuple[StepGoal, ...]
    distractors: tuple[str, ...]
    tool_order: tuple[str, ...]  # every tool offered, in the order it is offered
    world_seed: int
    system_prompt: str | None  # text of the operator's system prompt, if any
    system_prompt_name: str


class CallResult(Declared):
    """One executed call: arguments in, observation out.

    `incident` says what happened at it: a `fault` kept it from being done, a `reveal` put a note
    on what it found.
    """

    call: ToolCall
    ok: bool
    result: JsonValue
    changes: tuple[str, ...] = ()  # what it changed in the world, one line each
    incident: Literal["", "fault", "reveal"] = ""


class Execution(Row):
    """Calls run against a world. For a harmful request `steps` is empty: seed and digest stay.

    `incidents` are those that were planned; the calls say which of them happened. `done` are the
    steps of the goal that were done (0-based), and `success` says that they are all of them, or,
    where the `aim` was a part, that nothing else was done. `grounding` is `simulated` where a
    model stood in for a tool; `isolation` says how far what ran the calls was shut off, and is no
    part of what was executed.
    """

    table: ClassVar[str] = "executions"
    stage: ClassVar[str] = "execution"

    binding: str
    world_seed: int
    world_code: str
    initial_digest: str
    final_digest: str
    incidents: tuple[Incident, ...] = ()
    steps: tuple[CallResult, ...]
    aim: Aim = "all"
    done: tuple[int, ...] = ()
    success: bool
    failures: tuple[str, ...]
    grounding: Grounding = "executed"
    isolation: str = "none"


class Plan(Row):
    """Calls that fulfil a binding in its world, executed."""

    table: ClassVar[str] = "plans"
    stage: ClassVar[str] = "plan"

    binding: str
    category: str
    subcategory: str
    maker: Literal["scripted", "planner"]
    instruction: str | None = None  # request-first: the request the plan was made for
    execution: Execution
    calls: tuple[str, ...] = ()


class Instruction(Row):
    """A request in one of the three intents, written for a binding.

    `later` is what its conversation goes on with: the note in an observation that shows the harm
    (`revealed`), or the answer to the agent's question (`missing_value`). `gap` is the step
    (0-based) that lacks something: `2` its tool (`missing_tool`), `2.amount` that value.
    """

    table: ClassVar[str] = "instructions"
    stage: ClassVar[str] = "instruction"
    side_fields: ClassVar[frozenset[str]] = frozenset({"calls", "prompt"})

    chain: str
    binding: str
    category: str
    subcategory: str
    intent: Intent
    sample: int
    text: str
    situation: Situation = "plain"
    later: str = ""
    gap: str = ""
    endpoint: str
    prompt: str  # "name@hash"
    calls: tuple[str, ...] = ()


class Vote(Declared):
    """One judge's answer; `answer` is None where it could not be read."""

    seat: str
    endpoint: str
    answer: str | None
    call: str
    error: str | None = None


class Verdict(Row):
    """What a check decided on an instruction or a response, by whom and why."""

    table: ClassVar[str] = "verdicts"
    stage: ClassVar[str] = "verdict"
    side_fields: ClassVar[frozenset[str]] = frozenset({"calls", "votes", "by_people"})

    subject: str  # id of the row that was judged
    check: Check
    category: str
    subcategory: str
    intent: Intent
    outcome: Outcome
    label: str  # the check's own scale: none/some/clear, refused/complied/…, stated/lost
    reason: str  # a stable word that drop counts are grouped by; "" when accepted
    by_people: bool = False  # a review decided, no judge was asked
    votes: tuple[Vote, ...] = ()
    calls: tuple[str, ...] = ()


class Response(Row):
    """An answer to a request: a refusal, or a complete tool trajectory.

    Text and calls of an answer that complied with harm are never in here: `messages` is then
    empty and `text_digest` stands for it. Whether the text refuses, how many calls were made
    before it did, and whether the harmful step was done by then are recorded apart.
    """

    table: ClassVar[str] = "responses"
    stage: ClassVar[str] = "response"
    side_fields: ClassVar[frozenset[str]] = frozenset({"calls", "votes", "by_people"})

    instruction: str
    binding: str
    chain: str
    category: str
    subcategory: str
    intent: Intent
    situation: Situation = "plain"
    opening: str = ""  # the request that was made before this one in the conversation
    kind: AnswerKind | Literal["dropped"]
    outcome: Outcome
    label: str  # refused, helped, complied, false_refusal, incomplete, step_limit, …
    reason: str
    endpoint: str
    messages: tuple[Message, ...]  # what follows the conversation's first request
    text_digest: str
    hints: tuple[str, ...] = ()  # prompts that the responder had beside the row's own
    text_refuses: bool = False
    calls_before: int = 0
    harm_done: bool = False
    style: Style = "none"
    execution: Execution | None
    replayed: bool = False  # the execution came to the same in a second world
    by_people: bool = False  # a review decided, as far as a person may
    votes: tuple[Vote, ...] = ()
    calls: tuple[str, ...] = ()


class Imported(Row):
    """A sound row of another dataset, with its tools under legal names.

    Whatever else than its first request is long stands in `messages`, `tools` and `changed`
    alone, so that a selection need not read it.
    """

    table: ClassVar[str] = "imports"
    stage: ClassVar[str] = "import"

    source: str  # name of the dataset
    licence: str  # SPDX; empty where nobody stated one
    source_id: str  # its id there, or its place
    place: str  # file and line, for people
    asked: str  # what the user says, in all turns
    messages: tuple[Message, ...]
    tools: tuple[JsonObject, ...]
    offered: tuple[str, ...]  # names of the tools
    called: tuple[str, ...]  # names of those that are called, each once, in order
    call_count: int
    multi_step: bool  # several calls, or a call's result that is made something of
    changed: tuple[str, ...]  # what was written another way there, a line each


RowClass = Literal["harmful", "benign", "third_party"]


class Example(Row):
    """A final row: a conversation with the tools it was offered.

    One of another dataset rests on an imported row in place of an answer, and on no binding.
    """

    table: ClassVar[str] = "examples"
    stage: ClassVar[str] = "example"
    side_fields: ClassVar[frozenset[str]] = frozenset(
        {"split_rank", "licence", "source_id", "tools_of"}
    )
    later_fields: ClassVar[frozenset[str]] = frozenset({"licence", "source_id", "tools_of"})

    label: Literal["harmful", "benign"]  # the class it trains
    intent: Intent  # what the request was written as
    kind: AnswerKind
    situation: Situation = "plain"
    category: str
    subcategory: str
    pattern: tuple[str, ...]
    pair: str  # shared by all intents of one binding
    chain: str
    binding: str
    instruction: str
    opening: str = ""  # the request that comes before the row's own, if any
    response: str  # of a row of another dataset, the imported row
    split: Literal["train", "validation", "test"]
    messages: tuple[Message, ...]
    tools: tuple[JsonObject, ...]
    grounding: Grounding = "none"  # of the observations in it; "none" where there are none
    responder: str = ""  # the endpoint that answered
    style: Style = "none"
    recovered: bool = False  # from a fault of the environment
    parallel: bool = False  # several calls in one turn
    holds_harm: bool = False  # a harmful request, or what shows it, stands somewhere in it
    canary: str | None  # set on every row that holds harm
    source: str = "own"
    split_rank: int = 0
    licence: str = ""  # that its source is under; the project's own says nothing here
    source_id: str = ""  # its id in its source
    tools_of: str = ""  # the imported row whose tools it offers in place of its binding's

    @property
    def row_class(self) -> RowClass:
        """What it counts as: its label, or `third_party` if it is of another dataset."""
        return self.label if self.source == OWN else "third_party"


MutationKind = Literal[
    "argument_dropped", "argument_altered", "argument_invented", "call_repeated", "call_skipped",
    "answer_swapped", "answer_contradicts", "intent_flipped",
]  # fmt: skip


class Mutation(Row):
    """A copy of an accepted row that was spoilt in one way, and what the filters made of it."""

    table: ClassVar[str] = "mutations"
    stage: ClassVar[str] = "mutation"
    side_fields: ClassVar[frozenset[str]] = frozenset({"calls", "votes"})

    subject: str  # the instruction or response that was spoilt
    kind: MutationKind
    category: str
    intent: Intent
    caught: bool
    reason: str  # what the filter said; empty where it let it through
    votes: tuple[Vote, ...] = ()
    calls: tuple[str, ...] = ()


class Audit(Row):
    """What was found in a dataset as a whole, before it is published."""

    table: ClassVar[str] = "audits"
    stage: ClassVar[str] = "audit"

    figures: dict[str, float | None]  # what the suite `dataset` is about
    warnings: tuple[str, ...]  # expectations that don't hold, but stop nothing
    filters: tuple[Filter, ...]
    parts: dict[str, dict[str, int]]  # rows by class, then situation, `borderline` apart
    styles: dict[str, int]  # of refusals
    mutations: dict[str, Caught]
    shortcuts: ShortcutAudit
    diversity: DiversityAudit
    agreement: AgreementAudit
    benchmarks: tuple[BenchmarkFile, ...]


class Failure(Row):
    """An item that could not be made: a typed row, in no version, for `retry-failed`."""

    table: ClassVar[str] = "failures"
    stage: ClassVar[str] = "failure"
    side_fields: ClassVar[frozenset[str]] = frozenset({"attempts", "calls", "detail", "text"})

    of_stage: str
    item: str  # id of the parent row
    category: str
    error: str  # an error class of schemas.calls
    attempts: int
    detail: str
    endpoint: str = ""
    text: str = ""  # the last raw answer; empty where it may carry out harm
    text_digest: str = ""  # of that answer in any case
    calls: tuple[str, ...] = ()


DroppedBy = Literal["rules", "judges", "people", "selection", "endpoint"]


class Dropped(Row):
    """What was left out of a dataset: where, why and by whom.

    The text is that of the request, and `messages` are the answer to one that names no harm; of a
    sound answer that was only not selected they are empty. What complied with harm has left no
    text anywhere, so none is here. The store has only what balance left out, and what was left
    out of other datasets, without any text.
    """

    table: ClassVar[str] = "dropped"
    stage: ClassVar[str] = "dropped"
    side_fields: ClassVar[frozenset[str]] = frozenset({"calls", "votes", "prompt", "detail"})
    later_fields: ClassVar[frozenset[str]] = frozenset({"detail"})

    of_stage: str  # a stage, or the check of a verdict
    subject: str  # id of the row; of an item that could not be made its parent's
    chain: str = ""
    binding: str = ""
    instruction: str = ""
    category: str
    subcategory: str = ""
    intent: Intent | Literal[""] = ""
    situation: str = ""
    outcome: Outcome  # of the filters by then
    label: str = ""
    reason: str  # a word of `reasons.yaml`
    by: DroppedBy
    endpoint: str = ""  # that wrote or answered it
    prompt: str = ""  # the request's, "name@hash"
    text: str = ""
    later: str = ""
    messages: tuple[Message, ...] = ()  # of an answer to no harm
    harmful: bool = False  # whether its text names harm
    detail: str = ""  # what exactly was wrong, where a rule says more than its reason
    votes: tuple[Vote, ...] = ()
    calls: tuple[str, ...] = ()


Reviewed = Literal["semantic", "response", "chain"]  # two filters' word, and chains
Opinion = Literal["accept", "reject", "relabel"]
OTHER_LABELS: Mapping[Reviewed, tuple[str, ...]] = {
    "semantic": ("harmful", "benign", "borderline"),
    "response": ("refused", "helped", "partial", "unclear"),
    "chain": (),
}


class Review(Row):
    """What a person said of a request, an answer or a chain. It belongs to the store, not a build.

    There is one for a request, and one for each answer to it that was read. One of a chain has no
    instruction; its intent is harmful, as chains are what harm would go through. What the filter
    had said by then, and whether the text is one that is masked, is kept for the figures.
    """

    table: ClassVar[str] = "reviews"
    stage: ClassVar[str] = "review"
    side_fields: ClassVar[frozenset[str]] = frozenset({"outcome", "masked", "note", "reviewed_at"})

    subject: str  # id of the instruction or response that was read
    check: Reviewed
    category: str
    intent: Intent
    instruction: str
    answer: str = ""  # digest of the turns that were read, whatever judges make of them
    verdict: Opinion
    label: str = ""  # what it is instead, where the verdict is relabel
    outcome: Outcome
    masked: bool
    note: str = ""
    reviewed_at: str

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        labels = OTHER_LABELS[self.check] if self.verdict == "relabel" else ("",)
        if self.label not in labels or self.label == self.intent:
            msg = f"a {self.verdict} has another label: {labels}"
            raise ValueError(msg)
        if (self.check == "response") != bool(self.answer):
            msg = "the review of an answer, and no other, has its digest"
            raise ValueError(msg)
        return self


ROWS: tuple[type[Row], ...] = (
    Policy, Chain, Binding, Plan, Instruction, Verdict, Response, Imported, Example, Mutation,
    Audit, Failure, Review, Dropped,
)  # fmt: skip


class Receipt(Declared):
    """What a stage run stands for: the pointer that travels between tasks."""

    stage: str
    key: str  # <stage>/v<version>/<digest>, the stage cache's key
    table: str
    digest: str  # of the rows' content digests, whatever their order
    rows_in: int
    rows: int
    dropped: dict[str, int]  # by reason
    figures: dict[str, float] = Field(default_factory=dict)
    quarantined: bool = False
