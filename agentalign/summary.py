"""What a build says at its end."""

from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from agentalign.conversations import draw_example
from agentalign.costs import draw_costs
from agentalign.sampling import draw_one_per_intent
from schemas.masked_rows import masked_row
from schemas.results import BuildResult, Manifest, StageReport
from tasks.formats.versions import Version

_REAL_ENDPOINT = """\
endpoints:
  - name: mine
    base_url: https://models.example.com/v1
    model: name-of-the-model
    api_key_env: MY_API_KEY
roles:
  generator: [{endpoint: mine}]
  judge: [{endpoint: mine}]
  planner: [{endpoint: mine}]
  responder: [{endpoint: mine}]
"""


def print_summary(result: BuildResult, version: Version, console: Console, folder: str) -> None:
    """Print rows, yields, one sample per intent, where it lies and what to do next."""
    for part in _parts(result, version):
        console.print(part)
    console.print(*_next_steps(version.manifest, folder), sep="\n", soft_wrap=True, highlight=False)


def _parts(result: BuildResult, version: Version) -> Iterable[RenderableType]:
    yield _heading("Rows by intent and category")
    yield rows_table(version.manifest)
    yield _heading("Yield of each stage")
    yield stages_table(result.stages)
    if result.account is not None:
        yield _heading("Model calls behind it, each bought once")
        yield from draw_costs(result.account, ["stage"])
    yield _heading("One row of each intent (harmful requests are masked)")
    yield from (draw_example(masked_row(row)) for row in draw_one_per_intent(version))
    yield _heading("Version")
    yield Text(f"{result.version}  {result.path}", no_wrap=True, overflow="ignore")
    yield _calls_line(result)
    if result.retried:
        again = ", ".join(f"{count:,} of {stage}" for stage, count in result.retried.items())
        yield Text(f"failed items that were asked for again: {again}")
    if result.short:
        yield _short_line(result.short)
    for warning in result.warnings:
        yield Text(f"warning: {warning}", style="yellow")
    if not result.benchmarks:
        yield Text("no benchmark was named to compare rows with (balance.benchmarks)", style="dim")


def rows_table(manifest: Manifest) -> Table:
    """Return rows per category and intent, with totals."""
    by_intent = manifest.by_intent_and_category
    categories = sorted({name for line in by_intent.values() for name in line})
    table = _table("category", *by_intent, "all")
    for category in categories:
        counts = [line.get(category, 0) for line in by_intent.values()]
        table.add_row(category, *map(_number, [*counts, sum(counts)]))
    totals = [sum(line.values()) for line in by_intent.values()]
    table.add_row("all", *map(_number, [*totals, sum(totals)]), style="bold")
    return table


def stages_table(stages: Sequence[StageReport]) -> Table:
    """Return rows in and out of each stage, and why rows were dropped."""
    table = _table("stage", "in", "out", "seconds")
    table.add_column("dropped", overflow="fold")
    for stage in stages:
        dropped = ", ".join(f"{count:,} {reason}" for reason, count in stage.dropped.items())
        seconds = "cached" if stage.cache_hit else f"{stage.seconds:.1f}"
        counts = (_number(stage.rows_in), _number(stage.rows_out), seconds)
        table.add_row(stage.stage, *counts, dropped)
    return table


def _calls_line(result: BuildResult) -> Text:
    calls = result.calls
    return Text(
        f"{result.seconds:.0f} s · model calls: {calls.made:,} made, "
        f"{calls.cached:,} from the cache, {calls.failed:,} failed"
    )


def _short_line(short: dict[str, int]) -> Text:
    missing = ", ".join(f"{count:,} of {name}" for name, count in sorted(short.items()))
    advice = "raise pool.max_blocks or pool.chains_per_subcategory, or lower the targets"
    return Text(f"Short of its targets: {missing}; {advice}", style="yellow")


def _next_steps(manifest: Manifest, folder: str) -> Iterable[RenderableType]:
    where = "" if folder == "workspace" else f" --workspace {folder}"
    yield _heading("What next")
    yield f"  agentalign sample --intent harmful{where}          look at more rows"
    yield f"  agentalign lineage ROW_ID{where}                   where a row comes from"
    yield f"  agentalign export {manifest.version} --format agentalign --out DIR{where}"
    if manifest.rehearsal:
        yield "\nThe embedded model made these rows: they show the mechanics, they don't train."
        yield "For data that does, name an OpenAI-compatible endpoint in a file, say mine.yaml,"
        yield Syntax(_REAL_ENDPOINT, "yaml", background_color="default")
        yield "put its key into the environment variable it names, and run"
        yield f"  agentalign build --params mine.yaml{where}"


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"
