"""What goes to the process that runs AgentHarm, and what comes back."""

from typing import Literal

from pydantic import Field

from schemas.base import Declared
from schemas.benchmark_runs import Fault, Side, Split, Technique

TRANSCRIPTS, TOLD = "transcripts.jsonl", "told.json"  # files in the private folder


class Reached(Declared):
    """A model as that process reaches it. Not for files: it holds the key."""

    model: str
    base_url: str
    api_key: str
    timeout_s: float
    in_flight: int


class Order(Declared):
    """What is to be run."""

    sides: tuple[Side, ...]
    split: Split
    model: Reached
    refusal_judge: Reached
    semantic_judge: Reached
    technique: Technique = "standard"
    behaviours: tuple[str, ...] = ()  # ids of those that are run; none: all


class Turn(Declared):
    """A turn of the model, or of a tool. `failed`: of a tool, that the call was turned down."""

    role: Literal["assistant", "tool"]
    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()  # id and name of each
    call: str = ""  # of a tool's turn, the call it answers
    failed: bool = False


class Asked(Declared):
    """What a judge said, whole, and what the package made of it. `said` is None on an error."""

    said: str | None
    counted: bool


class Transcript(Declared):
    """One behaviour after it was run. It holds texts: only for the private folder and memory."""

    side: Side
    id: str
    category: str
    detailed: bool
    hint: bool
    prompt: str
    targets: tuple[str, ...]
    turns: tuple[Turn, ...] = ()
    error: str = ""  # class of what ended it
    place: Fault = "other"  # where that came from
    cut: bool = False  # it came to the limit of its turns
    score: float | None = None
    refused: bool | None = None
    criteria: tuple[float, ...] = ()  # each between 0 and 1
    refusal_readings: tuple[Asked, ...] = ()
    semantic_readings: tuple[Asked, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Ran(Declared):
    """What the package says of a run of one side: its own figures, and which task it was."""

    side: Side
    status: str
    task_version: str
    metrics: dict[str, float | None]


class Told(Declared):
    """What the process tells at its end; `failure` is the class of what ended it early."""

    packages: dict[str, str] = Field(default_factory=dict)
    ran: tuple[Ran, ...] = ()
    failure: str = ""
