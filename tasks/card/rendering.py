"""The dataset card: what a version is, for the people who find its folder."""

from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from schemas.results import Manifest
from schemas.rows import Audit
from tasks.card.header import PAPER, header_fields
from tasks.card.layout import VERSION_FOLDER, Layout
from tasks.card.licences import sources_of
from tasks.card.limits import known_limits, models_of
from tasks.composition import composition_table
from tasks.doors.hub.header import render_header
from tasks.plots.drawing import Plot

_TEMPLATE = "card.md"


def render_card(
    manifest: Manifest,
    audit: Audit | None,
    plots: Sequence[Plot] = (),
    layout: Layout = VERSION_FOLDER,
) -> str:
    """Return the card of a version as Markdown with a YAML header.

    Versions of early releases have no audit, and no counts by class and split: their cards say
    that there is none of the one, and less of the other.
    """
    return render_header(header_fields(manifest, layout)) + _template().render(
        manifest=manifest,
        audit=audit,
        plots={plot.name: plot for plot in plots},
        layout=layout,
        composition=composition_table(manifest.composition) if manifest.composition else "",
        sources=sources_of(manifest),
        limits=known_limits(manifest, audit),
        models=models_of(manifest),
        paper=PAPER,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read), undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, autoescape=False, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(_TEMPLATE)


def _read(name: str) -> str | None:
    """Return one of the card's parts by its file's name, None if there is none."""
    file = resources.files("schemas") / "data" / name
    return file.read_text("utf-8") if file.is_file() else None
