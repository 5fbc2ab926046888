"""Stage balance: the final rows, selected from the pool and split by chain."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from schemas.actions import Catalogue
from schemas.base import JsonValue
from schemas.ids import row_id, share
from schemas.messages import Message
from schemas.params import Balance, BuildParams
from schemas.rows import Binding, Chain, Example, Instruction, Policy, Receipt, Response
from tasks.context import RunContext
from tasks.conversation import offered_tools
from tasks.doors.cache import Partition, Spec
from tasks.duplicates import Seen
from tasks.selection import Candidate, Label, Selection, by_rank, select
from tasks.stage import Made, define_stage, in_pieces
from tasks.world import world_code

CANARY = "agentalign-canary-9b1f7c52e0d84a3695c4"
Split = Literal["train", "validation", "test"]
PIECE = 1000  # answers that are read whole at a time
_UNREAD: Mapping[str, JsonValue] = {"messages": [], "execution": None, "votes": [], "calls": []}


class BalanceSpec(Spec):
    """What is selected from the pool."""

    stage = "balance"

    seed: int
    targets: Balance
    weights: dict[str, int]  # subcategories by category
    world: str  # the tools' schemas are in the rows


def balance_spec(params: BuildParams, policies: Sequence[Policy]) -> BalanceSpec:
    """Return the spec of a selection."""
    weights: dict[str, int] = {}
    for policy in policies:
        weights[policy.category] = weights.get(policy.category, 0) + 1
    return BalanceSpec(
        retry_epoch=params.epoch_of("balance"),
        seed=params.seed,
        targets=params.balance,
        weights=weights,
        world=world_code(params.tools),
    )


def split_of(chain: str, targets: Balance, seed: int) -> Split:
    """Return the split of all rows of a chain, drawn by hash."""
    drawn = share(seed, "split", chain)
    if drawn < targets.test_share:
        return "test"
    return "validation" if drawn < targets.test_share + targets.validation_share else "train"


def to_example(candidate: Candidate, chain: Chain, split: Split, catalogue: Catalogue) -> Example:
    """Return the final row of a candidate."""
    response, request, binding = candidate.response, candidate.request, candidate.binding
    opening = [Message(role="user", content=request.text)]
    if binding.system_prompt:
        opening.insert(0, Message(role="system", content=binding.system_prompt))
    row = Example.model_validate(
        {
            "id": row_id("example", response.id),
            "slot": request.slot,
            "label": candidate.label,
            "intent": request.intent,
            "kind": response.kind,
            "category": request.category,
            "subcategory": request.subcategory,
            "pattern": chain.capabilities,
            "pair": binding.id,
            "chain": chain.id,
            "binding": binding.id,
            "instruction": request.id,
            "response": response.id,
            "split": split,
            "messages": (*opening, *response.messages),
            "tools": (),
            "grounding": response.execution.grounding if response.execution else "none",
            "canary": CANARY if candidate.label == "harmful" else None,
        }
    )
    # the catalogue's own schemas, as they are: validation would make copies of all of them
    return row.model_copy(update={"tools": offered_tools(binding, catalogue)})


async def _candidates(upstream: Sequence[Receipt], context: RunContext) -> list[Candidate]:
    """Return the sound answers of the pool, without what selection does not need of them."""
    store = context.store
    requests = {r.id: r for r in await store.rows(Instruction, upstream, blank={"calls": []})}
    bindings = {b.id: b for b in await store.rows(Binding, upstream, blank={"steps": []})}
    return [
        Candidate(row, requests[row.instruction], bindings[row.binding])
        for row in await store.rows(Response, upstream, blank=_UNREAD)
        if row.outcome == "accepted"
    ]


async def _add_examples(
    taken: Sequence[Candidate],
    spec: BalanceSpec,
    upstream: Sequence[Receipt],
    context: RunContext,
    made: Made,
) -> None:
    """Make examples of the candidates that were taken, a piece of the answers at a time."""
    chains = {chain.id: chain for chain in await context.store.rows(Chain, upstream)}
    for start in range(0, len(taken), PIECE):
        piece = taken[start : start + PIECE]
        ids = [candidate.response.id for candidate in piece]
        whole = {r.id: r for r in await context.store.rows(Response, upstream, ids=ids)}
        examples = []
        async for candidate in in_pieces(piece):
            full = replace(candidate, response=whole[candidate.response.id])
            chain = chains[candidate.request.chain]
            split = split_of(chain.id, spec.targets, spec.seed)
            examples.append(to_example(full, chain, split, context.catalogue))
        await made.keep(examples)


async def _distinct(
    candidates: Sequence[Candidate], spec: BalanceSpec, made: Made
) -> list[Candidate]:
    """Return the candidates without near-duplicates of their own class, in the order of rank."""
    threshold = spec.targets.duplicate_threshold
    texts: dict[Label, list[str]] = {"harmful": [], "benign": []}
    for candidate in candidates:
        texts[candidate.label].append(candidate.request.text)
    seen = {label: await asyncio.to_thread(Seen, threshold, own) for label, own in texts.items()}
    kept = []
    async for candidate in in_pieces(by_rank(candidates, spec.seed)):
        if seen[candidate.label].take(candidate.request.text):
            kept.append(candidate)
        else:
            made.dropped["near_duplicate"] += 1
    return kept


def _report(selection: Selection, label: Label, target: int, made: Made) -> None:
    made.figures[f"missing/{label}"] = float(target - len(selection.taken))
    made.figures |= {f"short/{label}/{name}": float(n) for name, n in selection.short.items()}
    made.figures |= {f"below_floor/{label}/{name}": 1.0 for name in selection.below_floor}


async def _work(
    spec: BalanceSpec, upstream: tuple[Receipt, ...], _part: Partition, context: RunContext
) -> Made:
    pool = await _candidates(upstream, context)
    made = Made(rows_in=len(pool))
    distinct = await _distinct(pool, spec, made)
    targets = spec.targets
    wanted: dict[Label, int] = {"harmful": targets.harmful, "benign": targets.benign}
    for label, target in wanted.items():
        own = [candidate for candidate in distinct if candidate.label == label]
        selection = select(own, target, spec.weights, targets.floor)
        _report(selection, label, target, made)
        made.dropped["not_selected"] += len(own) - len(selection.taken)
        await _add_examples(selection.taken, spec, upstream, context, made)
    made.figures["missing/third_party"] = float(targets.third_party)
    return made


make_examples = define_stage(BalanceSpec, Example.table, _work)
