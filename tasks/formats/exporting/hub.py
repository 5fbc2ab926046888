"""The folder of a dataset repository on the hub: card, licence, shards per split, plots.

`data/<split>-00000-of-0000N.parquet` is where the hub looks; a rehearsal's shards have that in
their names. The card is the version's own, with the paths of these files in its header; it says
what this export left out, if anything. The manifest of the version stays at home: it holds the
addresses of endpoints.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from schemas.errors import WorkspaceError
from schemas.rows import Audit, Example
from tasks.card.layout import HUB_FOLDER, Layout
from tasks.card.rendering import render_card
from tasks.formats.exporting.formats import Format
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.nested import ShardSink, list_shards, to_records
from tasks.formats.versions import Version
from tasks.plots.drawing import PLOTS, draw_plots, plots_of

NAME = "hub"
CARD, LICENCE = "README.md", "LICENSE"
_DISTRIBUTION, _LICENCE_FILE = "agentalign", "licenses/LICENSE"


def _name_file(_format_name: str, version: str, split: str) -> str:
    mark = "-rehearsal" if version.startswith("rehearsal") else ""
    return f"data/{split}{mark}.parquet"


def _add_files(manifest: ExportManifest, version: Version) -> Mapping[str, bytes]:
    """Return card, licence and plots by name."""
    plots = read_plots(version)
    shown = [plot for plot in PLOTS if plot.file in plots]
    audit = next(iter(version.rows(Audit)), None)
    said = version.manifest.model_copy(update={"splits": _count_splits(manifest)})
    card = render_card(said, audit, shown, _layout(manifest))
    return {CARD: card.encode(), LICENCE: _read_licence()} | plots


def _count_splits(manifest: ExportManifest) -> dict[str, int]:
    return {
        split: sum(count.rows_out for count in classes.values())
        for split, classes in manifest.rows.items()
    }


def _layout(manifest: ExportManifest) -> Layout:
    """Return where files lie, with a word on what is not in them."""
    if manifest.rows_out == manifest.rows_in:
        return HUB_FOLDER
    left_out = manifest.rows_in - manifest.rows_out
    return replace(
        HUB_FOLDER,
        note=(
            f"{left_out:,} of the version's {manifest.rows_in:,} rows are not in these files, and"
            " `manifest.json` says why. Except for the splits, counts below are of the version."
        ),
    )


def read_plots(version: Version) -> dict[str, bytes]:
    """Return a version's plots by name; those of an earlier release's version are drawn now."""
    if plots := plots_of(version.folder):
        return {plot.file: (version.folder / plot.file).read_bytes() for plot in plots}
    files = version.files(Example.table)
    if not files:
        return {}
    with TemporaryDirectory() as scratch:
        drawn = draw_plots(Path(scratch), version.manifest, files)
        return {plot.file: (Path(scratch) / plot.file).read_bytes() for plot in drawn}


def _read_licence() -> bytes:
    """Return the licence that own rows are under. Raises: WorkspaceError if it is not installed."""
    text = metadata.distribution(_DISTRIBUTION).read_text(_LICENCE_FILE)
    if text is None:
        msg = "the installation lacks its licence file; install AgentAlign again"
        raise WorkspaceError(msg)
    return text.encode()


FORMAT = Format(
    NAME, to_records, thinks=True, open_sink=ShardSink, name_file=_name_file,
    add_files=_add_files, list_parts=list_shards,
)  # fmt: skip
