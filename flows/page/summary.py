"""The summary of a run as Markdown, and its yields as a table: counts, never a row's text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.ledger import Line
from flows.page.facts import RunFacts
from flows.page.picture import as_data_uri, draw_funnel
from schemas.accounts import Total
from schemas.results import Manifest


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that a run's outcome can be looked at; `address` is what a browser opens."""

    name: str
    shown: str
    address: str


def write_summary(facts: RunFacts, places: Sequence[Place]) -> str:
    """Return the page: outcome, warnings, stages, funnel, calls, and where everything lies."""
    parts = [
        _heading(facts), _outcome(facts), *_notices(facts), _stages(facts), *_funnel(facts),
        *_calls(facts), *_places(places),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def list_yields(facts: RunFacts) -> list[dict[str, str | int | float]]:
    """Return one row per stage: what came, what went on, what was dropped and why, what it took."""
    return [_yield(line, facts) for line in facts.lines]


def _heading(facts: RunFacts) -> str:
    name = facts.manifest.version if facts.manifest else facts.flow
    return f"# {name}: {'failed' if facts.error else 'done'}"


def _outcome(facts: RunFacts) -> str:
    parts = []
    if facts.manifest:
        rows = (
            f"{count:,} {name.replace('_', '-')}" for name, count in facts.manifest.rows.items()
        )
        parts.append(f"{', '.join(rows)} rows")
    parts.append(f"**{sum(facts.made.values()):,} calls made**")
    if facts.account:
        parts.append(f"{facts.account.saved.calls:,} saved")
    parts.append(_money(facts.spent_usd))
    if facts.attempt > 1:
        parts.append(f"attempt {facts.attempt}")
    return " · ".join(parts)


def _notices(facts: RunFacts) -> Iterator[str]:
    if facts.error:
        yield _quote(f"**{facts.error}**")
        yield (
            "Everything made so far is kept. A retry of this run, or another one with the same"
            " parameters, goes on from here."
        )
    if facts.manifest:
        yield from (_quote(f"**Warning:** {each}") for each in _warnings(facts.manifest))


def _warnings(manifest: Manifest) -> Iterator[str]:
    yield from manifest.warnings
    if manifest.short:
        missing = ", ".join(f"{count:,} of {name}" for name, count in manifest.short.items())
        yield f"short of its targets: {missing}"
    if manifest.rehearsal:
        yield "made by the embedded model: these rows show the mechanics, they don't train"


def _stages(facts: RunFacts) -> str:
    head = ("stage", "runs", "rows in", "rows out", "accepted", "calls made", "seconds")
    rows = [
        (
            line.stage, _runs(line), f"{line.rows_in:,}", f"{line.rows_out:,}", _share(line),
            f"{facts.made.get(line.stage, 0):,}", f"{_seconds(line):.1f}",
        )
        for line in facts.lines
    ]  # fmt: skip
    return _table(head, rows)


def _runs(line: Line) -> str:
    """Return how a stage's runs came about; of one that is cut off, how far it came."""
    cached, run = line.done - line.missed, line.missed
    said = [f"{run} run"] * bool(run) + [f"{cached} cached"] * bool(cached)
    if left := line.expected - line.done:
        said.append(f"{left} not finished")
    return ", ".join(said)


def _seconds(line: Line) -> float:
    return max(0.0, line.ended - line.started)


def _share(line: Line) -> str:
    wanted = line.figures["wanted"]
    return f"{line.figures['accepted'] / wanted:.0%}" if wanted else ""


def _yield(line: Line, facts: RunFacts) -> dict[str, str | int | float]:
    dropped = (f"{count:,} {reason}" for reason, count in line.dropped.most_common() if count)
    return {
        "stage": line.stage, "runs": line.done, "cached": line.done - line.missed,
        "rows in": line.rows_in, "rows out": line.rows_out, "accepted": _share(line),
        "dropped": ", ".join(dropped), "calls made": facts.made.get(line.stage, 0),
        "calls from cache": facts.from_cache.get(line.stage, 0),
        "seconds": round(_seconds(line), 1),
    }  # fmt: skip


def _funnel(facts: RunFacts) -> Iterator[str]:
    if facts.manifest and facts.manifest.filters:
        yield "## What each filter let through"
        yield f"![funnel]({as_data_uri(draw_funnel(facts.manifest.filters))})"


def _calls(facts: RunFacts) -> Iterator[str]:
    if facts.account is None:
        return
    sums: Mapping[str, Total] = {
        "made by this run": facts.account.bought,
        "saved: made by earlier runs": facts.account.saved,
        "all": facts.account.total(),
    }
    rows = [
        (
            name, f"{total.calls:,}", f"{total.prompt_tokens:,}", f"{total.completion_tokens:,}",
            _money(total.cost_usd),
        )
        for name, total in sums.items()
    ]  # fmt: skip
    yield "## Model calls behind the rows"
    yield _table(("", "calls", "prompt tokens", "completion tokens", "cost"), rows)


def _places(places: Sequence[Place]) -> Iterator[str]:
    if places:
        yield "## Where it is"
        yield "\n".join(f"- [{each.name}]({each.address}): `{each.shown}`" for each in places)


def place_of_file(name: str, path: Path) -> Place:
    """Return the place of a file or folder of this machine."""
    return Place(name, str(path), path.resolve().as_uri())


def _money(usd: float | None) -> str:
    return "cost unknown" if usd is None else f"${usd:,.2f}"


def _quote(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
