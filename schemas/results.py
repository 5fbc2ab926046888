"""What a build says of itself: the object of `build --json`, and a version's manifest."""

from pydantic import Field

from schemas.accounts import Account
from schemas.audits import BenchmarkFile
from schemas.base import Declared, JsonObject
from schemas.filters import Filter
from schemas.third_party import SourceCount


class StageReport(Declared):
    """One stage, over all its blocks."""

    stage: str
    rows_in: int
    rows_out: int
    dropped: dict[str, int]
    cache_hit: bool
    seconds: float
    accepted: int = 0
    wanted: int = 0  # rows that would have been accepted, had nothing failed or been rejected
    failed: int = 0  # items that `retry-failed` would ask for again


class CallCounts(Declared):
    """Model requests of a run: sent to an endpoint, answered from the cache, given up on."""

    made: int = 0
    cached: int = 0
    failed: int = 0


class BuildResult(Declared):
    """The outcome of `build-dataset`."""

    version: str
    path: str
    rows: dict[str, int]  # harmful, benign, third_party
    by_category: dict[str, int]  # the harm categories' harmful rows, and `benign`
    calls: CallCounts
    calls_by_stage: dict[str, CallCounts] = Field(default_factory=dict)
    account: Account | None = None
    stages: tuple[StageReport, ...]
    seconds: float
    short: dict[str, int] = Field(default_factory=dict)  # rows missing from a target, by stratum
    retried: dict[str, int] = Field(default_factory=dict)  # failed items asked again, by stage
    warnings: tuple[str, ...] = ()
    benchmarks: int = 0  # files that rows were compared with


class StagesResult(Declared):
    """The outcome of `build-until`: the stages that were run, without a version."""

    until: str
    stages: tuple[StageReport, ...]
    receipts: tuple[str, ...]  # keys of the stage runs
    calls: CallCounts
    calls_by_stage: dict[str, CallCounts]
    seconds: float


class ReplayResult(Declared):
    """The outcome of `replay`, where every execution came to the same again."""

    version: str
    executions: int
    calls: int
    by_status: dict[str, int]


class ReportResult(Declared):
    """Where `quality-report` wrote its page."""

    version: str
    path: str


class Manifest(Declared):
    """What a version is made of. Written beside its rows as `manifest.json`."""

    version: str
    digest: str  # full sha256 over the sorted rows
    schema_version: int
    rehearsal: bool
    created_at: str  # side information, not in the digest
    code_version: str
    rows: dict[str, int]
    by_category: dict[str, int]  # harm categories' harmful rows; `benign`: all others
    by_intent_and_category: dict[str, dict[str, int]]
    by_subcategory: dict[str, dict[str, int]]  # of our own rows
    splits: dict[str, int]
    composition: dict[str, dict[str, int]] = Field(default_factory=dict)  # by class and split
    sources: tuple[SourceCount, ...] = ()  # that third-party rows are of, by name
    short: dict[str, int]
    blocks: dict[str, int]  # blocks used, by category
    # of what writers were asked, by endpoint and subcategory: asked, and errors by class
    yields: dict[str, dict[str, dict[str, int]]] = Field(default_factory=dict)
    filters: tuple[Filter, ...] = ()  # rows in and out of each, by category and intent
    parts: dict[str, dict[str, int]] = Field(default_factory=dict)  # by class and situation
    figures: dict[str, float | None] = Field(default_factory=dict)  # what the dataset's gate saw
    warnings: tuple[str, ...] = ()  # expectations that don't hold, but stop nothing
    benchmarks: tuple[BenchmarkFile, ...] = ()  # that no row resembles
    params: JsonObject
    receipts: tuple[str, ...] = ()  # keys of the stage runs it was selected from
    stages: tuple[StageReport, ...]
    calls: CallCounts
    account: Account | None = None
    files: dict[str, str]  # sha256 by relative path
