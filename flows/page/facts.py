"""What the page of a run says, taken from its stages while they are open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from prefect.runtime import flow_run

from flows.ledger import Line
from flows.stages import Stages
from schemas.accounts import Account, find_unpriced
from schemas.results import CallCounts, Manifest


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run at its end. Counts and names alone: no text of any row is in here."""

    flow: str
    attempt: int
    lines: Sequence[Line]
    calls: CallCounts  # of this attempt
    calls_by_stage: Mapping[str, CallCounts]
    spent_usd: float | None  # by this attempt; None where a price is not known
    manifest: Manifest | None = None
    account: Account | None = None
    error: str = ""


def facts_of(stages: Stages, error: str = "") -> RunFacts:
    """Return what there is to say of a run that ends, with an error or without."""
    engine = stages.context.engine
    unpriced = engine.counts().made and find_unpriced(stages.context.params)
    return RunFacts(
        flow=flow_run.flow_name or "",
        attempt=flow_run.run_count or 1,
        lines=list(stages.ledger.lines.values()),
        calls=engine.counts(),
        calls_by_stage=engine.progress().stages,
        spent_usd=None if unpriced else engine.cost_usd,
        manifest=stages.manifest,
        account=stages.account,
        error=error,
    )
