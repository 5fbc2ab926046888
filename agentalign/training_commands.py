"""Commands around training on a version: train-card, link-training.

What a command needs is imported when it runs, so that each starts fast.
"""

from pathlib import Path
from typing import Annotated

import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder, Named
from agentalign.workspace import find_workspace
from tasks.formats.versions import find_version


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("train-card")(train_card)
    app.command("link-training")(link_training)


def train_card(
    version: Named,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder: the exports and the card are written there."),
    ] = None,
    workspace: Folder = DEFAULT_FOLDER,
) -> None:
    """Print what to run to train on a version, with TRL and with LLaMA-Factory."""
    from agentalign.training.card import make_card

    place = find_workspace(workspace)
    print(make_card(place, find_version(place, version), out), end="")


def link_training(
    version: Named,
    run: Annotated[str, typer.Option("--run", help="Id of the training run in MLflow.")],
    tracking_uri: Annotated[
        str, typer.Option("--tracking-uri", help="MLflow's server; else the workspace's own.")
    ] = "",
    by: Annotated[str | None, typer.Option(help="Who links it; else the name you go by.")] = None,
    workspace: Folder = DEFAULT_FOLDER,
    json: AsJson = False,
) -> None:
    """Let a version and the training run in MLflow that used it name each other."""
    from agentalign.training.linking import link

    place = find_workspace(workspace)
    training = link(place, find_version(place, version), run, tracking_uri, by)
    if json:
        print(training.model_dump_json())
        return
    where = f" at {training.tracking}" if training.tracking else ""
    print(f"run {training.name}{where} trained on {training.version}, linked {training.at} by"
          f" {training.by}")  # fmt: skip
