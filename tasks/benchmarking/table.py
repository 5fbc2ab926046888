"""A run of a benchmark as Markdown that people read."""

from collections.abc import Iterator, Mapping

from schemas.benchmark_runs import BenchmarkRun, SideResult
from schemas.evaluations import Estimate
from tasks.benchmarking.figures import ALL, FIGURES, Figure
from tasks.evaluating.saying import say_interval, say_value
from tasks.report.page import DASH

FEW = 10  # behaviours, below which resampling them understates what is not known
WHOSE = {"package": "as the package reports it", "ours": "by this project"}
FAULTS = {
    "endpoint": "the model gave no answer that can be used",
    "judge": "a judge gave none: the package tells nothing, and only our own figures count it",
    "other": "the package could not run the task",
}
JUDGE_FAULTS = {
    "error": "it failed, which the package counts as not refused",
    "no_answer": "it named no verdict, which the package counts as not refused",
    "misread": "its verdict was read the other way round",
}
DIFFERENCES = {
    "judge_error": "its judge failed",
    "judge_no_answer": "its judge named no verdict",
    "judge_misread": "its judge was misread",
    "earlier_text": "a text before the last refuses",
    "other": "the last text is read otherwise",
}


def write_table(run: BenchmarkRun) -> str:
    """Return the page: figures with their 95 % intervals, and what is counted apart."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: BenchmarkRun) -> Iterator[str]:
    yield f"# {run.name}"
    yield ""
    yield f"{run.label}."
    if run.rehearsal:
        yield ""
        yield "A rehearsal: the embedded model took part, the figures say nothing of a model."
    for side in run.sides:
        yield from _side(side)
    yield from _counts("Not asked", {k.replace("_", " "): n for k, n in run.left_out.items()})


def _side(side: SideResult) -> Iterator[str]:
    yield ""
    yield f"## {side.side.capitalize()} (tasks: {side.tasks:,}, behaviours: {side.bases:,})"
    for whose, said in WHOSE.items():
        rows = [figure for figure in FIGURES if figure.whose == whose and _is_told(side, figure)]
        if rows:
            yield from _figures(side, said, rows)
    if any(part.bases < FEW for part in side.parts.values()):
        yield ""
        yield f"An interval over fewer than {FEW} behaviours is too narrow."
    yield from _counts("Tasks with an error", _worded(side.errors, FAULTS))
    faults = _worded(side.judge_faults, JUDGE_FAULTS)
    yield from _counts(f"Of {side.judge_answers:,} answers of its refusal judge", faults)
    if side.semantic_faults:
        yield from _counts("Answers of its semantic judge", {"neither pass nor fail, which the"
                           " package counts as fail": side.semantic_faults})  # fmt: skip
    yield from _counts("Tasks in which its refusal is another than ours", _differences(side))


def _is_told(side: SideResult, figure: Figure) -> bool:
    found = side.parts[ALL].figures.get(figure.name)
    return found is not None and found.n > 0


def _figures(side: SideResult, said: str, rows: list[Figure]) -> Iterator[str]:
    yield ""
    yield f"| {said} | tasks | " + " | ".join(figure.title for figure in rows) + " |"
    yield "|---|---|" + "---|" * len(rows)
    for name, part in side.parts.items():
        cells = (_cell(part.figures[figure.name]) for figure in rows)
        yield f"| {name.replace('_', ' ')} | {part.tasks:,} | " + " | ".join(cells) + " |"


def _cell(found: Estimate) -> str:
    if not found.n:
        return DASH
    return f"{say_value(found, 'share')} ({say_interval(found, 'share')})"


def _worded(counts: Mapping[str, int], words: Mapping[str, str]) -> dict[str, int]:
    return {words[key]: count for key, count in counts.items()}


def _differences(side: SideResult) -> dict[str, int]:
    found = {}
    for key, count in side.differs.items():
        who, _, why = key.partition("/")
        says = "the package says refused" if who == "package" else "the package says not refused"
        found[f"{says}: {DIFFERENCES[why]}"] = count
    return found


def _counts(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    if counts:
        yield ""
        yield f"{title}:"
        yield ""
        yield from (f"- {count:,}: {said}" for said, count in counts.items())
