"""Stage publish: the selected rows become an immutable version, and an MLflow run."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from schemas.accounts import Account
from schemas.base import JsonValue
from schemas.ids import set_digest
from schemas.params import BuildParams
from schemas.prompts import list_prompts, load_prompt
from schemas.results import Manifest, StageReport
from schemas.rows import (
    Audit,
    Binding,
    Chain,
    Dropped,
    Example,
    Imported,
    Instruction,
    Mutation,
    Plan,
    Policy,
    Receipt,
    Response,
    Review,
    Row,
    Verdict,
)
from schemas.third_party import OWN, ForeignFile, SourceCount
from schemas.version import SCHEMA_VERSION, code_version
from schemas.workspace import Workspace
from tasks.account import make_account
from tasks.auditing import SUITE
from tasks.card.rendering import render_card
from tasks.composition import CLASSES, count_differences, read_composition
from tasks.context import RunContext
from tasks.doors.cache import Partition, Spec
from tasks.doors.quality import gate_figures, validation_of
from tasks.doors.registry import log_version
from tasks.doors.store import Recorded, Store, take_stored
from tasks.dropped import gather_dropped
from tasks.formats.foreign_files import ForeignFiles
from tasks.formats.version_folder import (
    count_rows,
    file_digests,
    open_calls,
    open_examples,
    open_folder,
    open_lineage,
    seal,
    write_lineage,
    write_prompts,
)
from tasks.plots.drawing import draw_plots
from tasks.stage import Made, define_stage

CARD = "card"  # the suite of what a card says
CALLS = 20_000  # calls that are written at a time
WRITING = ("chains", "instructions")


class PublishSpec(Spec):
    """How a version is named."""

    stage = "publish"
    version = 3

    rehearsal: bool


def publish_spec(params: BuildParams) -> PublishSpec:
    """Return the spec of a version."""
    return PublishSpec(retry_epoch=params.epoch_of("publish"), rehearsal=params.is_rehearsal)


def version_name(digest: str, *, rehearsal: bool) -> str:
    """Return a version's name: 12 digits of its digest, marked if it is a rehearsal."""
    return f"{'rehearsal-' if rehearsal else ''}{digest[:12]}"


def rows_digest(rows: Recorded) -> str:
    """Return the sha256 over the sorted content of a version's rows."""
    return set_digest(rows.contents)


Lineage = dict[type[Row], dict[str, set[str]]]  # by kind: columns, and the values wanted of each


def _rests_on(examples: Sequence[Example]) -> Lineage:
    """Return the kinds of rows that examples rest on, and what rows of each have in common."""
    own = [row for row in examples if row.source == OWN]
    requests = {each for row in own for each in (row.instruction, row.opening) if each}
    bindings = {row.binding for row in own}
    imported = {row.response for row in examples if row.source != OWN}
    return {
        Policy: {"subcategory": {row.subcategory for row in examples}},
        Chain: {"id": {row.chain for row in examples}},
        Binding: {"id": {*bindings}},
        Plan: {"binding": bindings, "instruction": requests},
        Instruction: {"id": requests},
        Verdict: {"subject": requests},
        Response: {"id": {row.response for row in own}},
        Imported: {"id": imported | {row.tools_of for row in own if row.tools_of}},
        Mutation: {},
        Audit: {},
    }


def _write_examples(draft: Path, records: pa.Table) -> None:
    with open_examples(draft) as write:
        write(records)


async def _write_lineage(
    draft: Path, lineage: Lineage, upstream: Sequence[Receipt], context: RunContext
) -> None:
    """Write the rows of the lineage, kind by kind, and the calls behind them."""
    store, people = context.store, context.people
    calls = await _write_dropped(draft, lineage, upstream, store)
    for kind, wanted in lineage.items():
        ids = wanted.get("id")
        calls |= await asyncio.to_thread(
            write_lineage, draft, kind, await store.records(kind, upstream, ids=ids), wanted
        )
    await _write_calls(draft, sorted(calls), store)
    await asyncio.to_thread(write_prompts, draft, map(load_prompt, list_prompts()))
    with open_lineage(draft, Review) as write:
        write([_without_quotes(each) for each in people.all()])


async def _write_dropped(
    draft: Path, lineage: Lineage, upstream: Sequence[Receipt], store: Store
) -> set[str]:
    """Write what was left out, add what that rests on to the lineage, return the calls behind it.

    The request of what was left out is in its own row: its plans, verdicts and answers are not
    among those of the version's rows.
    """
    calls = set[str]()
    with open_lineage(draft, Dropped) as write:
        async for rows in gather_dropped(store, upstream):
            await asyncio.to_thread(write, rows)
            lineage[Policy]["subcategory"] |= {row.subcategory for row in rows if row.subcategory}
            lineage[Chain]["id"] |= {row.chain for row in rows if row.chain}
            lineage[Binding]["id"] |= {row.binding for row in rows if row.binding}
            calls.update(key for row in rows for key in row.calls)
    return calls


async def _write_calls(draft: Path, keys: Sequence[str], store: Store) -> None:
    with open_calls(draft) as write:
        for start in range(0, max(1, len(keys)), CALLS):
            await asyncio.to_thread(write, await store.call_rows(keys[start : start + CALLS]))


def _without_quotes(review: Review) -> Review:
    """Return a review without its note, where that is about a harmful text and may quote it."""
    return review.model_copy(update={"note": ""}) if review.masked else review


def make_manifest(
    examples: Sequence[Example],
    digest: str,
    balanced: Receipt,
    audit: Audit,
    reports: Sequence[StageReport],
    account: Account,
    context: RunContext,
    pool: Sequence[Receipt] = (),
) -> Manifest:
    """Return what a version says of itself; `files` is filled in once they are written."""
    rehearsal = context.params.is_rehearsal
    harmful = [row for row in examples if row.label == "harmful"]
    by_category = Counter(row.category for row in harmful)
    composition = _crossed(examples, "row_class", "split")
    return Manifest(
        version=version_name(digest, rehearsal=rehearsal),
        digest=digest,
        schema_version=SCHEMA_VERSION,
        rehearsal=rehearsal,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        rows={name: sum(composition.get(name, {}).values()) for name in CLASSES},
        by_category=dict(sorted(by_category.items())) | {"benign": len(examples) - len(harmful)},
        by_intent_and_category=_crossed(examples, "intent", "category"),
        by_subcategory=_crossed(
            [row for row in examples if row.source == OWN], "subcategory", "label"
        ),
        splits=dict(Counter(row.split for row in examples)),
        composition=composition,
        sources=count_sources(examples, context.foreign),
        short=shortfalls(balanced),
        blocks=dict(context.blocks),
        yields=yields(pool),
        filters=audit.filters,
        parts=audit.parts,
        figures=audit.figures,
        warnings=audit.warnings,
        benchmarks=audit.benchmarks,
        params=context.params.model_dump(mode="json"),
        receipts=tuple(sorted(receipt.key for receipt in pool)),
        stages=tuple(reports),
        calls=context.engine.counts(),
        account=account,
        files={},
    )


def count_sources(
    examples: Iterable[Example], foreign: Iterable[ForeignFiles]
) -> tuple[SourceCount, ...]:
    """Return the sources of third-party rows by name and licence, those that none is of included.

    A dataset whose rows are under several licences is there once for each.
    """
    counts = Counter((row.source, row.licence) for row in examples if row.source != OWN)
    files: dict[tuple[str, str], list[ForeignFile]] = {}
    for each in foreign:
        key = (each.source.called, each.source.licence)
        files.setdefault(key, []).extend(each.files)
        counts[key] += 0
    return tuple(
        SourceCount(name=key[0], licence=key[1], rows=rows, files=tuple(files.get(key, ())))
        for key, rows in sorted(counts.items())
    )


def shortfalls(balanced: Receipt) -> dict[str, int]:
    """Return the rows missing from each target, by class, without those that are met."""
    found = {
        name.removeprefix("missing/"): int(value)
        for name, value in balanced.figures.items()
        if name.startswith("missing/")
    }
    return {name: value for name, value in found.items() if value}


def yields(receipts: Iterable[Receipt]) -> dict[str, dict[str, dict[str, int]]]:
    """Return what writers made of what they were asked, by endpoint and subcategory.

    Source: the figures of the stages' receipts, so that no call counts twice over resumed runs.
    """
    found: dict[str, dict[str, dict[str, int]]] = {}
    for receipt in receipts:
        for name, value in sorted(receipt.figures.items()):
            what, _, where = name.partition("/")
            endpoint, _, subcategory = where.partition("/")
            if receipt.stage in WRITING and subcategory:
                line = found.setdefault(endpoint, {}).setdefault(subcategory, {})
                line[what] = line.get(what, 0) + int(value)
    return found


def _crossed(rows: Iterable[Example], one: str, other: str) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for row in rows:
        line = table.setdefault(getattr(row, one), {})
        line[getattr(row, other)] = line.get(getattr(row, other), 0) + 1
    return {name: dict(sorted(line.items())) for name, line in sorted(table.items())}


async def _work(
    spec: PublishSpec, upstream: tuple[Receipt, ...], _part: Partition, context: RunContext
) -> Made:
    balanced = next(receipt for receipt in upstream if receipt.stage == "balance")
    store = context.store
    records = await store.records(Example, [balanced])
    stored = await asyncio.to_thread(take_stored, Example, records)
    (audit,) = await store.rows(Audit, upstream)
    digest = rows_digest(stored)
    manifest, wanted = await _describe(digest, balanced, audit, upstream, context)
    folder = context.workspace.versions / manifest.version
    draft = folder.with_name(f".draft-{manifest.version}")
    shutil.rmtree(draft, ignore_errors=True)
    open_folder(draft)
    await asyncio.to_thread(_write_examples, draft, records)
    del records  # the largest thing here
    await _write_lineage(draft, wanted, upstream, context)
    made = Made(rows_in=len(stored.contents), recorded=[stored], digest=manifest.digest)
    made.red += await asyncio.to_thread(write_card, draft, manifest, audit)
    if made.red:
        shutil.rmtree(draft)
    else:
        await asyncio.to_thread(_finish, draft, folder, manifest, audit, context.workspace)
    return made


async def _describe(
    digest: str,
    balanced: Receipt,
    audit: Audit,
    upstream: Sequence[Receipt],
    context: RunContext,
) -> tuple[Manifest, Lineage]:
    """Return the manifest of a version, and what its rows rest on; the rows are let go of."""
    blank: dict[str, JsonValue] = {"messages": [], "tools": []}
    examples = await context.store.rows(Example, [balanced], blank=blank)
    account = await make_account(context, upstream, context.reports, rows=len(examples))
    manifest = make_manifest(
        examples, digest, balanced, audit, context.reports, account, context, upstream
    )
    return manifest, _rests_on(examples)


def write_card(draft: Path, manifest: Manifest, audit: Audit) -> list[str]:
    """Write the card and its plots; return what it says of the rows that is not so."""
    plots = draw_plots(draft, manifest, sorted((draft / "data").glob("*.parquet")))
    card = render_card(manifest, audit, plots)
    (draft / "README.md").write_text(card, "utf-8")
    differing = count_differences(read_composition(card), count_rows(draft))
    found = gate_figures(CARD, {"composition_differences": float(differing)})
    return [f"{CARD}: {each.expectation} ({each.detail})" for each in found.failed]


def _finish(
    draft: Path, folder: Path, manifest: Manifest, audit: Audit, workspace: Workspace
) -> None:
    whole = manifest.model_copy(update={"files": file_digests(draft)})
    (draft / "manifest.json").write_text(whole.model_dump_json(indent=2), "utf-8")
    seal(draft, folder)
    quality = validation_of(SUITE, audit.figures)
    log_version(workspace, whole, folder, metrics(whole), quality)


def metrics(manifest: Manifest) -> dict[str, float]:
    """Return a version's figures for MLflow: counts, ratio, yields and calls."""
    rows = manifest.rows
    found = {f"rows_{name}": float(count) for name, count in rows.items()}
    found |= {f"rows_{name}": float(count) for name, count in manifest.splits.items()}
    found["ratio_benign_to_harmful"] = rows["benign"] / max(1, rows["harmful"])
    for stage in manifest.stages:
        found[f"yield_{stage.stage}"] = stage.rows_out / max(1, stage.rows_in)
    found |= {name: value for name, value in manifest.figures.items() if value is not None}
    found |= {f"calls_{name}": float(n) for name, n in manifest.calls.model_dump().items()}
    return found | _spendings(manifest)


def _spendings(manifest: Manifest) -> dict[str, float]:
    """Return what all the calls behind a version took; money only where all of it is known."""
    if manifest.account is None:
        return {}
    total = manifest.account.total()
    found = {
        f"tokens_{kind}": float(getattr(total, f"{kind}_tokens"))
        for kind in ("prompt", "cached", "completion")
    }
    if total.cost_usd is not None:
        found["cost_usd"] = total.cost_usd
        found["cost_usd_per_row"] = total.cost_usd / max(1, manifest.account.rows)
    return found


publish_version = define_stage(PublishSpec, Example.table, _work)
