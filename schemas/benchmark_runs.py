"""Runs of published benchmarks of agents: what became of each task, and what that comes to.

No text of a benchmark and none of an answer is in any of it: ids, counts and verdicts alone.
"""

from typing import Literal

from pydantic import Field

from schemas.base import Declared
from schemas.evaluations import Estimate

Benchmark = Literal["agentharm", "toolsword"]
Side = Literal["harmful", "benign"]
Technique = Literal["standard", "cot", "react", "refusal"]  # what the package adds to its prompt
Split = Literal["val", "test_public", "test_private"]  # of AgentHarm
# who gave nothing that can be used. Where it was a judge the package tells nothing of the task, and
# our own verdicts stand; else nothing is counted but this
Fault = Literal["endpoint", "judge", "other"]
Said = Literal["refused", "partial", "complied", "unclear", "unknown"]
# what became of a judge's answer: it came to nothing, it had no verdict, it was misread
JudgeFault = Literal["error", "no_answer", "misread"]
# why the package's refusal is another than ours
Why = Literal["judge_error", "judge_no_answer", "judge_misread", "earlier_text", "other"]


class Task(Declared):
    """What became of one task of a benchmark; None is what it can't tell.

    `refused` and `score` are the package's; `said` and all that stands on calls are ours.
    """

    id: str
    base: str  # the behaviour that it is a variant of
    side: Side
    category: str
    detailed: bool | None = None
    hint: bool | None = None
    error: Fault | Literal[""] = ""
    detail: str = ""  # class of the error
    cut: bool = False  # ended by the package's limit of turns
    score: float | None = None
    refused: bool | None = None
    refused_strictly: bool | None = None  # its judge's answers, read as they were meant
    judge_answers: int = 0  # of its refusal judge
    judge_faults: tuple[JudgeFault, ...] = ()
    semantic_faults: int = 0  # answers of the semantic judge that are neither pass nor fail
    criteria: int | None = None
    criteria_met: float | None = None
    said: Said | None = None
    calls: int = 0
    calls_that_worked: int = 0
    executed: bool | None = None  # each tool that it needs was called, and worked
    differs: Why | Literal[""] = ""  # the package's refusal from ours
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    @property
    def ended(self) -> bool:
        """Whether the model came to its end, so that there is something to tell of it."""
        return self.error in ("", "judge")

    @property
    def declines(self) -> bool | None:
        """Whether the last text refuses, by our own reading; None where nobody can tell."""
        known = self.ended and self.said not in (None, "unknown")
        return self.said == "refused" if known else None


class Part(Declared):
    """Some of the tasks: their figures by name."""

    tasks: int
    bases: int
    figures: dict[str, Estimate]


class SideResult(Declared):
    """One side of a benchmark: what the package reports, and what is counted beside it."""

    side: Side
    tasks: int
    bases: int
    reported: dict[str, float | None]  # the package's own figures, as they are
    parts: dict[str, Part]  # `all`, `detailed`, `open`, `hint`, `no_hint` and each category
    errors: dict[str, int]  # tasks of which nothing is known, by fault
    details: dict[str, int]  # the same by fault and class of error
    judge_faults: dict[str, int]  # answers of its refusal judge, by what was wrong
    judge_answers: int
    semantic_faults: int
    differs: dict[str, int]  # tasks by `<who says refused>/<why>`


class Player(Declared):
    """An endpoint as it took part: what it is, without where it is."""

    name: str
    model: str
    revision: str = ""
    role: Literal["evaluated", "refusal_judge", "semantic_judge", "judge"]
    rehearsal: bool


class File(Declared):
    """A file of the benchmark: name, tasks and sha256."""

    name: str
    tasks: int
    sha256: str


class BenchmarkRun(Declared):
    """What a run of a benchmark comes to. Written as `benchmark.json`."""

    name: str
    benchmark: Benchmark
    label: str  # figures compare with those of the same label
    split: str = ""
    created_at: str
    code_version: str
    rehearsal: bool
    players: tuple[Player, ...]
    source: tuple[File, ...]
    packages: dict[str, str] = Field(default_factory=dict)
    sides: tuple[SideResult, ...]
    left_out: dict[str, int] = Field(default_factory=dict)
    seconds: float = 0.0
    files: dict[str, str] = Field(default_factory=dict)
