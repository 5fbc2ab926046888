"""Stops a run whose stages make too little of what they are given; nothing made is lost."""

from collections.abc import Iterable

from schemas.errors import QualityError
from schemas.params import Floors
from schemas.results import StageReport


def check_floors(reports: Iterable[StageReport], floors: Floors) -> None:
    """Return if every stage so far accepted its share. Raises: QualityError."""
    below = [told for report in reports if (told := _shortfall(report, floors))]
    if below:
        raise QualityError(
            f"{'; '.join(below)}. Everything made is kept: look at what was dropped and why with"
            " `agentalign sql --live`, ask for failed items again with `agentalign retry-failed`,"
            " or lower the floor"
        )


def _shortfall(report: StageReport, floors: Floors) -> str:
    floor = getattr(floors, report.stage, 0.0)
    if not report.wanted or report.accepted >= floor * report.wanted:
        return ""
    reasons = sorted(report.dropped.items(), key=lambda item: -item[1])[:3]
    why = ", ".join(f"{count} {reason}" for reason, count in reasons)
    share = report.accepted / report.wanted
    return (
        f"stage {report.stage} accepted {report.accepted} of {report.wanted} ({share:.0%}),"
        f" below floors.{report.stage} = {floor:g}" + (f" ({why})" if why else "")
    )
