"""Commands that measure models by published benchmarks: agentharm, toolsword.

What a command needs is imported when it runs, so that each starts fast.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentalign.endpoint_options import read_endpoint
from agentalign.options import DEFAULT_FOLDER, AsJson, Folder
from agentalign.workspace import prepare_workspace
from schemas.errors import BadInputError

if TYPE_CHECKING:
    from agentalign.benchmarking import Kept, Picked
    from schemas.params import BuildParams
    from schemas.workspace import Workspace

Evaluated = Annotated[str, typer.Argument(help="Name of the endpoint that is measured.")]
Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        help="A model: NAME=MODEL@URL, NAME=rehearsal-… (embedded), or {name: …, model: …}.",
    ),
]
PanelOf = Annotated[
    list[str] | None,
    typer.Option("--panel", help="Endpoint that reads what rules can't tell; else rules alone."),
]
Params = Annotated[
    Path | None, typer.Option("--params", help="YAML file of parameters: models, limits.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="key=value, e.g. limits.in_flight=8; laid over the file."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (agentharm, toolsword):
        app.command(command.__name__)(command)


def agentharm(
    endpoint: Evaluated,
    path: Annotated[Path, typer.Argument(help="Folder with your copy of its behaviour files.")],
    refusal_judge: Annotated[
        str, typer.Option("--refusal-judge", help="Endpoint that is the package's refusal judge.")
    ],
    semantic_judge: Annotated[
        str | None,
        typer.Option("--semantic-judge", help="Its semantic judge; else the refusal judge."),
    ] = None,
    endpoints: Endpoints = None,
    panel: PanelOf = None,
    split: Annotated[
        str | None, typer.Option("--split", help="test_public, val or test_private.")
    ] = None,
    sides: Annotated[
        list[str] | None, typer.Option("--side", help="harmful or benign; else both.")
    ] = None,
    technique: Annotated[
        str, typer.Option("--technique", help="What its prompt adds: cot, react or refusal.")
    ] = "standard",
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="Only this behaviour, by its id.")
    ] = None,
    params: Params = None,
    settings: Settings = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Measure a model by AgentHarm, as inspect-evals runs it, with our own verdicts beside."""
    place = _prepare(workspace)
    from agentalign.benchmark_cast import Cast
    from agentalign.benchmarking import run_on_agentharm

    cast = Cast(endpoint, tuple(panel or ()), refusal_judge, semantic_judge or refusal_judge)
    picked = _pick(split, sides, ids, technique)
    build = _params(params, settings, endpoints)
    _show(run_on_agentharm(place, build, cast, path, picked), json=json)


def toolsword(
    endpoint: Evaluated,
    path: Annotated[Path, typer.Argument(help="Your copy of its file of malicious queries.")],
    endpoints: Endpoints = None,
    panel: PanelOf = None,
    params: Params = None,
    settings: Settings = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Measure which of ToolSword's malicious queries a model refuses, asked with their tools."""
    place = _prepare(workspace)
    from agentalign.benchmark_cast import Cast
    from agentalign.benchmarking import run_on_toolsword

    cast = Cast(endpoint, tuple(panel or ()))
    build = _params(params, settings, endpoints)
    _show(run_on_toolsword(place, build, cast, path), json=json)


def _prepare(folder: Path) -> "Workspace":
    """Return the workspace, with what Prefect and MLflow have to find when they are imported."""
    from agentalign.server import client_environment

    place = prepare_workspace(folder)
    os.environ |= client_environment(place, os.environ)
    return place


def _params(
    file: Path | None, settings: list[str] | None, endpoints: list[str] | None
) -> "BuildParams":
    from schemas.params import BuildParams
    from schemas.settings import change_params

    given = change_params(BuildParams(), file, settings or ())
    own = {each.name: each for each in (*given.endpoints, *map(read_endpoint, endpoints or ()))}
    return given.model_copy(update={"endpoints": tuple(own.values())})


def _pick(
    split: str | None, sides: list[str] | None, ids: list[str] | None, technique: str
) -> "Picked":
    from pydantic import TypeAdapter, ValidationError

    from agentalign.benchmarking import Picked

    given = {"split": split, "technique": technique, "ids": ids or (),
             "sides": sides or ("harmful", "benign")}  # fmt: skip
    try:
        return TypeAdapter(Picked).validate_python(given)
    except ValidationError as exc:
        wrong = exc.errors(include_url=False)[0]
        name = {"sides": "--side"}.get(str(wrong["loc"][0]), f"--{wrong['loc'][0]}")
        msg = f"{name} {wrong['input']!r}: {wrong['msg'].removeprefix('Input ')}"
        raise BadInputError(msg) from exc


def _show(kept: "Kept", *, json: bool) -> None:
    if json:
        print(kept.run.model_dump_json())
        return
    print((kept.path / "table.md").read_text("utf-8"))
    print(f"in {kept.path}, MLflow run {kept.logged}, {kept.run.seconds:.0f} s")
