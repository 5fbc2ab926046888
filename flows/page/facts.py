"""What the page of a run says, taken from its stages while they are open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prefect.runtime import flow_run

from flows.ledger import Line
from flows.stages import Stages
from schemas.accounts import Account, find_unpriced
from schemas.results import Manifest


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run at its end. Counts and names alone: no text of any row is in here."""

    flow: str
    attempt: int
    lines: Sequence[Line]
    made: Mapping[str, int]  # calls by stage
    from_cache: Mapping[str, int]  # calls by stage
    spent_usd: float | None  # None where a price is not known
    manifest: Manifest | None = None
    account: Account | None = None
    error: str = ""


def facts_of(stages: Stages, error: str = "") -> RunFacts:
    """Return what there is to say of a run that ends, with an error or without."""
    asked, account = stages.context.engine.progress().stages, stages.account
    return RunFacts(
        flow=flow_run.flow_name or "",
        attempt=flow_run.run_count or 1,
        lines=list(stages.ledger.lines.values()),
        made=_bought(account) if account else {name: each.made for name, each in asked.items()},
        from_cache={name: each.cached for name, each in asked.items()},
        spent_usd=account.bought.cost_usd if account else _spent(stages),
        manifest=stages.manifest,
        account=account,
        error=error,
    )


def _bought(account: Account) -> dict[str, int]:
    """Return the calls of the run by stage, those of its earlier attempts too."""
    stages = dict.fromkeys(line.stage for line in account.lines)
    own = [line for line in account.lines if line.run == account.run]
    return {stage: sum(line.calls for line in own if line.stage == stage) for stage in stages}


def _spent(stages: Stages) -> float | None:
    """Return what this attempt cost so far."""
    engine = stages.context.engine
    unpriced = engine.counts().made and find_unpriced(stages.context.params)
    return None if unpriced else engine.cost_usd
