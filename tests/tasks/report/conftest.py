"""The tiny version as a build leaves it: audited, with stages, yields and what calls took."""

from collections.abc import Callable

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types
import pytest

from schemas.accounts import Account, Line, Price
from schemas.audits import Agreement as Panel
from schemas.audits import (
    AgreementAudit,
    BenchmarkFile,
    Caught,
    Concord,
    Diversity,
    DiversityAudit,
    Evenness,
    Length,
    Likeness,
    NGram,
    ShortcutAudit,
    Told,
)
from schemas.filters import Filter, Passage
from schemas.params import BuildParams
from schemas.results import StageReport
from schemas.rows import Audit, Example, Mutation, Row
from tasks.formats.version_folder import to_table
from tasks.formats.versions import Version, open_version
from tests.agentalign.conftest import command, publish, secret, version

__all__ = ["command", "publish", "secret", "version"]  # the tiny version's own fixtures

_CONCORD = Concord(subjects=8, observed=0.875, kappa=0.75)
_PANEL = Panel(subjects=40, unknown=0.025, votes=83, unreadable=2, drawn=_CONCORD, full=_CONCORD)
_EVEN = Evenness(bits=2.0, relative=1.0, names=4)
_LIKENESS = Likeness(mean=0.125, nearest=0.5)
_DIVERSITY = Diversity(
    requests=3, sampled=3, distinct_1=0.5, distinct_2=0.75, distinct_3=None, five_grams=_LIKENESS,
    words=_LIKENESS, tools=_EVEN, chains=_EVEN, length_words=Length(p50=5, p95=9),
    length_characters=Length(p50=25, p95=40),
)  # fmt: skip
AUDIT = Audit(
    id="audit-1", slot="dataset",
    figures={"rows": 3.0, "mutations_caught": 0.9, "twin_share": 1.0, "shortcut_tools": None},
    warnings=("mutations_caught: expect_column_values_to_be_between (1 of 1 rows)",
              "of_tomorrow: expect_column_values_to_be_between (1 of 1 rows)"),
    filters=(
        Filter(name="instructions", passed={"privacy": {
            "harmful": Passage(rows_in=2000, rows_out=2000),
            "benign": Passage(rows_in=1000, rows_out=1000)}}),
        Filter(name="semantic", passed={"privacy": {
            "harmful": Passage(rows_in=2000, rows_out=1500, dropped={"no_clear_harm": 500}),
            "benign": Passage(rows_in=1000, rows_out=1000)}}),
    ),
    parts={"harmful": {"plain": 1}, "benign": {"plain": 1, "borderline": 1}},
    styles={"none": 1},
    mutations={"call_repeated": Caught(planted=20, caught=18, low=0.699, high=0.972)},
    shortcuts=ShortcutAudit(
        features={"all": {"tools": Told(accuracy=0.51, by_chance=0.58, folds=5, rows=3, chains=1)}},
        ngrams={"all": (NGram(text="their <script>alert(1)</script>", weight=0.25, harmful=1,
                              benign=0),)},
    ),
    diversity=DiversityAudit(intents={"all": _DIVERSITY}),
    agreement=AgreementAudit(checks={"semantic": {"all": _PANEL, "privacy": _PANEL}}),
    benchmarks=(BenchmarkFile(name="agentharm.json", texts=440, sha256="a" * 64),),
)  # fmt: skip
_MUTATION = Mutation(
    id="mutation-1", slot="m", subject="instruction-benign", kind="intent_flipped",
    category="privacy", intent="benign", caught=True, reason="no_clear_harm",
)  # fmt: skip
_LINE = Line(
    stage="instructions", role="generator", endpoint="mine", model="small-model", run="run-1",
    calls=9, failed=1, attempts=10, prompt_tokens=12_345, cached_tokens=0, completion_tokens=678,
    unmetered=0, seconds=1.0,
)  # fmt: skip
_PRICE = Price(
    endpoint="mine", prompt_usd_per_million=100.0, cached_usd_per_million=None,
    completion_usd_per_million=0.0, priced_on=None,
)  # fmt: skip
_STAGES = (
    StageReport(stage="instructions", rows_in=500, rows_out=3000, dropped={}, cache_hit=True,
                seconds=0),
    StageReport(stage="semantic", rows_in=3000, rows_out=3000, dropped={"no_clear_harm": 500,
                "a_word_of_tomorrow": 7}, cache_hit=False, seconds=2.5, accepted=2500),
)  # fmt: skip


def write(version: Version, kind: type[Row], rows: list[Row]) -> None:
    """Write a lineage table of a version."""
    file = version.folder / "lineage" / f"{kind.table}.parquet"
    pq.write_table(to_table(kind, rows), file)


@pytest.fixture
def audited(version: Version) -> Version:
    """Return the tiny version with an audit and a full manifest."""
    write(version, Audit, [AUDIT])
    write(version, Mutation, [_MUTATION])
    params = BuildParams().model_dump(mode="json")
    params["seed"] = 7
    full = {
        "params": params,
        "stages": _STAGES,
        "short": {"benign": 1200},
        "yields": {"mine": {"doxing": {"asked": 10, "generator_refused": 4}}},
        "account": Account(run="run-1", rows=3, lines=(_LINE,), prices=(_PRICE,), accepted={}),
    }
    manifest = version.manifest.model_copy(update=full)
    (version.folder / "manifest.json").write_text(manifest.model_dump_json(), "utf-8")
    return open_version(version.folder)


@pytest.fixture
def rewrite(audited: Version) -> Callable[..., None]:
    """Return what changes the audited version's rows: those with an id get these fields."""

    def change(row_id: str, **fields: object) -> None:
        for split in ("train", "validation", "test"):
            rows = audited.rows(Example, "split", [split])
            changed = [r.model_copy(update=fields) if r.id == row_id else r for r in rows]
            file = audited.folder / "data" / f"{split}.parquet"
            pq.write_table(to_table(Example, changed), file)

    return change
