"""What a build would take: blocks until the targets are met, times what a binding takes."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import fmean, quantiles

from schemas.accounts import cost_usd, find_unpriced, price_of
from schemas.calls import Role, Usage
from schemas.catalogue import load_taxonomy
from schemas.estimates import Assumed, Estimate, Pilot, Range, Unit, Use, load_assumptions
from schemas.ids import rng
from schemas.params import BuildParams
from tasks.selection import quotas
from tasks.taxonomy import chosen

RESAMPLES = 500
_Told = tuple[str, Role, float, tuple[int, int]]
_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens")


@dataclass(slots=True)
class Taken:
    """One reckoning: sums over a whole build."""

    bindings: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)  # by stage
    tokens: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)  # by endpoint
    asked: Counter[str] = field(default_factory=Counter)  # by endpoint
    usd: float = 0.0
    out_of_reach: tuple[str, ...] = ()


def estimate(params: BuildParams, pilot: Pilot | None) -> Estimate:
    """Return what a build from nothing would take, from a pilot or from assumptions."""
    if pilot is None:
        cases = load_assumptions()
        draws = [_reckon(params, *_assumed(params, case)) for case in cases.values()]
        likely = _reckon(params, *_assumed(params, cases["likely"]))
        return _summarise(params, likely, draws, None, _assumptions())
    likely = _reckon(params, pilot.units, pilot.chains)
    draws = [_reckon(params, units, pilot.chains) for units in _resample(pilot, params.seed)]
    basis = (
        f"a pilot of {pilot.requests} requests for {len(pilot.units)} bindings, made on "
        f"{pilot.made_on}; 90 % of resamples of its subcategories and bindings are in between",
    )
    return _summarise(params, likely, draws, pilot, basis)


def _resample(pilot: Pilot, seed: int) -> Iterable[Sequence[Unit]]:
    """Yield samples of the pilot's subcategories, and of the bindings within each."""
    random = rng(seed, "estimate")
    groups: dict[str, list[Unit]] = {}
    for unit in pilot.units:
        groups.setdefault(unit.subcategory, []).append(unit)
    for _ in range(RESAMPLES):
        drawn = random.choices(list(groups.values()), k=len(groups))
        yield [unit for group in drawn for unit in random.choices(group, k=len(group))]


def _reckon(params: BuildParams, units: Sequence[Unit], chains: Sequence[Use]) -> Taken:
    taken = Taken()
    categories = {c.name: len(c.subcategories) for c in chosen(load_taxonomy(), params.categories)}
    taken.bindings, taken.out_of_reach = _bindings(params, units, categories)
    for unit in units:
        _add(params, taken, unit.uses, taken.bindings / len(units))
    _add(params, taken, chains, sum(categories.values()))
    return taken


def _bindings(
    params: BuildParams, units: Sequence[Unit], categories: Mapping[str, int]
) -> tuple[float, tuple[str, ...]]:
    """Return how many bindings all categories need, and those that stay short all the same."""
    wanted = {
        "harmful": quotas(params.balance.harmful, categories),
        "benign": quotas(params.balance.benign, categories),
    }
    gives = {label: fmean(getattr(unit, label) for unit in units) for label in wanted}
    total, short = 0.0, []
    for name, subcategories in categories.items():
        a_block = (
            subcategories * params.pool.chains_per_subcategory * params.pool.bindings_per_block
        )
        needed = max(
            ceil(wanted[label][name] / (gives[label] * a_block)) if gives[label] else 10**9
            for label in wanted
        )
        total += min(max(needed, 1), params.pool.max_blocks) * a_block
        if needed > params.pool.max_blocks:
            short.append(name)
    return total, tuple(short)


def _add(params: BuildParams, taken: Taken, uses: Iterable[Use], times: float) -> None:
    prices = {endpoint.name: price_of(endpoint) for endpoint in params.endpoints}
    for use in uses:
        taken.calls[use.stage] += use.calls * times  # type: ignore[assignment]  # counts floats
        taken.asked[use.endpoint] += use.calls * times  # type: ignore[assignment]
        taken.seconds[use.endpoint] += use.seconds * times  # type: ignore[assignment]
        for name in _TOKENS:
            taken.tokens[name] += getattr(use, name) * times
        usage = Usage(**{name: round(getattr(use, name) * 1000) for name in _TOKENS})
        taken.usd += (cost_usd(prices[use.endpoint], usage) or 0.0) * times / 1000


def _hours(params: BuildParams, taken: Taken) -> float:
    """Return the hours of the slowest endpoint, each as busy as it may be."""
    found = [0.0]
    for endpoint in params.endpoints:
        width = min(endpoint.max_in_flight, params.limits.in_flight)
        found.append(taken.seconds[endpoint.name] / width / 3600)
        if endpoint.requests_per_minute:
            found.append(taken.asked[endpoint.name] / endpoint.requests_per_minute / 60)
    return max(*found, sum(taken.seconds.values()) / params.limits.in_flight / 3600)


def _summarise(
    params: BuildParams,
    likely: Taken,
    draws: Sequence[Taken],
    pilot: Pilot | None,
    basis: Sequence[str],
) -> Estimate:
    def spread(figure: Callable[[Taken], float]) -> Range:
        return _range([figure(taken) for taken in draws], figure(likely))

    unpriced = find_unpriced(params)
    return Estimate(
        pilot=pilot.made_on if pilot else None,
        basis=tuple(basis),
        bindings=spread(lambda taken: taken.bindings),
        calls=spread(lambda taken: sum(taken.calls.values())),
        prompt_tokens=spread(lambda taken: taken.tokens["prompt_tokens"]),
        completion_tokens=spread(lambda taken: taken.tokens["completion_tokens"]),
        cost_usd=None if unpriced else spread(lambda taken: taken.usd),
        unpriced=unpriced,
        hours=spread(lambda taken: _hours(params, taken)),
        calls_by_stage={stage: round(calls, 1) for stage, calls in likely.calls.items()},
        out_of_reach=likely.out_of_reach,
    )


def _range(drawn: Sequence[float], likely: float) -> Range:
    """Return what holds 90 % of many draws, or all of the few cases there are."""
    cuts = quantiles(drawn, n=20) if len(drawn) >= RESAMPLES else sorted(drawn)
    return Range(low=min(cuts[0], likely), likely=likely, high=max(cuts[-1], likely))


def _assumed(params: BuildParams, case: Assumed) -> tuple[Sequence[Unit], Sequence[Use]]:
    """Return a binding and a subcategory's chains as a case assumes them."""
    pool, judged = params.pool, len(params.validation.panel) * case.judges_asked
    harmful, others = (
        pool.harmful_per_binding,
        pool.benign_per_binding + pool.borderline_per_binding,
    )
    intents = sum(1 for n in (harmful, pool.benign_per_binding, pool.borderline_per_binding) if n)
    talks = case.accepted * (harmful + others * case.steps)
    calls: Sequence[_Told] = (
        ("instructions", "generator", intents * case.calls_per_write, case.write_tokens),
        ("semantic", "judge", (harmful + others) * judged, case.judge_tokens),
        ("responses", "responder", talks, case.answer_tokens),
        ("responses", "judge", case.accepted * harmful * judged, case.judge_tokens),
    )
    uses = [use for told in calls for use in _shared(params, case, *told)]
    sound = case.accepted**2
    unit = Unit(subcategory="", harmful=harmful * sound, benign=others * sound, uses=tuple(uses))
    proposed: _Told = ("chains", "generator", case.calls_of_chains, case.chain_tokens)
    return [unit], list(_shared(params, case, *proposed))


def _shared(
    params: BuildParams, case: Assumed, stage: str, role: Role, calls: float,
    tokens: tuple[int, int],
) -> Iterable[Use]:  # fmt: skip
    """Yield the calls of a role, by the shares of its endpoints."""
    entries = getattr(params.roles, role)
    total = sum(entry.weight for entry in entries)
    for entry in entries:
        own = calls * entry.weight / total
        yield Use(
            stage=stage, endpoint=entry.endpoint, calls=own, prompt_tokens=own * tokens[0],
            completion_tokens=own * tokens[1], seconds=own * case.seconds,
        )  # fmt: skip


def _assumptions() -> list[str]:
    """Return what is assumed, in words: a good, a likely and a bad case of each figure."""
    cases = list(load_assumptions().values())
    told = ["no pilot was run: these are assumptions (a good, a likely, a bad case)"]
    for name in Assumed.model_fields:
        values = [getattr(case, name) for case in cases]
        shown = [" + ".join(map(str, v)) if isinstance(v, tuple) else f"{v:g}" for v in values]
        told.append(f"{name.replace('_', ' ')}: {', '.join(shown)}")
    return told
