"""What a dataset was held to, and what a reader should look at first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from expectations import Expectation, load_suite
from schemas.results import Manifest
from schemas.rows import Audit
from schemas.third_party import CATEGORY
from tasks.report.words import Figure, load_words

SUITE = "dataset"
_LARGER_POOL = (
    "a larger pool (pool.max_blocks, pool.chains_per_subcategory) or a lower target would"
    " close the gap"
)
_MORE_SOURCES = "further files of other datasets (third_party.sources) would close the gap"


@dataclass(frozen=True, slots=True)
class Check:
    """A figure, the bounds it is held to (None where there is none) and whether they held."""

    figure: Figure
    value: float | None  # None: not measurable, which breaks no bound
    low: float | None
    high: float | None
    why: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at first, why, and the section that shows more (empty: none)."""

    what: str
    why: str
    section: str = ""


def checks_of(audit: Audit) -> tuple[Check, ...]:
    """Return the expectations of the suite with what was found, broken ones first.

    Bounds are those of this release; whether they held is what the audit said.
    """
    found = [_check(one, audit) for one in load_suite(SUITE).expectations if not one.is_query]
    return tuple(sorted(found, key=lambda check: check.holds))


def _check(one: Expectation, audit: Audit) -> Check:
    column = str(one.kwargs["column"])
    return Check(
        figure=figure_of(column),
        value=audit.figures.get(column),
        low=_number(one.kwargs.get("min_value")),
        high=_number(one.kwargs.get("max_value")),
        why=one.meta.why,
        holds=not any(_column(warning) == column for warning in audit.warnings),
    )


def figure_of(column: str) -> Figure:
    """Return what a figure is called; one of another release is its own name."""
    known = load_words().figures.get(column)
    return known or Figure(name=column.replace("_", " "), unit="ratio", section="")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _column(warning: str) -> str:
    return warning.partition(":")[0]


def notices(manifest: Manifest, audit: Audit | None, checks: Sequence[Check]) -> tuple[Notice, ...]:
    """Return what a reader should know before anything else, the weightiest first."""
    return (*_shortfalls(manifest), *_unaudited(audit), *_broken(checks), *_others(audit))


def _shortfalls(manifest: Manifest) -> Iterable[Notice]:
    for name, count in sorted(manifest.short.items()):
        yield Notice(
            f"{count:,} {name.replace('_', '-')} rows fewer than asked for",
            _MORE_SOURCES if name == CATEGORY else _LARGER_POOL,
            "rows",
        )


def _unaudited(audit: Audit | None) -> Iterable[Notice]:
    if audit is None:
        yield Notice(
            "Nothing is known of how good these rows are",
            "the version was made without an audit; build it again to have its rows audited",
        )
    elif not audit.benchmarks:
        yield Notice(
            "No benchmark was named to compare rows with",
            "rows may resemble tasks that models are evaluated on (balance.benchmarks)",
            "variety",
        )


def _broken(checks: Iterable[Check]) -> Iterable[Notice]:
    for check in checks:
        if not check.holds:
            yield Notice(_told(check), check.why, check.figure.section)


def _told(check: Check) -> str:
    at_least = f"at least {say(check.low, check.figure.unit)}" if check.low is not None else ""
    at_most = f"at most {say(check.high, check.figure.unit)}" if check.high is not None else ""
    wanted = " and ".join(part for part in (at_least, at_most) if part)
    name = check.figure.name[:1].upper() + check.figure.name[1:]
    return f"{name}: {say(check.value, check.figure.unit)}, {wanted} is wanted"


def say(value: float | None, unit: str) -> str:
    """Return a figure as people write it."""
    if value is None:
        return "not measurable"
    return {"count": f"{value:,.0f}", "share": f"{value:.1%}", "ratio": f"{value:,.2f}"}[unit]


def _others(audit: Audit | None) -> Iterable[Notice]:
    """Yield warnings about what this release has no expectation of, as they were written."""
    named = {one.kwargs.get("column") for one in load_suite(SUITE).expectations}
    for warning in audit.warnings if audit else ():
        if _column(warning) not in named:
            yield Notice(warning, "an expectation of another release")
