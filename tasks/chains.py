"""Stage chains: behaviour chains per subcategory, written by hand and proposed by a model."""

from collections import Counter
from collections.abc import Sequence

import orjson

from schemas.actions import Catalogue
from schemas.answers import ChainProposals, ProposedChain, response_schema
from schemas.base import JsonObject
from schemas.calls import Reply, Request
from schemas.catalogue import SeedChain, load_seed_chains
from schemas.dataflow import MAX_STEPS, BrokenFlowError, capabilities_of, wire
from schemas.ids import digest, row_id
from schemas.params import BuildParams
from schemas.prompts import load_prompt
from schemas.rows import Chain, Policy, Receipt
from tasks.context import RunContext
from tasks.doors.cache import Partition
from tasks.specs import (
    CategorySpec,
    Model,
    catalogue_of,
    common,
    models_of,
    policy_facts,
    prompt_refs,
)
from tasks.stage import Made, define_stage

PROMPT = "chains"
ROUNDS = 4  # of proposals per subcategory and retry epoch, before it stays short


class ChainsSpec(CategorySpec):
    """Chains of one category."""

    stage = "chains"

    per_subcategory: int
    seeds: str  # digest of the hand-written chains
    capabilities: str  # digest of the action space
    prompts: tuple[str, ...]
    generators: tuple[Model, ...]
    temperature: float


def chains_spec(params: BuildParams, category: str, policies: Sequence[Policy]) -> ChainsSpec:
    """Return the spec of one category's chains."""
    return ChainsSpec.model_validate(
        common(params, ChainsSpec.stage, category, policies)
        | {
            "per_subcategory": params.pool.chains_per_subcategory,
            "seeds": digest([seed.model_dump() for seed in load_seed_chains()]),
            "capabilities": digest(_action_space(catalogue_of(params))),
            "prompts": prompt_refs([PROMPT]),
            "generators": models_of(params, "generator"),
            "temperature": params.instructions.temperature,
        }
    )


def refusal_reason(
    proposed: Sequence[str], known: Sequence[Sequence[str]], catalogue: Catalogue
) -> str | None:
    """Return why a chain can't be taken, or None: one word that drop counts are grouped by."""
    if not 1 <= len(proposed) <= MAX_STEPS:
        return "wrong_length"
    if any(capability not in catalogue.capabilities for capability in proposed):
        return "unknown_capability"
    if tuple(proposed) in {tuple(chain) for chain in known}:
        return "duplicate_chain"
    try:
        wire(capabilities_of(catalogue, proposed))
    except BrokenFlowError:
        return "broken_dataflow"
    return None


def sort_proposals(
    proposals: Sequence[ProposedChain], known: Sequence[Sequence[str]], catalogue: Catalogue
) -> tuple[list[ProposedChain], Counter[str]]:
    """Return the sound proposals in order, and the others counted by reason."""
    sound: list[ProposedChain] = []
    dropped: Counter[str] = Counter()
    for proposal in proposals:
        taken = [*known, *(chain.capabilities for chain in sound)]
        reason = refusal_reason(proposal.capabilities, taken, catalogue)
        if reason is None:
            sound.append(proposal)
        else:
            dropped[reason] += 1
    return sound, dropped


def _action_space(catalogue: Catalogue) -> list[JsonObject]:
    keep = {"id", "description", "needs", "yields"}
    return [c.model_dump(mode="json", include=keep) for c in catalogue.capabilities.values()]


def _seeds(policy: Policy, count: int, catalogue: Catalogue) -> list[SeedChain]:
    """Return hand-written chains of a subcategory that the catalogue has all capabilities for."""
    found = [seed for seed in load_seed_chains() if seed.subcategory == policy.subcategory
             and catalogue.capabilities.keys() >= set(seed.capabilities)]  # fmt: skip
    return found[:count]


def _request(
    spec: ChainsSpec, policy: Policy, known: list[list[str]], turn: int, catalogue: Catalogue
) -> Request:
    facts = {
        "capabilities": _action_space(catalogue),
        "max_steps": MAX_STEPS,
        "category": policy.category,
        **policy_facts(policy.subcategory),
        "count": spec.per_subcategory - len(known),
        "known": known,
    }
    del facts["allow_if"]
    return Request(
        role="generator",
        stage=spec.stage,
        item=row_id("draw", policy.subcategory),
        messages=load_prompt(PROMPT).render(
            facts=orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
        ),
        response_schema=response_schema(ChainProposals),
        temperature=spec.temperature,
        max_tokens=2048,
        index=turn,
    )


async def _synthesise(
    spec: ChainsSpec, policy: Policy, context: RunContext, made: Made
) -> list[Chain]:
    """Return the subcategory's chains; rounds that failed are failure rows if it stays short.

    A retry epoch adds rounds and repeats none: what is there stays as it is.
    """
    catalogue = context.catalogue
    rows = [
        _chain(policy, index, seed.capabilities, seed.explanation, "seed", ())
        for index, seed in enumerate(_seeds(policy, spec.per_subcategory, catalogue))
    ]
    failed = []
    for turn in range(ROUNDS * (1 + spec.retry_epoch)):
        missing = spec.per_subcategory - len(rows)
        if not missing:
            break
        known = [list(row.capabilities) for row in rows]
        request = _request(spec, policy, known, turn, catalogue)
        parsed = await context.engine.ask_json(request, ChainProposals)
        made.count_yield(policy.subcategory, parsed.by_endpoint)
        if parsed.value is None:
            failed.append(parsed.reply)
            continue
        sound, dropped = sort_proposals(parsed.value.chains, known, catalogue)
        made.dropped += dropped + Counter(surplus=max(0, len(sound) - missing))
        rows += [
            _chain(
                policy,
                len(rows) + n,
                chain.capabilities,
                chain.explanation,
                "synthesised",
                parsed.keys,
            )
            for n, chain in enumerate(sound[:missing])
        ]
    _note_failed(spec, policy, failed, made, short=len(rows) < spec.per_subcategory)
    return rows


def _note_failed(
    spec: ChainsSpec, policy: Policy, failed: Sequence[Reply], made: Made, *, short: bool
) -> None:
    for reply in failed:
        if short:
            made.fail(spec.stage, policy, policy.category, reply)
        else:
            made.dropped[reply.error or "malformed"] += 1


def _chain(
    policy: Policy,
    index: int,
    capabilities: Sequence[str],
    explanation: str,
    source: str,
    calls: tuple[str, ...],
) -> Chain:
    return Chain.model_validate(
        {
            "id": row_id("chain", policy.subcategory, capabilities),
            "slot": f"{policy.subcategory}/{index}",
            "category": policy.category,
            "subcategory": policy.subcategory,
            "capabilities": tuple(capabilities),
            "explanation": explanation,
            "source": source,
            "calls": calls,
        }
    )


async def _work(
    spec: ChainsSpec, upstream: tuple[Receipt, ...], part: Partition, context: RunContext
) -> Made:
    policies = [
        policy
        for policy in await context.store.rows(Policy, upstream)
        if policy.id in spec.policies and part.holds(policy.id)
    ]
    made = Made(rows_in=len(policies), wanted=len(policies) * spec.per_subcategory)

    async def synthesise(policy: Policy) -> list[Chain]:
        return await _synthesise(spec, policy, context, made)

    for rows in await context.work_on(spec.stage, policies, synthesise):
        made.rows += rows
    return made


make_chains = define_stage(ChainsSpec, Chain.table, _work)
