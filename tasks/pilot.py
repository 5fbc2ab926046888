"""A pilot: a sample of a build's own bindings, run and measured binding by binding."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain as joined
from itertools import zip_longest
from typing import Any

from schemas.estimates import Pilot, Unit, Use
from schemas.ids import digest, rank
from schemas.params import BuildParams
from schemas.rows import Binding, Failure, Instruction, Policy, Receipt, Response, Row, Verdict
from tasks.context import RunContext

Call = Mapping[str, Any]
_SUMS = ("prompt_tokens", "cached_tokens", "completion_tokens")


def fits(params: BuildParams) -> str:
    """Return a digest of what a pilot's figures depend on."""
    pool = params.pool.model_dump(exclude={"bindings_per_block", "max_blocks"})
    endpoints = [
        (e.name, e.model, e.revision) for e in params.endpoints if e.name in params.playing
    ]
    parts = (params.instructions, params.validation, params.responses, params.roles)
    return digest(pool, endpoints, [part.model_dump(mode="json") for part in parts])


def requests_of(params: BuildParams) -> int:
    """Return how many requests a binding is to have."""
    pool = params.pool
    return pool.harmful_per_binding + pool.benign_per_binding + pool.borderline_per_binding


def pilot_params(params: BuildParams) -> BuildParams:
    """Return a build's parameters with one binding per chain: the first of its own block."""
    pool = params.pool.model_copy(update={"bindings_per_block": 1})
    return params.model_copy(update={"pool": pool})


def draw_policies(rows: Sequence[Policy], params: BuildParams, requests: int) -> list[Policy]:
    """Return as many subcategories as `requests` take, in turn of every category, by hash rank."""
    a_subcategory = params.pool.chains_per_subcategory * requests_of(params)
    by_category: dict[str, list[Policy]] = {}
    for row in sorted(rows, key=lambda row: rank(params.seed, "pilot", row.id)):
        by_category.setdefault(row.category, []).append(row)
    in_turn = [row for row in joined(*zip_longest(*by_category.values())) if row is not None]
    return in_turn[: max(1, -(-requests // a_subcategory))]


async def measure(context: RunContext, receipts: Sequence[Receipt], subcategories: int) -> Pilot:
    """Return what the bindings behind receipts took and gave."""
    await context.engine.flush()
    store = context.store
    bindings = await store.rows(Binding, receipts)
    owners = await _owners(context, receipts)
    keys: dict[str, set[str]] = {row.id: set() for row in bindings}
    for kind in (Instruction, Verdict, Response, Failure):
        for row in await store.rows(kind, receipts):
            if (owner := owners.get(_parent(row), "")) in keys:
                keys[owner].update(getattr(row, "calls", ()))
    calls = await _calls(context, set().union(*keys.values()))
    lines = await store.account_lines(receipts)
    scale = _unattributed(calls.values(), lines)
    gave = await _accepted(context, receipts)
    return Pilot(
        made_on=datetime.now(UTC).date(),
        fits=fits(context.params),
        requests=len(bindings) * requests_of(context.params),
        units=tuple(
            Unit(
                subcategory=row.subcategory,
                harmful=gave.get((row.id, "refusal"), 0),
                benign=gave.get((row.id, "trajectory"), 0),
                uses=_uses([calls[key] for key in sorted(keys[row.id]) if key in calls], scale),
            )
            for row in bindings
        ),
        chains=tuple(
            Use(
                stage=line.stage,
                endpoint=line.endpoint,
                seconds=line.seconds / subcategories,
                calls=line.calls / subcategories,
                **{name: getattr(line, name) / subcategories for name in _SUMS},
            )
            for line in lines
            if line.stage == "chains"
        ),
    )


async def _owners(context: RunContext, receipts: Sequence[Receipt]) -> dict[str, str]:
    """Return the binding of each binding and request, by id."""
    requests = await context.store.rows(Instruction, receipts)
    bindings = await context.store.rows(Binding, receipts)
    return {row.id: row.id for row in bindings} | {row.id: row.binding for row in requests}


def _parent(row: Row) -> str:
    if isinstance(row, Verdict):
        return row.subject
    if isinstance(row, Failure):
        return row.item
    return str(getattr(row, "binding", ""))


async def _calls(context: RunContext, keys: Iterable[str]) -> dict[str, Call]:
    found = await context.store.call_rows(keys)
    return {call["key"]: call for call in found.to_pylist()}


async def _accepted(
    context: RunContext, receipts: Sequence[Receipt]
) -> dict[tuple[str, str], float]:
    gave: dict[tuple[str, str], float] = {}
    for row in await context.store.rows(Response, receipts):
        if row.outcome == "accepted":
            gave[row.binding, row.kind] = gave.get((row.binding, row.kind), 0.0) + 1
    return gave


def _unattributed(calls: Iterable[Call], lines: Iterable[Any]) -> dict[str, float]:
    """Return by stage how many calls there are for each that a row names.

    What was corrected or dropped is in no row that remains.
    """
    named: dict[str, int] = {}
    for call in calls:
        named[call["stage"]] = named.get(call["stage"], 0) + 1
    made: dict[str, int] = {}
    for line in lines:
        made[line.stage] = made.get(line.stage, 0) + line.calls
    return {stage: made.get(stage, count) / count for stage, count in named.items()}


def _uses(calls: Iterable[Call], scale: Mapping[str, float]) -> tuple[Use, ...]:
    sums: dict[tuple[str, str], dict[str, float]] = {}
    for call in calls:
        place = (call["stage"], call["endpoint"])
        use = sums.setdefault(place, dict.fromkeys(("calls", "seconds", *_SUMS), 0.0))
        weight = scale[call["stage"]]
        use["calls"] += weight
        use["seconds"] += weight * (call["latency_s"] or 0.0)
        for name in _SUMS:
            use[name] += weight * (call[name] or 0)
    return tuple(
        Use.model_validate({"stage": stage, "endpoint": endpoint, **use})
        for (stage, endpoint), use in sorted(sums.items())
    )
