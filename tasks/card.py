"""The dataset card: what a version is, for the people who find its folder."""

from importlib import resources

from jinja2 import Environment, StrictUndefined

from schemas.results import Manifest
from schemas.rows import Audit
from tasks.composition import composition_table


def render_card(manifest: Manifest, audit: Audit) -> str:
    """Return the card of a version as Markdown with a YAML header."""
    template = (resources.files("schemas") / "data" / "card.md").read_text("utf-8")
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    composition = composition_table(manifest.composition)
    return environment.from_string(template).render(
        manifest=manifest, audit=audit, composition=composition
    )
