"""Commands that run models: build, retry-failed, pilot, estimate, doctor, serve-rehearsal.

What a command needs is imported when it runs, so that the others start fast.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, Wait

if TYPE_CHECKING:
    from schemas.results import BuildResult

_DEFAULT_PORT = 8642

ProfileName = Annotated[str, typer.Option("--profile", help="smoke, rehearsal or paper.")]
ParamsFile = Annotated[
    Path | None, typer.Option("--params", help="YAML file of parameters, laid over the profile.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", help="key=value, e.g. balance.harmful=400; laid over the file."),
]
BuildJson = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON object, the last line.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("build")(build)
    app.command("retry-failed")(retry_failed)
    for command in (pilot, estimate, doctor):
        app.command(command.__name__)(command)
    app.command("serve-rehearsal")(serve_rehearsal)


def build(
    profile: ProfileName = "rehearsal",
    params: ParamsFile = None,
    settings: Sets = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: BuildJson = False,
    wait: Wait = False,
) -> None:
    """Make a dataset version; what is already made costs no model call."""
    from agentalign.building import BUILD

    _run(BUILD, profile, params, settings, workspace, json=json, wait=wait)


def retry_failed(
    profile: ProfileName = "rehearsal",
    params: ParamsFile = None,
    settings: Sets = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: BuildJson = False,
    wait: Wait = False,
) -> None:
    """Ask once more for the items of a build that failed; take its options. All else is cached."""
    from agentalign.building import RETRY

    _run(RETRY, profile, params, settings, workspace, json=json, wait=wait)


def _run(
    flow: str,
    profile: str,
    file: Path | None,
    settings: list[str] | None,
    workspace: Path,
    *,
    json: bool,
    wait: bool,
) -> None:
    from rich.console import Console

    from agentalign.building import run_flow
    from agentalign.summary import print_summary
    from agentalign.tool_notes import tool_notes
    from schemas.settings import load_params
    from tasks.formats.foreign_files import check_foreign
    from tasks.formats.versions import open_version

    checked = load_params(profile, file, settings or [])
    check_foreign(checked.third_party.sources)
    for note in tool_notes(checked.tools) if checked.tools else ():
        print(note, file=sys.stderr)
    result: BuildResult = run_flow(flow, checked, workspace, Console(stderr=True), wait=wait)
    print_summary(result, open_version(Path(result.path)), Console(), str(workspace))
    if json:
        print(result.model_dump_json(), flush=True)


def pilot(
    n: Annotated[int, typer.Option("--n", min=1, help="About how many requests.")] = 50,
    profile: ProfileName = "rehearsal",
    params: ParamsFile = None,
    settings: Sets = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
    wait: Wait = False,
) -> None:
    """Run a sample of a build on its endpoints and measure it; the build won't pay for it again."""
    from rich.console import Console

    from agentalign.building import PILOT, run_flow
    from schemas.settings import load_params

    checked = load_params(profile, params, settings or [])
    run_flow(PILOT, checked, workspace, Console(stderr=True), wait=wait, requests=n)
    from agentalign.estimating import print_estimate  # knows Prefect, which has a server by now

    print_estimate(checked, workspace, json=json)


def estimate(
    profile: ProfileName = "rehearsal",
    params: ParamsFile = None,
    settings: Sets = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Say what a build would take: calls, tokens, money, hours; from the pilot if there is one."""
    from agentalign.estimating import print_estimate
    from schemas.settings import load_params

    print_estimate(load_params(profile, params, settings or []), workspace, json=json)


def doctor(
    profile: ProfileName = "rehearsal",
    params: ParamsFile = None,
    settings: Sets = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Check versions, isolation, disk, ports and databases; try what the endpoints understand."""
    from agentalign.doctor import diagnose
    from schemas.settings import load_params

    diagnose(load_params(profile, params, settings or []), workspace, json=json)


def serve_rehearsal(
    port: Annotated[int, typer.Option(min=1, max=65535)] = _DEFAULT_PORT,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Serve the embedded model on 127.0.0.1, as an OpenAI-compatible endpoint."""
    from agentalign.serving import serve

    serve(port, seed)
