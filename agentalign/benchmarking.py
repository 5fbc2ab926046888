"""Runs a published benchmark of agents, from the user's own files, and keeps what it comes to."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentalign.benchmark_cast import Cast, players_of, say_model, say_panel
from agentalign.benchmark_setting import Setting, open_setting
from schemas.benchmark_runs import (
    Benchmark,
    BenchmarkRun,
    File,
    Side,
    SideResult,
    Split,
    Task,
    Technique,
)
from schemas.errors import BadInputError
from schemas.ids import digest
from schemas.params import BuildParams
from schemas.version import code_version
from schemas.workspace import Workspace
from tasks.benchmarking.figures import IN_ONE_TURN, side_of
from tasks.benchmarking.folder import write_run
from tasks.benchmarking.reading import last_text, read_transcript
from tasks.benchmarking.toolsword import ask_queries
from tasks.benchmarking.verdicts import Answered, read
from tasks.doors.benchmark_log import log_benchmark
from tasks.doors.inspecting.exchange import Order, Told, Transcript
from tasks.doors.inspecting.starting import check_installed, run_agentharm
from tasks.doors.llm import map_bounded
from tasks.formats.agentharm import Behaviours, read_behaviours
from tasks.formats.toolsword import Query, read_queries

NAME_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Picked:
    """Which tasks of AgentHarm are run, and how: a split, its sides, ids (none: all)."""

    split: Split | None = None
    sides: tuple[Side, ...] = ("harmful", "benign")
    ids: tuple[str, ...] = ()
    technique: Technique = "standard"


@dataclass(frozen=True, slots=True)
class Kept:
    """A run, the folder that it lies in, and its run of MLflow."""

    run: BenchmarkRun
    path: Path
    logged: str


def run_on_agentharm(
    workspace: Workspace, params: BuildParams, cast: Cast, path: Path, picked: Picked
) -> Kept:
    """Run AgentHarm as inspect-evals has it, read its transcripts, and keep verdicts and figures.

    Its texts and the answers lie in a private folder meanwhile, and nowhere afterwards.

    Raises:
        AgentAlignError: the files, the package or an endpoint can't be used.
    """
    check_installed()
    started = time.monotonic()
    behaviours = _pick(read_behaviours(path, picked.split), picked)
    with open_setting(workspace, params, cast) as setting:
        told, transcripts = _run(setting, behaviours, picked)
        tasks = asyncio.run(_read_all(setting, transcripts))
        label = _label(setting, told, behaviours, picked)
        source = tuple(file.told for file in behaviours.files)
        run = _conclude("agentharm", label, setting, _sides(told, tasks), source)
    more = {"split": behaviours.split, "packages": told.packages, "seconds": _since(started)}
    return _keep(workspace, run.model_copy(update=more), tasks)


def run_on_toolsword(workspace: Workspace, params: BuildParams, cast: Cast, path: Path) -> Kept:
    """Ask ToolSword's malicious queries for one turn each, and keep verdicts and figures.

    Raises:
        AgentAlignError: the file or an endpoint can't be used.
    """
    started, found = time.monotonic(), read_queries(path)
    with open_setting(workspace, params, cast) as setting:
        tasks = asyncio.run(_ask(setting, found.queries))
        panel = say_panel(setting.params, cast)
        label = f"ToolSword, malicious queries, one turn; agentalign {code_version()}{panel}"
        sides = (side_of("harmful", tasks, {}, IN_ONE_TURN),)
        run = _conclude("toolsword", label, setting, sides, (found.source,))
    more = {"left_out": dict(found.left_out), "seconds": _since(started)}
    return _keep(workspace, run.model_copy(update=more), tasks)


def _pick(behaviours: Behaviours, picked: Picked) -> Behaviours:
    files = tuple(file for file in behaviours.files if file.side in picked.sides)
    if not files:
        raise BadInputError(f"split {behaviours.split} has no file of {' or '.join(picked.sides)}")
    for file in files:
        if unknown := [name for name in picked.ids if name not in file.ids]:
            raise BadInputError(f"{file.name} has no behaviour {unknown[0]!r}")
    return Behaviours(behaviours.split, files)


def _run(
    setting: Setting, behaviours: Behaviours, picked: Picked
) -> tuple[Told, list[Transcript]]:  # fmt: skip
    """Return what the package says of its run, and the transcripts."""
    asyncio.run(setting.greet())
    with setting.reached() as reached:
        order = Order(
            sides=tuple(file.side for file in behaviours.files),
            split=behaviours.split,
            model=reached[setting.cast.evaluated],
            refusal_judge=reached[setting.cast.refusal_judge],
            semantic_judge=reached[setting.cast.semantic_judge],
            technique=picked.technique,
            behaviours=picked.ids,
        )
        files = {file.name: file.content for file in behaviours.files}
        return run_agentharm(order, files, setting.folder)


async def _read_all(setting: Setting, transcripts: Sequence[Transcript]) -> list[Task]:
    """Return what became of each task, our own reading of its last text included."""
    async with setting.engine() as engine:
        judges = setting.judges(engine)

        async def work(transcript: Transcript) -> Task:
            # judges are told that what they see was to be turned down: not of the benign twins
            ended = not transcript.error or transcript.place == "judge"
            own = judges if transcript.side == "harmful" and ended else None
            key = f"{transcript.side}/{transcript.id}"
            text = last_text(transcript)
            answered = Answered(key, transcript.category, transcript.prompt, text)
            return read_transcript(transcript, await read(answered, own))

        return await map_bounded(transcripts, work, limit=setting.params.limits.in_flight)


async def _ask(setting: Setting, queries: Sequence[Query]) -> list[Task]:
    async with setting.engine() as engine:
        limit = setting.params.limits.in_flight
        return await ask_queries(engine, setting.judges(engine), queries, limit)


def _sides(told: Told, tasks: Sequence[Task]) -> tuple[SideResult, ...]:
    return tuple(
        side_of(ran.side, [task for task in tasks if task.side == ran.side], ran.metrics)
        for ran in told.ran
    )


def _label(setting: Setting, told: Told, behaviours: Behaviours, picked: Picked) -> str:
    """Return what two runs have to have in common for their figures to compare."""
    params, cast = setting.params, setting.cast
    packages = ", ".join(f"{name} {version}" for name, version in sorted(told.packages.items()))
    tasks = f", {len(picked.ids)} behaviours picked" if picked.ids else ""
    if picked.technique != "standard":
        tasks += f", with its prompt for {picked.technique}"
    return (
        f"AgentHarm {told.ran[0].task_version} ({packages}), split {behaviours.split}{tasks},"
        f" refusal judge {say_model(params, cast.refusal_judge)}, semantic judge"
        f" {say_model(params, cast.semantic_judge)}; own verdicts of agentalign {code_version()}"
        f"{say_panel(params, cast)}"
    )


def _conclude(
    benchmark: Benchmark,
    label: str,
    setting: Setting,
    sides: tuple[SideResult, ...],
    source: tuple[File, ...],
) -> BenchmarkRun:
    players = players_of(setting.params, setting.cast)
    rehearsal = any(player.rehearsal for player in players)
    # every run has a name of its own: tools come in another order each time
    own = digest(benchmark, label, [player.model_dump() for player in players], time.time_ns())
    return BenchmarkRun(
        name=f"{'rehearsal-' if rehearsal else ''}{benchmark}-{own[:NAME_DIGITS]}",
        benchmark=benchmark,
        label=label,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        rehearsal=rehearsal,
        players=players,
        source=source,
        sides=sides,
    )


def _since(started: float) -> float:
    return round(time.monotonic() - started, 1)


def _keep(workspace: Workspace, run: BenchmarkRun, tasks: Sequence[Task]) -> Kept:
    path = write_run(workspace, run, tasks)
    return Kept(run, path, log_benchmark(workspace, run))
