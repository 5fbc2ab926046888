"""What to run to train on a version: from the exporter's own files, nothing written twice."""

import shlex
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from agentalign.exporting import export_version
from agentalign.training.trainers import CONFIG, TRAINERS, Trainer
from schemas.workspace import Workspace
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.versions import Version

FILE = "TRAIN.md"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One trainer's part of the card; its command is the one that its configuration names."""

    trainer: Trainer
    folder: Path
    config: str
    rows: int
    left_out: int

    @property
    def command(self) -> str:
        """What starts the training, and lets it log to MLflow."""
        return f"{self.config.splitlines()[0].lstrip('# ')} {self.trainer.logging}"


def make_card(workspace: Workspace, version: Version, out: Path | None) -> str:
    """Return the card; with `out` the exports it speaks of are written there, and the card too.

    Raises:
        AgentAlignError: the version can't be exported, or `out` holds something else.
    """
    if out is not None:
        card = _card(workspace, version, out, out)
        (out / FILE).write_text(card, "utf-8")
        return card
    with tempfile.TemporaryDirectory() as folder:  # what is said of an export is read off one
        return _card(workspace, version, Path(folder), Path("training"))


def _card(workspace: Workspace, version: Version, written: Path, said: Path) -> str:
    options = ExportOptions()
    recipes = []
    for trainer in TRAINERS:
        folder = written / trainer.format
        manifest = export_version(version, trainer.format, folder, options)
        recipes.append(_recipe(trainer, manifest, folder, said / trainer.format))
    return _render(workspace, version, recipes)


def _recipe(trainer: Trainer, manifest: ExportManifest, folder: Path, said: Path) -> Recipe:
    config = (folder / CONFIG).read_text("utf-8")
    left_out = manifest.rows_in - manifest.rows_out
    return Recipe(trainer, said, config, manifest.rows_out, left_out)


def _render(workspace: Workspace, version: Version, recipes: list[Recipe]) -> str:
    environment = Environment(
        loader=PackageLoader("agentalign.training"), undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.filters["quoted"] = lambda value: shlex.quote(str(value))
    return environment.get_template("card.md").render(
        version=version.name,
        manifest=version.manifest,
        recipes=recipes,
        workspace=workspace.root,
        tracking=workspace.mlflow_uri,
        mlflow=metadata.version("mlflow"),  # another release may want another database
    )
