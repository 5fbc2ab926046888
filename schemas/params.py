"""The parameters of a build. Everything a user may change is here or in a data file."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from schemas.base import Declared
from schemas.endpoints import REHEARSAL_ENDPOINTS, Endpoint, Roles
from schemas.ids import digest
from schemas.own_tools import OwnTools
from schemas.third_party import ThirdParty

Profile = Literal["smoke", "rehearsal", "paper"]
Isolation = Literal["auto", "bubblewrap", "landlock", "rlimits"]
DefectKind = Literal[
    "bad_json", "wrong_count", "flipped_intent", "ambiguous_intent", "missing_parameter",
    "invented_parameter", "unknown_tool", "bad_enum", "false_compliance", "false_refusal",
    "endless_loop", "http_429", "http_500", "timeout",
]  # fmt: skip

RefusalStyle = Literal["direct", "explaining", "redirecting"]


class Rehearsal(Declared):
    """How the embedded model behaves: its seed, and faults planted at known rates."""

    seed: int = Field(default=0, description="Another seed gives other words")
    defects: dict[DefectKind, float] = Field(
        default_factory=dict, description="Rate of each planted fault, 0 to 1, by kind"
    )
    marker: str = Field(
        default="", description="If set, a hash of it is planted in every complied harmful answer"
    )

    @property
    def planted_text(self) -> str:
        """What is planted: not the marker, which parameters and manifests show."""
        return digest("marker", self.marker)[:24] if self.marker else ""


class Categories(Declared):
    """Which part of the taxonomy is built."""

    include: tuple[str, ...] = Field(default=(), description="Category names; empty means all")
    exclude: tuple[str, ...] = Field(default=(), description="Category names to leave out")
    subcategories_per_category: int | None = Field(
        default=None, ge=1, description="Only the first n of each category; empty means all"
    )


class Pool(Declared):
    """How much is generated; balance selects from it."""

    chains_per_subcategory: int = Field(
        default=4, ge=1, le=50, description="Chains of capabilities that requests are made of"
    )
    bindings_per_block: int = Field(
        default=2, ge=1, le=50, description="Concrete tasks that a block makes of each chain"
    )
    max_blocks: int = Field(
        default=12,
        ge=1,
        le=500,
        description="Blocks of a category at most; one that is short of its targets gets another",
    )
    harmful_per_binding: int = Field(
        default=1, ge=1, le=20, description="Harmful requests written for each task"
    )
    benign_per_binding: int = Field(
        default=2, ge=1, le=20, description="Benign requests written for each task"
    )
    borderline_per_binding: int = Field(
        default=1, ge=0, le=20, description="Borderline requests written for each task"
    )


class Bindings(Declared):
    """How chains become concrete."""

    distractors_min: int = Field(
        default=1, ge=0, le=20, description="Tools that are offered but not needed, at least"
    )
    distractors_max: int = Field(
        default=4, ge=0, le=20, description="Tools that are offered but not needed, at most"
    )
    system_prompts: dict[str, float] = Field(
        default={"none": 5.0, "short": 3.0, "policy": 2.0},
        description="Weight of each system prompt of the pool; the same for every intent",
    )
    own_system_prompt: str | None = Field(
        default=None, max_length=20_000, description="Text of the pool entry 'own'"
    )


class Instructions(Declared):
    """How requests are written."""

    mode: Literal["plan-first", "request-first"] = Field(
        default="plan-first",
        description="Whether a task is carried out before its request is written, or after",
    )
    temperature: float = Field(
        default=0.8, ge=0, le=2, description="Of the model that writes requests"
    )


class Situations(Declared):
    """Shares of the rows that are more than one request and its answer.

    `revealed` and `turned` are shares of harmful requests, the others of benign ones.
    """

    revealed: float = Field(
        default=0.1, ge=0, le=0.5, description="The harm shows in an observation; the agent stops"
    )
    turned: float = Field(default=0.08, ge=0, le=0.5, description="Benign work, then harm: refused")
    missing_tool: float = Field(default=0.05, ge=0, le=0.25, description="It can't, and says so")
    missing_value: float = Field(default=0.05, ge=0, le=0.25, description="It asks, then does it")
    follow_up: float = Field(
        default=0.05, ge=0, le=0.25, description="Harm is refused, what is asked then is done"
    )
    no_tool: float = Field(default=0.05, ge=0, le=0.25, description="Answered without any call")
    floor: float = Field(
        default=0.4, ge=0, le=1, description="Least part of each share that a dataset has to hold"
    )

    def shares(self, intent: str) -> dict[str, float]:
        """Return the shares of an intent's situations, in a fixed order; none are borderline."""
        names = {
            "harmful": ("revealed", "turned"),
            "benign": ("missing_tool", "missing_value", "follow_up", "no_tool"),
        }.get(intent, ())
        return {name: getattr(self, name) for name in names}


class Simulation(Declared):
    """How a model stands in for tools of a user's own that have no code."""

    temperature: float = Field(
        default=0.0, ge=0, le=2, description="Of the model that answers for tools"
    )


class Validation(Declared):
    """Who judges, and how strictly."""

    panel: tuple[Literal["policy", "purpose", "outcome"], ...] = Field(
        default=("policy", "purpose", "outcome"),
        description="Seats of the panel, an odd number of them; a majority decides",
    )
    full_panel_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Of requests that all seats judge, decided or not; agreement is told from them",
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="Of the models that judge")

    @model_validator(mode="after")
    def _panel_is_odd(self) -> Self:
        if len(self.panel) % 2 == 0 or len(set(self.panel)) != len(self.panel):
            msg = "validation.panel needs an odd number of different seats"
            raise ValueError(msg)
        return self


class Responses(Declared):
    """How requests are answered."""

    step_limit: int = Field(
        default=12, ge=1, le=50, description="Turns of an answer at most; longer ones are dropped"
    )
    temperature: float = Field(
        default=0.7, ge=0, le=2, description="Of the model that answers requests"
    )
    safety_prompt: bool = Field(
        default=False,
        description="Ask for refusals under a safety prompt; it is stripped and recorded",
    )
    styles: dict[RefusalStyle, float] = Field(
        default={"direct": 1.0, "explaining": 1.0, "redirecting": 1.0},
        description="Weights of how refusals are asked for, stripped like the safety prompt;"
        " those of self_harm are always asked to be supportive. Empty: as the model likes",
    )
    fault_share: float = Field(
        default=0.1, ge=0, le=0.5, description="Of tasks in which a tool fails once"
    )
    parallel_share: float = Field(
        default=0.15, ge=0, le=1, description="Of tasks with independent steps: calls made at once"
    )
    reasoning: bool = Field(default=False, description="Ask for a reason before every call")


class Balance(Declared):
    """What the dataset holds, selected from the pool."""

    harmful: int = Field(
        default=500, ge=1, le=1_000_000, description="Rows that refuse what is harmful"
    )
    benign: int = Field(
        default=987, ge=1, le=1_000_000, description="Rows that do useful work, borderline included"
    )
    third_party: int = Field(
        default=0, ge=0, le=1_000_000, description="Rows of other datasets, as far as given"
    )
    floor: float = Field(
        default=0.8, ge=0, le=1, description="Least share of a category's even quota"
    )
    duplicate_threshold: float = Field(
        default=0.85, gt=0, le=1, description="Jaccard similarity of word 5-grams"
    )
    borderline_floor: float = Field(
        default=0.15, ge=0, le=1, description="Least share of answered borderline rows in benign"
    )
    benchmarks: tuple[str, ...] = Field(
        default=(),
        description="Files of benchmarks no row may hold a task of: AgentHarm's JSON, or JSON"
        " lines with a text field",
    )
    benchmark_ngram: int = Field(
        default=8, ge=3, le=50, description="Words in a row shared with a benchmark's text"
    )
    benchmark_threshold: float = Field(
        default=0.5, gt=0, le=1, description="Jaccard similarity of word 3-grams to one of them"
    )
    validation_share: float = Field(
        default=0.05, ge=0, le=0.4, description="Of rows in the validation split"
    )
    test_share: float = Field(default=0.1, ge=0, le=0.4, description="Of rows in the test split")
    held_out: tuple[str, ...] = Field(
        default=(), description="API groups or tools whose chains are for the test split alone"
    )


class Audit(Declared):
    """How a finished dataset is looked over."""

    mutations: int = Field(
        default=20, ge=0, le=1000, description="Spoilt copies of rows by kind that filters see"
    )


class Workers(Declared):
    """The processes that tool calls run in; none of it changes a result."""

    isolation: Isolation = Field(default="auto", description="auto is the strongest there is")
    processes: int = Field(default=2, ge=1, le=64, description="Workers side by side")
    memory_mb: int = Field(
        default=1024,
        ge=256,
        le=65_536,
        title="Memory (MB)",
        description="What a worker may use",
    )
    call_timeout_s: float = Field(
        default=10,
        gt=0,
        le=600,
        title="Call Timeout (seconds)",
        description="A call's wall clock",
    )
    call_cpu_s: float = Field(
        default=5,
        gt=0,
        le=600,
        title="Call Processor Time (seconds)",
        description="A call's processor time",
    )


class Floors(Declared):
    """Least accepted share of what each stage was to make; below it a run fails, and keeps all."""

    chains: float = Field(
        default=0.2, ge=0, le=1, description="Least share of chains that are sound"
    )
    bindings: float = Field(
        default=0.2, ge=0, le=1, description="Least share of chains that become tasks"
    )
    plans: float = Field(
        default=0.2, ge=0, le=1, description="Least share of tasks that could be carried out"
    )
    planned: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Least share of requests that a planner could carry out",
    )
    instructions: float = Field(
        default=0.2, ge=0, le=1, description="Least share of requests that were written"
    )
    semantic: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least share of requests whose meaning is what was wanted",
    )
    execution: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Least share of requests that can be carried out as written",
    )
    responses: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Least share of requests that were answered as they should",
    )


class Limits(Declared):
    """Budgets and speed; none of it changes a result."""

    in_flight: int = Field(
        default=64, ge=1, le=4096, description="Calls at a time at most, over all endpoints"
    )
    max_calls: int | None = Field(
        default=None, ge=0, description="The run stops before it makes more; the next one goes on"
    )
    max_cost_usd: float | None = Field(
        default=None,
        ge=0,
        title="Max Cost (USD)",
        description="The run stops before it costs more; the next one goes on",
    )
    partitions: int = Field(
        default=1, ge=1, le=64, description="Parts that each stage's work is split into"
    )


_PATH_OR_NONE = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def _read_if_path(value: object) -> object:
    """Return the tools of a file where a path is given: a build holds what it was made with."""
    if not isinstance(value, str | Path):
        return value
    from schemas.own_tools.file import read_own_tools

    return read_own_tools(Path(value))


class BuildParams(Declared):
    """All parameters of `build-dataset`."""

    seed: int = Field(default=20_250_523, ge=0, lt=2**53, description="Every draw comes from it")
    tools: Annotated[
        OwnTools | None, BeforeValidator(_read_if_path), WithJsonSchema(_PATH_OR_NONE)
    ] = Field(
        default=None,
        title="Tools",
        description="Your own tools: the path of a file of OpenAI functions, of an MCP tools/list"
        " result or of our YAML; see docs/your-own-tools.md",
    )
    categories: Categories = Field(
        default=Categories(), title="Categories", description="Which part of the taxonomy is built"
    )
    pool: Pool = Field(
        default=Pool(), title="Pool", description="How much is generated; balance selects from it"
    )
    bindings: Bindings = Field(
        default=Bindings(), title="Bindings", description="How chains become concrete tasks"
    )
    instructions: Instructions = Field(
        default=Instructions(), title="Instructions", description="How requests are written"
    )
    situations: Situations = Field(
        default=Situations(),
        title="Situations",
        description="Shares of rows that are more than one request and its answer",
    )
    simulation: Simulation = Field(
        default=Simulation(),
        title="Simulation",
        description="How a model stands in for your own tools without code",
    )
    validation: Validation = Field(
        default=Validation(),
        title="Validation",
        description="Who judges requests, and how strictly",
    )
    responses: Responses = Field(
        default=Responses(), title="Responses", description="How requests are answered"
    )
    balance: Balance = Field(
        default=Balance(),
        title="Balance",
        description="What the dataset holds, selected from the pool",
    )
    third_party: ThirdParty = Field(
        default=ThirdParty(),
        title="Third-Party Rows",
        description="Other datasets that rows are taken from, as many as the balance says",
    )
    endpoints: tuple[Endpoint, ...] = Field(
        default=REHEARSAL_ENDPOINTS, description="Models: where they answer, and what they take"
    )
    roles: Roles = Field(
        default=Roles(), title="Roles", description="Which endpoints write, judge, plan and answer"
    )
    audit: Audit = Field(
        default=Audit(), title="Audit", description="How a finished dataset is looked over"
    )
    rehearsal: Rehearsal = Field(
        default=Rehearsal(), title="Rehearsal", description="How the embedded model behaves"
    )
    workers: Workers = Field(
        default=Workers(),
        title="Workers",
        description="The processes that tool calls run in; no result depends on them",
    )
    limits: Limits = Field(
        default=Limits(), title="Limits", description="Budgets and speed; no result depends on them"
    )
    floors: Floors = Field(
        default=Floors(),
        title="Floors",
        description="Least share of what each stage was to make; below it a run fails",
    )
    review: bool = Field(
        default=False,
        title="Review Chains",
        description="Pause after the chains, and ask which of them to keep; each is asked about"
        " once",
    )
    retry_epoch: int = Field(
        default=0, ge=0, description="Raised to run the failed items of every stage again"
    )
    retry_epochs: dict[str, int] = Field(
        default_factory=dict, description="Further ones by stage; `retry-failed` raises these"
    )
    reviews: dict[str, str] = Field(
        default_factory=dict,
        description="Digest of what people said, by check and category; read from the store",
    )

    @model_validator(mode="after")
    def _roles_name_endpoints(self) -> Self:
        known = {endpoint.name for endpoint in self.endpoints}
        for role, _ in self.roles:
            entries = self.roles.of(role)
            missing = sorted({entry.endpoint for entry in entries} - known)
            if missing or not entries:
                msg = f"roles.{role} names no known endpoint: {missing}; known: {sorted(known)}"
                raise ValueError(msg)
        return self

    @property
    def playing(self) -> frozenset[str]:
        """Names of the endpoints that play a role."""
        return frozenset(entry.endpoint for _, entries in self.roles for entry in entries)

    def epoch_of(self, stage: str) -> int:
        """Return how many times the failed items of a stage are asked for again."""
        return self.retry_epoch + self.retry_epochs.get(stage, 0)

    def reviews_of(self, check: str, category: str) -> str:
        """Return the digest of the reviews of a category; empty if there is none."""
        return self.reviews.get(f"{check}/{category}", "")

    @property
    def is_rehearsal(self) -> bool:
        """Whether any role is played by the embedded model, which marks the whole version."""
        rehearsing = {endpoint.name for endpoint in self.endpoints if endpoint.is_rehearsal}
        return any(e.endpoint in rehearsing for _, entries in self.roles for e in entries)
