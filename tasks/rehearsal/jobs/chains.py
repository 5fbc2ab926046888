"""Proposes behaviour chains: steps that an earlier one or the request can feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from schemas.actions import Capability
from schemas.dataflow import MAX_STEPS
from tasks.rehearsal.defects import Faults
from tasks.rehearsal.exchange import Asked, Facts, Said, say_json
from tasks.rehearsal.files import load_data
from tasks.rehearsal.phrases import imperative
from tasks.rehearsal.wording import is_described

ATTEMPTS_PER_CHAIN = 60


class ChainFacts(Facts):
    """What chains are proposed from."""

    category: str = ""
    subcategory: str = "misuse"
    known: tuple[tuple[str, ...], ...] = ()
    count: int = 1
    max_steps: int = MAX_STEPS
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to draw: likely lengths, and whether a step that takes something may come again."""

    lengths: Mapping[int, float]
    repeats: bool


def propose_chains(asked: Asked, faults: Faults) -> Said:
    """Return `count` new chains as JSON; fewer only where there are no more to be found.

    Chains of the usual lengths come first, then of any length, then with steps done twice.
    """
    facts, rng = asked.facts(ChainFacts), Random(faults.rank("chains", asked.digest))
    space = {c.id: c for c in facts.capabilities}
    anything = dict.fromkeys(range(1, MAX_STEPS + 1), 1.0)
    usual = _Way(load_data("chains")["lengths"], repeats=False)
    drawn: list[tuple[str, ...]] = []
    for way in (usual, _Way(anything, repeats=False), _Way(anything, repeats=True)):
        _draw_more(drawn, space, facts, way, rng)
    return say_json({"chains": [_entry(chain, space, facts, rng) for chain in drawn]})


def _draw_more(
    drawn: list[tuple[str, ...]],
    space: Mapping[str, Capability],
    facts: ChainFacts,
    way: _Way,
    rng: Random,
) -> None:
    """Add chains that are new until there are as many as asked for."""
    known = {*facts.known, *drawn}
    for _ in range(ATTEMPTS_PER_CHAIN * facts.count):
        if len(drawn) >= facts.count:
            return
        chain = _draw(space, facts, way, rng)
        if chain and chain not in known:
            known.add(chain)
            drawn.append(chain)


def _draw(
    space: Mapping[str, Capability], facts: ChainFacts, way: _Way, rng: Random
) -> tuple[str, ...]:
    """Draw one chain step by step; shorter than drawn where nothing more can follow."""
    steps: list[Capability] = []
    leaning = load_data("chains")["leanings"].get(facts.category, {})
    for _ in range(_length(way, facts.max_steps, rng)):
        weights = {c.id: _weight(c, steps, way, leaning) for c in space.values()}
        if not any(weights.values()):
            break
        drawn = rng.choices(list(weights), list(weights.values()))[0]
        steps.append(space[drawn])
    return tuple(step.id for step in steps)


def _length(way: _Way, max_steps: int, rng: Random) -> int:
    drawn: int = rng.choices(list(way.lengths), list(way.lengths.values()))[0]
    return min(max_steps, MAX_STEPS, drawn)


def _weight(
    next_: Capability, steps: Sequence[Capability], way: _Way, leaning: Mapping[str, Any]
) -> float:
    """Return how likely a step follows; 0 if it may not come again or nothing can feed it."""
    made = {kind.kind for step in steps for kind in step.yields}
    takes = [need for need in next_.needs if need.origin != "request"]
    unfed = any(n.origin == "step" and not n.optional and n.kind not in made for n in takes)
    again = any(step.id == next_.id for step in steps)
    if unfed or (again and not (way.repeats and next_.needs)):
        return 0.0
    feeds = float(load_data("chains")["feeds"]) if any(n.kind in made for n in takes) else 1.0
    return feeds * float(leaning.get(next_.group, 1))


def _entry(
    chain: Sequence[str], space: Mapping[str, Capability], facts: ChainFacts, rng: Random
) -> dict[str, Any]:
    first, *others = (_described(space[name]) for name in chain)
    steps = "; then ".join([first[:1].upper() + first[1:], *(_small(each) for each in others)])
    subject = facts.subcategory.replace("_", " ")
    template = rng.choice(load_data("chains")["explanations"])
    return {
        "capabilities": list(chain),
        "explanation": template.format(steps=steps, subject=subject),
    }


def _described(capability: Capability) -> str:
    """Return what a step does as an order; a user's own description may be in any form."""
    if is_described(capability.id):
        return capability.description
    return imperative(capability.description) or capability.id.partition(".")[2].replace("_", " ")


def _small(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
