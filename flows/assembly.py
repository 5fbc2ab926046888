"""The stages in their order, block by block, until the targets are met."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flows.floors import check_floors
from flows.stages import Receipts, Stages
from schemas.catalogue import load_taxonomy
from schemas.errors import QualityError
from schemas.params import BuildParams
from schemas.rows import Policy, Receipt, Response
from tasks.balance import BalanceSpec, balance_spec, make_examples
from tasks.bindings import bindings_spec, make_bindings
from tasks.chains import chains_spec, make_chains
from tasks.doors.llm import map_bounded
from tasks.imports import imports_spec, make_imports
from tasks.instructions import instructions_spec, make_instructions
from tasks.plans import make_planned, make_plans, planned_spec, plans_spec
from tasks.responses import make_responses, responses_spec
from tasks.selection import Label, label_of, surely_short
from tasks.taxonomy import chosen, policies, store_taxonomy, taxonomy_spec
from tasks.validation import execution_spec, make_execution, make_semantic, semantic_spec

# what a part of a build ends with
Until = Literal["chains", "instructions", "validation", "responses"]


@dataclass(slots=True)
class Pool:
    """What there is to select from: receipts of all blocks, and how many blocks per category."""

    receipts: list[Receipt] = field(default_factory=list)
    imported: Receipts = ()  # rows of other datasets, which no stage before selection reads
    blocks: dict[str, int] = field(default_factory=dict)


async def assemble(
    stages: Stages, params: BuildParams, most_blocks: Callable[[str], int]
) -> tuple[Receipt, Pool]:
    """Return the receipt of the selected rows, and the pool they come from.

    Rows of other datasets are read first: what can't be read ends a build before it costs
    anything. A category that is short of its targets gets one more block, up to
    `most_blocks(category)`.

    Raises:
        BadInputError: a file of another dataset can't be read.
        QualityError: a stage accepts less than its floor, or a category stays below its own
            although all its blocks are made.
    """
    imported = await _import(stages, params)
    rows = policies(chosen(load_taxonomy(), params.categories))
    taxonomy = await stages.run(
        store_taxonomy, taxonomy_spec(rows, params.epoch_of("taxonomy")), ()
    )
    chains = await _chains(stages, params, rows, taxonomy)
    check_floors(stages.ledger.reports(), params.floors)
    receipts = [*taxonomy, *(r for found in chains.values() for r in found)]
    pool = Pool(receipts, imported)
    spec = balance_spec(params, rows, stages.context.benchmarks.digest)
    short: Iterable[str] = chains
    while True:
        while short:
            await _add_blocks(stages, params, rows, chains, pool, short)
            check_floors(stages.ledger.reports(), params.floors)
            lacking = await _surely_short(stages, pool, spec)
            short = [name for name in lacking if pool.blocks[name] < most_blocks(name)]
        stages.context.blocks.update(pool.blocks)
        await stages.context.worlds.rest()  # the selection needs the memory
        upstream = [*pool.receipts, *imported]
        (balanced,) = await stages.run(make_examples, spec, upstream, barrier=True)
        short = [name for name in _short(balanced) if pool.blocks[name] < most_blocks(name)]
        if not short:
            _check_floors(balanced)
            return balanced, pool


async def make_blocks(
    stages: Stages,
    params: BuildParams,
    rows: Sequence[Policy],
    blocks: int = 1,
    until: Until = "responses",
) -> list[Receipt]:
    """Return the receipts of the first blocks of some subcategories, up to a stage."""
    taxonomy = await stages.run(
        store_taxonomy, taxonomy_spec(rows, params.epoch_of("taxonomy")), ()
    )
    chains = await _chains(stages, params, rows, taxonomy)
    pool = Pool(receipts=[*taxonomy, *(r for found in chains.values() for r in found)])
    for _ in range(0 if until == "chains" else blocks):
        await _add_blocks(stages, params, rows, chains, pool, chains, until)
    return pool.receipts


async def _import(stages: Stages, params: BuildParams) -> Receipts:
    """Return the receipt of other datasets' rows; none where no dataset is named."""
    found = stages.context.foreign
    if not found:
        return ()
    return await stages.run(make_imports, imports_spec(params, found), (), barrier=True)


async def _chains(
    stages: Stages, params: BuildParams, rows: Sequence[Policy], taxonomy: Receipts
) -> dict[str, Receipts]:
    categories = list(dict.fromkeys(row.category for row in rows))

    async def make(category: str) -> Receipts:
        return await stages.run(make_chains, chains_spec(params, category, rows), taxonomy)

    made = await map_bounded(categories, make, limit=len(categories))
    return dict(zip(categories, made, strict=True))


async def _add_blocks(
    stages: Stages,
    params: BuildParams,
    rows: Sequence[Policy],
    chains: Mapping[str, Receipts],
    pool: Pool,
    categories: Iterable[str],
    until: Until = "responses",
) -> None:
    names = list(categories)

    async def make(name: str) -> Receipts:
        block = pool.blocks.get(name, 0)
        return await _block(stages, params, rows, name, block, chains[name], until)

    for name, receipts in zip(names, await map_bounded(names, make, limit=len(names)), strict=True):
        pool.receipts += receipts
        pool.blocks[name] = pool.blocks.get(name, 0) + 1


async def _block(
    stages: Stages,
    params: BuildParams,
    rows: Sequence[Policy],
    category: str,
    block: int,
    chains: Receipts,
    until: Until,
) -> Receipts:
    """Return the receipts of one block: one reading of every stage from binding to response."""
    at = (params, category, rows, block)
    bindings = await stages.run(make_bindings, bindings_spec(*at), chains)
    if params.instructions.mode == "plan-first":
        plans = await stages.run(make_plans, plans_spec(*at), bindings)
        requests = await stages.run(make_instructions, instructions_spec(*at), bindings + plans)
    else:
        requests = await stages.run(make_instructions, instructions_spec(*at), bindings)
        plans = await stages.run(make_planned, planned_spec(*at), bindings + requests)
    if until == "instructions":
        return bindings + plans + requests
    semantic = await stages.run(make_semantic, semantic_spec(*at), requests)
    execution = await stages.run(make_execution, execution_spec(*at), bindings + plans + requests)
    verdicts = semantic + execution
    if until == "validation":
        return bindings + plans + requests + verdicts
    responses = await stages.run(
        make_responses, responses_spec(*at), bindings + requests + verdicts
    )
    return bindings + plans + requests + verdicts + responses


async def _surely_short(stages: Stages, pool: Pool, spec: BalanceSpec) -> list[str]:
    """Return the categories that have too few sound answers to need a selection to say so."""
    columns = ("outcome", "kind", "category")
    counts = await stages.context.store.tally(Response, pool.receipts, *columns)
    found: dict[Label, Counter[str]] = {"harmful": Counter(), "benign": Counter()}
    for (outcome, kind, category), count in counts.items():
        if outcome == "accepted":
            found[label_of(kind)][category] += count
    targets = spec.targets
    wanted: dict[Label, int] = {"harmful": targets.harmful, "benign": targets.benign}
    return sorted(
        {
            name
            for label, target in wanted.items()
            for name in surely_short(found[label], target, spec.weights, targets.floor)
        }
    )


def _short(balanced: Receipt) -> list[str]:
    """Return the categories that want another block, in order."""
    marks = [name for name in balanced.figures if name.startswith("short/")]
    return sorted({name.rpartition("/")[2] for name in marks})


def _check_floors(balanced: Receipt) -> None:
    below = sorted(n for n in balanced.figures if n.startswith("below_floor/"))
    if below:
        names = ", ".join(name.removeprefix("below_floor/").replace("/", " ") for name in below)
        raise QualityError(
            f"below the floor after all blocks: {names}. Everything made is kept; raise"
            " pool.max_blocks or pool.chains_per_subcategory, or lower the balance targets,"
            " and build again"
        )
