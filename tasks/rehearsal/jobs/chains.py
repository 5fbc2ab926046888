"""Proposes behaviour chains: steps that an earlier one or the request can feed."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from schemas.actions import Capability
from schemas.dataflow import MAX_STEPS
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Facts, Said, say_json
from tasks.rehearsal.files import load_data

ATTEMPTS_PER_CHAIN = 60


class ChainFacts(Facts):
    """What chains are proposed from."""

    category: str = ""
    subcategory: str = "misuse"
    known: tuple[tuple[str, ...], ...] = ()
    count: int = 1
    max_steps: int = MAX_STEPS
    capabilities: tuple[Capability, ...]


def propose_chains(asked: Asked, faults: Faults) -> Said:
    """Return `count` new chains as JSON; fewer only where there are no more to be found."""
    facts, rng = asked.facts(ChainFacts), Random(faults.rank("chains", asked.digest))
    space = {c.id: c for c in facts.capabilities}
    known, count = set(facts.known), facts.count
    drawn: list[tuple[str, ...]] = []
    for _ in range(ATTEMPTS_PER_CHAIN * count):
        chain = _draw(space, facts, rng) if len(drawn) < count else ()
        if chain and chain not in known:
            known.add(chain)
            drawn.append(chain)
    return say_json({"chains": [_entry(chain, space, facts, rng) for chain in drawn]})


def _draw(space: Mapping[str, Capability], facts: ChainFacts, rng: Random) -> tuple[str, ...]:
    """Draw one chain step by step; shorter than drawn where nothing more can follow."""
    steps: list[Capability] = []
    leaning = load_data("chains")["leanings"].get(facts.category, {})
    for _ in range(_length(facts.max_steps, rng)):
        weights = {c.id: _weight(c, steps, leaning) for c in space.values()}
        if not any(weights.values()):
            break
        drawn = rng.choices(list(weights), list(weights.values()))[0]
        steps.append(space[drawn])
    return tuple(step.id for step in steps)


def _length(max_steps: int, rng: Random) -> int:
    lengths = load_data("chains")["lengths"]
    drawn: int = rng.choices(list(lengths), list(lengths.values()))[0]
    return min(max_steps, MAX_STEPS, drawn)


def _weight(next_: Capability, steps: Sequence[Capability], leaning: Mapping[str, Any]) -> float:
    """Return how likely a step follows; 0 if it was there or nothing can feed it."""
    made = {kind.kind for step in steps for kind in step.yields}
    takes = [need for need in next_.needs if need.origin != "request"]
    unfed = any(n.origin == "step" and not n.optional and n.kind not in made for n in takes)
    if unfed or any(step.id == next_.id for step in steps):
        return 0.0
    feeds = float(load_data("chains")["feeds"]) if any(n.kind in made for n in takes) else 1.0
    return feeds * float(leaning.get(next_.group, 1))


def _entry(
    chain: Sequence[str], space: Mapping[str, Capability], facts: ChainFacts, rng: Random
) -> dict[str, Any]:
    described = [space[name].description for name in chain]
    steps = "; then ".join([described[0], *(d[:1].lower() + d[1:] for d in described[1:])])
    subject = facts.subcategory.replace("_", " ")
    template = rng.choice(load_data("chains")["explanations"])
    return {
        "capabilities": list(chain),
        "explanation": template.format(steps=steps, subject=subject),
    }
