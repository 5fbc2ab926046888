"""The parameters of a build. Everything a user may change is here or in a data file."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from schemas.base import Declared
from schemas.ids import digest
from schemas.own_tools import OwnTools

Profile = Literal["smoke", "rehearsal", "paper"]
Isolation = Literal["auto", "bubblewrap", "landlock", "rlimits"]
DefectKind = Literal[
    "bad_json", "wrong_count", "flipped_intent", "ambiguous_intent", "missing_parameter",
    "invented_parameter", "unknown_tool", "bad_enum", "false_compliance", "false_refusal",
    "endless_loop", "http_429", "http_500", "timeout",
]  # fmt: skip

# how an endpoint is asked for JSON; `json_object_schema` gives it the schema beside the type
StructuredMode = Literal["json_schema", "json_object_schema", "json_object", "tool", "text"]


RefusalStyle = Literal["direct", "explaining", "redirecting"]


class Endpoint(Declared):
    """An OpenAI-compatible endpoint. Its identity is name, model and revision."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    base_url: str = Field(default="rehearsal:", description="'rehearsal:' is the embedded model")
    model: str
    revision: str = ""
    api_key_env: str | None = Field(
        default=None, description="Name of the environment variable that holds the key"
    )
    api_key_block: str | None = Field(
        default=None, description="Name of the Prefect Secret block that holds the key instead"
    )
    structured: Literal["auto"] | StructuredMode = Field(
        default="auto", description="'auto' finds out by a few small calls, once a workspace"
    )
    send_seed: bool | None = Field(
        default=None, description="Empty: a seed is sent if the endpoint was found to take one"
    )
    max_in_flight: int = Field(default=64, ge=1, le=4096)
    requests_per_minute: float | None = Field(
        default=None, gt=0, description="A cap; without one the rate is learnt from refusals"
    )
    tokens_per_minute: float | None = Field(
        default=None, gt=0, description="A cap on prompt and completion tokens together"
    )
    timeout_s: float = Field(default=120, gt=0, le=3600)
    max_attempts: int = Field(default=8, ge=1, le=100)
    prompt_usd_per_million: float | None = Field(default=None, ge=0)
    cached_usd_per_million: float | None = Field(
        default=None, ge=0, description="Of prompt tokens from the endpoint's cache; else as any"
    )
    completion_usd_per_million: float | None = Field(default=None, ge=0)
    priced_on: date | None = Field(default=None, description="The day these prices were read")

    @property
    def is_rehearsal(self) -> bool:
        """Whether this is the embedded model."""
        return self.base_url.startswith("rehearsal:")


class Weighted(Declared):
    """An endpoint's share of a role."""

    endpoint: str
    weight: float = Field(default=1.0, gt=0)


class Roles(Declared):
    """Which endpoints play which role, with weights.

    The simulator answers for tools of a user's own that have no code; where none is named, the
    planner's endpoints do.
    """

    generator: tuple[Weighted, ...] = (
        Weighted(endpoint="rehearsal-brisk", weight=2),
        Weighted(endpoint="rehearsal-formal", weight=1),
    )
    judge: tuple[Weighted, ...] = (Weighted(endpoint="rehearsal-judge"),)
    planner: tuple[Weighted, ...] = (Weighted(endpoint="rehearsal-brisk"),)
    responder: tuple[Weighted, ...] = (
        Weighted(endpoint="rehearsal-brisk"),
        Weighted(endpoint="rehearsal-formal"),
    )
    simulator: tuple[Weighted, ...] = ()

    def of(self, role: str) -> tuple[Weighted, ...]:
        """Return who plays a role."""
        entries: tuple[Weighted, ...] = getattr(self, role)
        return entries or self.planner


class Rehearsal(Declared):
    """How the embedded model behaves: its seed, and faults planted at known rates."""

    seed: int = 0
    defects: dict[DefectKind, float] = Field(default_factory=dict)
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
    exclude: tuple[str, ...] = ()
    subcategories_per_category: int | None = Field(
        default=None, ge=1, description="Only the first n of each category; empty means all"
    )


class Pool(Declared):
    """How much is generated; balance selects from it."""

    chains_per_subcategory: int = Field(default=4, ge=1, le=50)
    bindings_per_block: int = Field(default=2, ge=1, le=50)
    max_blocks: int = Field(default=12, ge=1, le=500)
    harmful_per_binding: int = Field(default=1, ge=1, le=20)
    benign_per_binding: int = Field(default=2, ge=1, le=20)
    borderline_per_binding: int = Field(default=1, ge=0, le=20)


class Bindings(Declared):
    """How chains become concrete."""

    distractors_min: int = Field(default=1, ge=0, le=20)
    distractors_max: int = Field(default=4, ge=0, le=20)
    system_prompts: dict[str, float] = Field(
        default={"none": 5.0, "short": 3.0, "policy": 2.0},
        description="Weight of each system prompt of the pool; the same for every intent",
    )
    own_system_prompt: str | None = Field(
        default=None, max_length=20_000, description="Text of the pool entry 'own'"
    )


class Instructions(Declared):
    """How requests are written."""

    mode: Literal["plan-first", "request-first"] = "plan-first"
    temperature: float = Field(default=0.8, ge=0, le=2)


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

    temperature: float = Field(default=0.0, ge=0, le=2)


class Validation(Declared):
    """Who judges, and how strictly."""

    panel: tuple[Literal["policy", "purpose", "outcome"], ...] = ("policy", "purpose", "outcome")
    full_panel_share: float = Field(default=0.05, ge=0, le=1)
    temperature: float = Field(default=0.0, ge=0, le=2)

    @model_validator(mode="after")
    def _panel_is_odd(self) -> Self:
        if len(self.panel) % 2 == 0 or len(set(self.panel)) != len(self.panel):
            msg = "validation.panel needs an odd number of different seats"
            raise ValueError(msg)
        return self


class Responses(Declared):
    """How requests are answered."""

    step_limit: int = Field(default=12, ge=1, le=50)
    temperature: float = Field(default=0.7, ge=0, le=2)
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

    harmful: int = Field(default=500, ge=1, le=1_000_000)
    benign: int = Field(default=987, ge=1, le=1_000_000)
    third_party: int = Field(default=0, ge=0, le=1_000_000)
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
    validation_share: float = Field(default=0.05, ge=0, le=0.4)
    test_share: float = Field(default=0.1, ge=0, le=0.4)
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
    processes: int = Field(default=2, ge=1, le=64)
    memory_mb: int = Field(default=1024, ge=256, le=65_536)
    call_timeout_s: float = Field(default=10, gt=0, le=600, description="A call's wall clock")
    call_cpu_s: float = Field(default=5, gt=0, le=600, description="A call's processor time")


class Floors(Declared):
    """Least accepted share of what each stage was to make; below it a run fails, and keeps all."""

    chains: float = Field(default=0.2, ge=0, le=1)
    bindings: float = Field(default=0.2, ge=0, le=1)
    plans: float = Field(default=0.2, ge=0, le=1)
    planned: float = Field(default=0.1, ge=0, le=1)
    instructions: float = Field(default=0.2, ge=0, le=1)
    semantic: float = Field(default=0.2, ge=0, le=1)
    execution: float = Field(default=0.2, ge=0, le=1)
    responses: float = Field(default=0.1, ge=0, le=1)


class Limits(Declared):
    """Budgets and speed; none of it changes a result."""

    in_flight: int = Field(default=64, ge=1, le=4096)
    max_calls: int | None = Field(default=None, ge=0)
    max_cost_usd: float | None = Field(default=None, ge=0)
    partitions: int = Field(default=1, ge=1, le=64)


REHEARSAL_ENDPOINTS = tuple(
    Endpoint(name=f"rehearsal-{style}", model=f"rehearsal-{style}")
    for style in ("brisk", "formal", "judge")
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

    seed: int = Field(default=20_250_523, ge=0, lt=2**53)
    tools: Annotated[
        OwnTools | None, BeforeValidator(_read_if_path), WithJsonSchema(_PATH_OR_NONE)
    ] = Field(
        default=None,
        description="Your own tools: the path of a file of OpenAI functions, of an MCP tools/list"
        " result or of our YAML; see docs/your-own-tools.md",
    )
    categories: Categories = Categories()
    pool: Pool = Pool()
    bindings: Bindings = Bindings()
    instructions: Instructions = Instructions()
    situations: Situations = Situations()
    simulation: Simulation = Simulation()
    validation: Validation = Validation()
    responses: Responses = Responses()
    balance: Balance = Balance()
    endpoints: tuple[Endpoint, ...] = REHEARSAL_ENDPOINTS
    roles: Roles = Roles()
    audit: Audit = Audit()
    rehearsal: Rehearsal = Rehearsal()
    workers: Workers = Workers()
    limits: Limits = Limits()
    floors: Floors = Floors()
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
