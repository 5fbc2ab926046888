"""Runs a published benchmark of agents, from the user's own files, and keeps what it comes to."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentalign.private_folder import open_private_folder
from agentalign.serving import serve_beside
from flows.keys import resolve_keys
from schemas.benchmark_runs import (
    Benchmark,
    BenchmarkRun,
    File,
    Player,
    Side,
    SideResult,
    Split,
    Task,
)
from schemas.endpoints import Endpoint, Weighted
from schemas.errors import BadInputError
from schemas.ids import digest
from schemas.params import BuildParams
from schemas.suggestions import suggest
from schemas.version import code_version
from schemas.workspace import Workspace
from tasks.benchmarking.figures import IN_ONE_TURN, side_of
from tasks.benchmarking.folder import write_run
from tasks.benchmarking.reading import last_text, read_transcript
from tasks.benchmarking.toolsword import ask_queries
from tasks.benchmarking.verdicts import Answered, Judges, read
from tasks.doors.benchmark_log import log_benchmark
from tasks.doors.inspecting.exchange import Order, Reached, Told, Transcript
from tasks.doors.inspecting.starting import check_installed, run_agentharm
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.llm.no_store import NoStore
from tasks.formats.agentharm import Behaviours, read_behaviours
from tasks.formats.toolsword import read_queries
from tasks.panel import Panel

NAME_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part, by role: names of endpoints. `panel` may be empty."""

    evaluated: str
    panel: tuple[str, ...] = ()
    refusal_judge: str = ""
    semantic_judge: str = ""

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield each role that is played, with the endpoint's name."""
        yield "evaluated", self.evaluated
        for role in ("refusal_judge", "semantic_judge"):
            if name := getattr(self, role):
                yield role, name
        yield from (("judge", name) for name in self.panel)


@dataclass(frozen=True, slots=True)
class Picked:
    """Which tasks of AgentHarm are run: a split, its sides, and ids (none: all)."""

    split: Split | None = None
    sides: tuple[Side, ...] = ("harmful", "benign")
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A run, the folder that it lies in, and its run of MLflow."""

    run: BenchmarkRun
    path: Path
    logged: str


def cast_in(params: BuildParams, cast: Cast) -> BuildParams:
    """Return parameters in which nobody plays a role who takes no part.

    Raises:
        BadInputError: an endpoint is not known.
    """
    known = {endpoint.name: endpoint for endpoint in params.endpoints}
    for _, name in cast.named():
        if name not in known:
            msg = (
                f"no endpoint {name!r} in the parameters{suggest(name, sorted(known))}; declare it"
                f" with --endpoint {name}=MODEL@URL or in the file of --params"
            )
            raise BadInputError(msg)
    one = (Weighted(endpoint=cast.evaluated),)
    judges = tuple(Weighted(endpoint=name) for name in cast.panel) or one
    roles = {"generator": one, "planner": one, "responder": one, "judge": judges,
             "simulator": (), "guard": ()}  # fmt: skip
    names = {name for _, name in cast.named()}
    return params.model_copy(
        update={
            "roles": params.roles.model_copy(update=roles),
            "endpoints": tuple(each for each in params.endpoints if each.name in names),
        }
    )


def run_on_agentharm(
    workspace: Workspace, params: BuildParams, cast: Cast, path: Path, picked: Picked
) -> Kept:
    """Run AgentHarm as inspect-evals has it, read its transcripts, and keep verdicts and figures.

    Its texts and the answers lie in a private folder meanwhile, and nowhere afterwards.

    Raises:
        AgentAlignError: the files, the package or an endpoint can't be used.
    """
    check_installed()
    started, params = time.monotonic(), cast_in(params, cast)
    behaviours = _pick(read_behaviours(path, picked.split), picked)
    keys = asyncio.run(resolve_keys(_all_playing(params)))
    with open_private_folder(workspace) as folder, _reached(params, keys) as reached:
        files = {file.name: file.content for file in behaviours.files}
        told, transcripts = run_agentharm(
            _order(behaviours, cast, picked, reached), files, folder
        )  # fmt: skip
        tasks = asyncio.run(_read_all(transcripts, params, cast, keys, workspace, folder))
    reported = {ran.side: ran.metrics for ran in told.ran}
    sides = tuple(
        side_of(file.side, [task for task in tasks if task.side == file.side], reported[file.side])
        for file in behaviours.files
    )
    label = _label(told, behaviours, cast, params, picked)
    source = tuple(file.told for file in behaviours.files)
    run = _conclude("agentharm", label, params, cast, sides, source).model_copy(
        update={
            "split": behaviours.split,
            "packages": told.packages,
            "seconds": round(time.monotonic() - started, 1),
        }
    )
    return _keep(workspace, run, tasks)


def run_on_toolsword(workspace: Workspace, params: BuildParams, cast: Cast, path: Path) -> Kept:
    """Ask ToolSword's malicious queries for one turn each, and keep verdicts and figures.

    Raises:
        AgentAlignError: the file or an endpoint can't be used.
    """
    started, params = time.monotonic(), cast_in(params, cast)
    found = read_queries(path)
    keys = asyncio.run(resolve_keys(_all_playing(params)))

    async def ask(folder: Path) -> list[Task]:
        async with _engine(params, keys, workspace, folder) as engine:
            limit = params.limits.in_flight
            return await ask_queries(engine, _judges(engine, params, cast), found.queries, limit)

    with open_private_folder(workspace) as folder:
        tasks = asyncio.run(ask(folder))
    label = (
        f"ToolSword, malicious queries, one turn, agentalign {code_version()}{_by(params, cast)}"
    )
    sides = (side_of("harmful", tasks, {}, IN_ONE_TURN),)
    run = _conclude("toolsword", label, params, cast, sides, (found.source,)).model_copy(
        update={
            "left_out": dict(found.left_out),
            "seconds": round(time.monotonic() - started, 1),
        }
    )
    return _keep(workspace, run, tasks)


def _pick(behaviours: Behaviours, picked: Picked) -> Behaviours:
    files = tuple(file for file in behaviours.files if file.side in picked.sides)
    if not files:
        raise BadInputError(f"split {behaviours.split} has no file of {' or '.join(picked.sides)}")
    for file in files:
        if unknown := [name for name in picked.ids if name not in file.ids]:
            raise BadInputError(f"{file.name} has no behaviour {unknown[0]!r}")
    return Behaviours(behaviours.split, files)


def _order(
    behaviours: Behaviours, cast: Cast, picked: Picked, reached: Mapping[str, Reached]
) -> Order:
    return Order(
        sides=tuple(file.side for file in behaviours.files),
        split=behaviours.split,
        model=reached[cast.evaluated],
        refusal_judge=reached[cast.refusal_judge],
        semantic_judge=reached[cast.semantic_judge],
        behaviours=picked.ids,
    )


def _all_playing(params: BuildParams) -> BuildParams:
    """Return parameters in which every endpoint plays: keys are resolved of those that do."""
    everyone = tuple(Weighted(endpoint=each.name) for each in params.endpoints)
    roles = params.roles.model_copy(update={"generator": everyone})
    return params.model_copy(update={"roles": roles})


@contextmanager
def _reached(params: BuildParams, keys: Mapping[str, str]) -> Iterator[dict[str, Reached]]:
    """Yield how another process reaches the endpoints; the embedded model is served meanwhile."""
    embedded = any(endpoint.is_rehearsal for endpoint in params.endpoints)
    with serve_beside(params.rehearsal) if embedded else nullcontext("") as url:
        yield {
            endpoint.name: Reached(
                model=endpoint.model,
                base_url=url if endpoint.is_rehearsal else endpoint.base_url,
                api_key=keys.get(endpoint.name, ""),
                timeout_s=endpoint.timeout_s,
                in_flight=min(endpoint.max_in_flight, params.limits.in_flight),
            )
            for endpoint in params.endpoints
        }


async def _read_all(
    transcripts: Sequence[Transcript],
    params: BuildParams,
    cast: Cast,
    keys: Mapping[str, str],
    workspace: Workspace,
    folder: Path,
) -> list[Task]:
    """Return what became of each task, our own reading of its last text included."""
    async with _engine(params, keys, workspace, folder) as engine:
        judges = _judges(engine, params, cast)

        async def work(transcript: Transcript) -> Task:
            # judges are told that what they see was to be turned down: not of the benign twins
            own = judges if transcript.side == "harmful" and not transcript.error else None
            key = f"{transcript.side}/{transcript.id}"
            text = last_text(transcript)
            answered = Answered(key, transcript.category, transcript.prompt, text)
            return read_transcript(transcript, await read(answered, own))

        return await map_bounded(transcripts, work, limit=params.limits.in_flight)


def _engine(
    params: BuildParams, keys: Mapping[str, str], workspace: Workspace, folder: Path
) -> Engine:
    journal = folder / "journal"
    journal.mkdir()
    return Engine(params, NoStore(), journal, keys, memory=workspace.endpoints)


def _judges(engine: Engine, params: BuildParams, cast: Cast) -> Judges | None:
    if not cast.panel:
        return None
    given = params.validation
    panel = Panel(given.panel, given.full_panel_share, given.temperature, params.seed)
    return Judges(engine, panel)


def _label(
    told: Told, behaviours: Behaviours, cast: Cast, params: BuildParams, picked: Picked
) -> str:
    """Return what two runs have to have in common for their figures to compare."""
    models = {endpoint.name: endpoint.model for endpoint in params.endpoints}
    packages = ", ".join(f"{name} {version}" for name, version in sorted(told.packages.items()))
    tasks = f", {len(picked.ids)} behaviours picked" if picked.ids else ""
    return (
        f"AgentHarm {told.ran[0].task_version} ({packages}), split {behaviours.split}{tasks},"
        f" refusal judge {models[cast.refusal_judge]}, semantic judge"
        f" {models[cast.semantic_judge]}; own verdicts of agentalign {code_version()}"
        f"{_by(params, cast)}"
    )


def _by(params: BuildParams, cast: Cast) -> str:
    models = {endpoint.name: endpoint.model for endpoint in params.endpoints}
    panel = ", ".join(models[name] for name in cast.panel)
    return f", by rules and a panel of {panel}" if panel else ", by rules alone"


def _conclude(
    benchmark: Benchmark,
    label: str,
    params: BuildParams,
    cast: Cast,
    sides: tuple[SideResult, ...],
    source: tuple[File, ...],
) -> BenchmarkRun:
    by_name = {endpoint.name: endpoint for endpoint in params.endpoints}
    players = tuple(_player(by_name[name], role) for role, name in cast.named())
    rehearsal = any(player.rehearsal for player in players)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    # a run is not repeated by its name: tools come in another order each time
    own = digest(benchmark, label, [player.model_dump() for player in players], time.time_ns())
    return BenchmarkRun(
        name=f"{'rehearsal-' if rehearsal else ''}{benchmark}-{own[:NAME_DIGITS]}",
        benchmark=benchmark,
        label=label,
        created_at=created,
        code_version=code_version(),
        rehearsal=rehearsal,
        players=players,
        source=source,
        sides=sides,
    )


def _player(endpoint: Endpoint, role: str) -> Player:
    return Player.model_validate(
        {
            "name": endpoint.name,
            "model": endpoint.model,
            "revision": endpoint.revision,
            "role": role,
            "rehearsal": endpoint.is_rehearsal,
        }
    )


def _keep(workspace: Workspace, run: BenchmarkRun, tasks: Sequence[Task]) -> Kept:
    path = write_run(workspace, run, tasks)
    return Kept(run, path, log_benchmark(workspace, run))
