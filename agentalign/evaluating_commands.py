"""Commands that evaluate models: evaluate, evaluations.

What a command needs is imported when it runs, so that each starts fast.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
import yaml

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, VersionName, Wait
from agentalign.workspace import find_workspace
from schemas.errors import BadInputError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from schemas.endpoints import Endpoint
    from schemas.evaluations import EvaluationParams, EvaluationResult
    from schemas.params import BuildParams

_WIDE = 160


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (evaluate, evaluations):
        app.command(command.__name__)(command)


def evaluate(
    endpoint: Annotated[
        str | None, typer.Argument(help="Name of an endpoint; else the version's first responder.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Another endpoint, asked the same rows.")
    ] = None,
    version: VersionName = None,
    endpoints: Annotated[
        list[str] | None,
        typer.Option(
            "--endpoint",
            help="A model: NAME=MODEL@URL, NAME=rehearsal-… (embedded), or {name: …, model: …}.",
        ),
    ] = None,
    judges: Annotated[
        list[str] | None, typer.Option("--judge", help="Endpoint that judges; else the version's.")
    ] = None,
    baselines: Annotated[
        list[str] | None,
        typer.Option("--baseline", help="Beside the bare model: prompt or guard, or both."),
    ] = None,
    guard: Annotated[
        str | None, typer.Option("--guard", help="Endpoint that is the guard of --baseline guard.")
    ] = None,
    splits: Annotated[
        list[str] | None, typer.Option("--split", help="test, validation or train; else test.")
    ] = None,
    most: Annotated[
        int | None, typer.Option("--n", min=1, help="Rows at most, drawn by hash.")
    ] = None,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of the evaluated models.")] = 0,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", min=16, help="Of one answer; reasoning takes more.")
    ] = 1024,
    params: Annotated[
        Path | None,
        typer.Option("--params", help="YAML file of parameters: models, roles, limits."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value, e.g. limits.in_flight=8; laid over the file."),
    ] = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    wait: Wait = False,
) -> None:
    """Measure what a model refuses and what it does, on a version's rows, with intervals."""
    from rich.console import Console

    from agentalign.building import EVALUATE, run_flow
    from agentalign.evaluating import draw_evaluation

    asked = {
        "endpoint": endpoint or "", "against": against or "", "version": version or "",
        "baselines": baselines or (), "judges": judges or (), "guard": guard or "",
        "splits": splits or ("test",), "most": most, "temperature": temperature,
        "max_tokens": max_tokens,
        "endpoints": [_endpoint(text) for text in endpoints or ()],
    }  # fmt: skip
    checked = _check(asked)
    build = _change(workspace, checked, params, settings or [])
    result: EvaluationResult = run_flow(
        EVALUATE, checked, workspace, Console(stderr=True), wait=wait, build=build
    )
    if json:
        print(result.model_dump_json(), flush=True)
        return
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    console.print(*draw_evaluation(result), sep="\n")


def evaluations(
    version: VersionName = None, workspace: Folder = DEFAULT_FOLDER, json: AsJson = False
) -> None:
    """List the evaluations of a version, or all of them, newest first."""
    from rich.console import Console

    from agentalign.evaluating import draw_evaluations
    from tasks.evaluating.listing import list_evaluations
    from tasks.formats.versions import find_version

    place = find_workspace(workspace)
    found = list_evaluations(place, find_version(place, version).name if version else "")
    if json:
        print(orjson.dumps([each.model_dump(mode="json") for each in found]).decode())
    elif not found:
        print("no evaluations yet; run `agentalign evaluate ENDPOINT`")
    else:
        console = Console()
        if not console.is_terminal:
            console.width = _WIDE
        console.print(draw_evaluations(found))


def _endpoint(text: str) -> "Endpoint":
    """Return the endpoint that an option declares. Raises: BadInputError."""
    from pydantic import ValidationError

    from schemas.endpoints import Endpoint

    try:
        return Endpoint.model_validate(_fields(text))
    except ValidationError as exc:
        wrong = _say(exc)
    except yaml.YAMLError as exc:
        wrong = " ".join(str(exc).split())
    raise BadInputError(f"--endpoint {text!r}: {wrong}; write it as NAME=MODEL@URL")


def _fields(text: str) -> Any:  # noqa: ANN401  whatever the YAML holds
    if text.startswith("{"):
        return yaml.safe_load(text)
    name, _, rest = text.partition("=")
    model, at, url = rest.partition("@http")
    found = {"name": name, "model": model, "base_url": f"http{url}" if at else ""}
    return {field: value for field, value in found.items() if value}


def _say(exc: "ValidationError") -> str:
    """Return all that is wrong, in one line."""
    found = ((".".join(map(str, each["loc"])), each["msg"]) for each in exc.errors())
    return "; ".join(": ".join(filter(None, parts)) for parts in found)


def _check(asked: Mapping[str, object]) -> "EvaluationParams":
    from pydantic import ValidationError

    from schemas.evaluations import EvaluationParams

    try:
        return EvaluationParams.model_validate(asked)
    except ValidationError as exc:
        raise BadInputError(_say(exc)) from exc


def _change(
    workspace: Path, asked: "EvaluationParams", file: Path | None, settings: list[str]
) -> "BuildParams":
    """Return the version's own parameters, under the user's."""
    from schemas.settings import change_params
    from tasks.evaluating.made_with import build_of
    from tasks.formats.versions import find_version

    found = find_version(find_workspace(workspace), asked.version or None)
    return change_params(build_of(found), file, settings)
