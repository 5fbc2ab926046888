"""Stage balance: the final rows, selected from the pool and split by chain."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from schemas.base import JsonValue
from schemas.ids import row_id
from schemas.params import Balance, BuildParams
from schemas.rows import (
    Binding,
    Chain,
    Dropped,
    Example,
    Imported,
    Instruction,
    Policy,
    Receipt,
    Response,
)
from tasks.audit.decontamination import Contamination
from tasks.audit.splits import ChainFacts, Shares, Split, splits
from tasks.context import RunContext
from tasks.doors.cache import Partition, Spec
from tasks.duplicates import Seen
from tasks.examples import add_examples, add_imported
from tasks.formats.benchmarks import Benchmarks
from tasks.funnel import DROPPED
from tasks.lending import draw_borrowers, lend_tools, to_wish, without_own_names
from tasks.mixing import Mixed, mix
from tasks.mixing import to_dropped as imported_to_dropped
from tasks.selection import Candidate, Label, Selection, by_rank, select
from tasks.stage import Made, define_stage, in_pieces
from tasks.world import world_code

_UNREAD: Mapping[str, JsonValue] = {"messages": [], "execution": None, "votes": [], "calls": []}


class BalanceSpec(Spec):
    """What is selected from the pool."""

    stage = "balance"
    version = 3

    seed: int
    targets: Balance
    weights: dict[str, int]  # subcategories by category
    parts: dict[Label, dict[str, float]]  # least share of what a class is made of
    world: str  # the tools' schemas are in the rows
    benchmarks: str  # digest of the texts that no row may resemble
    harmful_share: float = 0.0  # of plain harmful rows that offer foreign tools, if there are any


def balance_spec(
    params: BuildParams, policies: Sequence[Policy], benchmarks: str = ""
) -> BalanceSpec:
    """Return the spec of a selection; `benchmarks` is the digest of their texts."""
    weights: dict[str, int] = {}
    for policy in policies:
        weights[policy.category] = weights.get(policy.category, 0) + 1
    return BalanceSpec(
        retry_epoch=params.epoch_of("balance"),
        seed=params.seed,
        targets=params.balance.model_copy(update={"benchmarks": ()}),  # their texts count
        weights=weights,
        parts=least_parts(params),
        world=world_code(params.tools),
        benchmarks=benchmarks,
        harmful_share=params.third_party.harmful_share if params.third_party.sources else 0.0,
    )


def least_parts(params: BuildParams) -> dict[Label, dict[str, float]]:
    """Return the least share of each situation, and of borderline rows, in its class."""
    floor = params.situations.floor
    shares = {
        intent: {name: share * floor for name, share in params.situations.shares(intent).items()}
        for intent in ("harmful", "benign")
    }
    borderline = params.balance.borderline_floor if params.pool.borderline_per_binding else 0.0
    return {"harmful": shares["harmful"], "benign": {**shares["benign"], "borderline": borderline}}


def split_chains(
    pool: Iterable[Candidate], chains: Mapping[str, Chain], targets: Balance, seed: int
) -> dict[str, Split]:
    """Return the split of every chain of the pool, whatever is selected of it."""
    labels: dict[str, set[Label]] = {}
    uses: dict[str, set[str]] = {}
    for candidate in pool:
        chain, binding = candidate.request.chain, candidate.binding
        labels.setdefault(chain, set()).add(candidate.label)
        groups = {each.partition(".")[0] for each in chains[chain].capabilities}
        called = {*binding.tool_order} - {*binding.distractors}
        uses[chain] = uses.get(chain, set()) | called | groups
    facts = {
        chain: ChainFacts(chains[chain].category, frozenset(labels[chain]), frozenset(uses[chain]))
        for chain in labels
    }
    shares = Shares(validation=targets.validation_share, test=targets.test_share)
    return splits(facts, shares, seed, targets.held_out)


async def _candidates(upstream: Sequence[Receipt], context: RunContext) -> list[Candidate]:
    """Return the sound answers of the pool, without what selection does not need of them."""
    store = context.store
    requests = {r.id: r for r in await store.rows(Instruction, upstream, blank={"calls": []})}
    bindings = {b.id: b for b in await store.rows(Binding, upstream, blank={"steps": []})}
    return [
        Candidate(row, requests[row.instruction], bindings[row.binding], requests.get(row.opening))
        for row in await store.rows(Response, upstream, blank=_UNREAD)
        if row.outcome == "accepted"
    ]


def _contamination(spec: BalanceSpec, benchmarks: Benchmarks) -> Contamination | None:
    targets = spec.targets
    if not benchmarks.texts:
        return None
    return Contamination(benchmarks, targets.benchmark_ngram, targets.benchmark_threshold)


async def _clean(
    candidates: Sequence[Candidate], known: Contamination | None, made: Made
) -> list[Candidate]:
    """Return the candidates that hold no text like one of a benchmark's."""
    if known is None:
        return [*candidates]
    kept = []
    async for candidate in in_pieces(candidates):
        found = next((match for text in _texts(candidate) if (match := known.of(text))), None)
        if found:
            _leave_out(candidate, f"benchmark_{found}", made)
        else:
            kept.append(candidate)
    return kept


def _texts(candidate: Candidate) -> Iterator[str]:
    request, opening = candidate.request, candidate.opening
    texts = (request.text, request.later, opening and opening.text, candidate.binding.system_prompt)
    return (text for text in texts if text)


async def _distinct(
    candidates: Sequence[Candidate], spec: BalanceSpec, made: Made
) -> list[Candidate]:
    """Return the candidates without near-duplicates, in the order of rank.

    One that is like a request of the other class is left out as well: the two would contradict.
    """
    texts = [candidate.request.text for candidate in candidates]
    seen = await asyncio.to_thread(Seen, spec.targets.duplicate_threshold, texts)
    kept = []
    async for candidate in in_pieces(by_rank(candidates, spec.seed)):
        like = seen.take(candidate.request.text, candidate.label)
        if not like:
            kept.append(candidate)
        elif like == {candidate.label}:
            _leave_out(candidate, "near_duplicate", made)
        else:
            _leave_out(candidate, "near_duplicate_of_other_class", made)
    return kept


def _leave_out(candidate: Candidate, reason: str, made: Made) -> None:
    _take_dropped(to_dropped(candidate, reason), made)


def _leave_out_imported(row: Imported, reason: str, made: Made) -> None:
    _take_dropped(imported_to_dropped(row, BalanceSpec.stage, reason), made)


def _take_dropped(row: Dropped, made: Made) -> None:
    made.dropped[row.reason] += 1
    figure = f"{DROPPED}{row.reason}/{row.category}/{row.intent}"
    made.figures[figure] = made.figures.get(figure, 0.0) + 1
    made.take(row)


def to_dropped(candidate: Candidate, reason: str) -> Dropped:
    """Return the row of a sound answer that is left out. It repeats no text."""
    response, request = candidate.response, candidate.request
    return Dropped(
        id=row_id("dropped", response.id, BalanceSpec.stage, reason),
        slot=f"{response.slot}/dropped",
        of_stage=BalanceSpec.stage,
        subject=response.id,
        chain=request.chain,
        binding=request.binding,
        instruction=request.id,
        category=request.category,
        subcategory=request.subcategory,
        intent=request.intent,
        situation=request.situation,
        outcome=response.outcome,
        label=response.label,
        reason=reason,
        by="selection",
        endpoint=response.endpoint,
        prompt=request.prompt,
    )


def _report(selection: Selection, label: Label, target: int, made: Made) -> None:
    made.figures[f"missing/{label}"] = float(target - len(selection.taken))
    made.figures |= {f"short/{label}/{name}": float(n) for name, n in selection.short.items()}
    made.figures |= {f"below_floor/{label}/{name}": 1.0 for name in selection.below_floor}
    made.figures |= {
        f"thin/{label}/{part}/{category}": float(n)
        for (category, part), n in selection.thin.items()
    }


def _select(
    distinct: Sequence[Candidate], label: Label, target: int, spec: BalanceSpec, made: Made
) -> list[Candidate]:
    """Return what is taken of one class; what is not is left out."""
    own = [candidate for candidate in distinct if candidate.label == label]
    selection = select(own, target, spec.weights, spec.targets.floor, spec.parts[label])
    _report(selection, label, target, made)
    chosen = {candidate.response.id for candidate in selection.taken}
    for candidate in own:
        if candidate.response.id not in chosen:
            _leave_out(candidate, "not_selected", made)
    return selection.taken


async def _lend(
    harmful: Sequence[Candidate],
    mixed: Mixed,
    chains: Mapping[str, Chain],
    splits: Mapping[str, Split],
    spec: BalanceSpec,
    upstream: Sequence[Receipt],
    context: RunContext,
    made: Made,
) -> dict[str, str]:
    """Return the imported rows whose tools harmful rows offer, by answer; none without any."""
    if not mixed.taken:
        return {}
    drawn = draw_borrowers(harmful, spec.seed, spec.harmful_share)
    free = await without_own_names(drawn, context.store, upstream)
    wishes = [
        to_wish(c, chains[c.request.chain], splits[c.request.chain], context.catalogue)
        for c in free
    ]
    lent = await lend_tools(wishes, mixed, context.store, upstream)
    made.figures |= {
        "foreign_tools/drawn": float(len(drawn)),
        "foreign_tools/name_own_tools": float(len(drawn) - len(free)),
        "foreign_tools/nothing_fits": float(len(free) - len(lent)),
        "foreign_tools/lent": float(len(lent)),
    }
    return lent


async def _work(
    spec: BalanceSpec, upstream: tuple[Receipt, ...], _part: Partition, context: RunContext
) -> Made:
    store, targets = context.store, spec.targets
    pool = await _candidates(upstream, context)
    chains = {chain.id: chain for chain in await store.rows(Chain, upstream)}
    made = Made(rows_in=len(pool))
    known = _contamination(spec, context.benchmarks)
    distinct = await _distinct(await _clean(pool, known, made), spec, made)
    split = split_chains(pool, chains, targets, spec.seed)
    harmful = _select(distinct, "harmful", targets.harmful, spec, made)
    benign = _select(distinct, "benign", targets.benign, spec, made)
    leave_out = partial(_leave_out_imported, made=made)
    own = [*harmful, *benign]
    mixed = await mix(store, upstream, own, targets, spec.seed, known, leave_out)
    made.rows_in += mixed.found
    made.figures["missing/third_party"] = float(targets.third_party - len(mixed.taken))
    lent = await _lend(harmful, mixed, chains, split, spec, upstream, context, made)
    for taken in (harmful, benign):
        await add_examples(taken, split, lent, upstream, context, made)
    await add_imported(mixed, upstream, context, made)
    return made


make_examples = define_stage(BalanceSpec, Example.table, _work)
