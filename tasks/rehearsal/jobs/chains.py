"""Proposes behaviour chains: steps that an earlier one or the request can feed."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from pydantic import TypeAdapter

from schemas.actions import Capability
from schemas.dataflow import MAX_STEPS, BrokenFlowError, wire
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Facts, Said, say_json
from tasks.rehearsal.files import load_data

ATTEMPTS_PER_CHAIN = 60
_CAPABILITIES = TypeAdapter(tuple[Capability, ...])


def propose_chains(asked: Asked, faults: Faults) -> Said:
    """Return `count` new chains as JSON; fewer only where there are no more to be found."""
    facts, rng = asked.facts, Random(faults.rank("chains", asked.digest))
    space = {c.id: c for c in _CAPABILITIES.validate_python(facts["capabilities"])}
    known = {tuple(chain) for chain in facts.get("known", [])}
    count = int(facts.get("count", 1))
    drawn: list[tuple[str, ...]] = []
    for _ in range(ATTEMPTS_PER_CHAIN * count):
        chain = _draw(space, facts, rng) if len(drawn) < count else ()
        if chain and chain not in known:
            known.add(chain)
            drawn.append(chain)
    return say_json({"chains": [_entry(chain, space, facts, rng) for chain in drawn]})


def _draw(space: Mapping[str, Capability], facts: Facts, rng: Random) -> tuple[str, ...]:
    """Draw one chain step by step; shorter than drawn where nothing more can follow."""
    steps: list[Capability] = []
    leaning = load_data("chains")["leanings"].get(facts.get("category"), {})
    for _ in range(_length(int(facts.get("max_steps", MAX_STEPS)), rng)):
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
    if next_ in steps:
        return 0.0
    try:
        inputs = wire((*steps, next_))[-1]
    except BrokenFlowError:
        return 0.0
    feeds = float(load_data("chains")["feeds"]) if inputs else 1.0
    return feeds * float(leaning.get(next_.group, 1))


def _entry(
    chain: Sequence[str], space: Mapping[str, Capability], facts: Facts, rng: Random
) -> Facts:
    described = [space[name].description for name in chain]
    steps = "; then ".join([described[0], *(d[:1].lower() + d[1:] for d in described[1:])])
    subject = str(facts.get("subcategory", "misuse")).replace("_", " ")
    template = rng.choice(load_data("chains")["explanations"])
    return {
        "capabilities": list(chain),
        "explanation": template.format(steps=steps, subject=subject),
    }
