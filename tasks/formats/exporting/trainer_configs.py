"""Configurations of trainers, which stand beside the records they train on.

Rank, rate and the one epoch are the paper's (arXiv 2505.23020); more steps teach to refuse too
much. A cutoff is never below the longest record, as trainers cut without a word.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tasks.formats.exporting.manifest import ExportManifest

NO_CUTOFF = 131_072  # where lengths are not known: what no record of a version comes near
_STEP = 256


def render_config(template: str, manifest: ExportManifest, **more: object) -> bytes:
    """Return a trainer's configuration for an export; its template may name more values."""
    thinks = bool(manifest.thoughts)
    empty = manifest.options["reasoning"] == "empty"
    text = (
        _environment()
        .get_template(template)
        .render(
            manifest=manifest,
            splits=manifest.splits,
            cutoff=_cutoff(manifest),
            no_cutoff=NO_CUTOFF,
            thinks=thinks,
            qwen3=thinks or empty,
            model="Qwen/Qwen3-8B" if thinks or empty else "Qwen/Qwen2.5-7B-Instruct",
            **more,
        )
    )
    return text.encode()


def _cutoff(manifest: ExportManifest) -> int | None:
    """Return a length in tokens that no record reaches, or None where lengths were not counted.

    A trainer's own template may write a little more than the one that lengths were counted with.
    """
    longest = max((each.most for each in manifest.lengths.values()), default=None)
    if longest is None:
        return None
    allowed = manifest.options["max_tokens"]
    written = min(longest, allowed) if isinstance(allowed, int) else longest
    return (-(-written // _STEP) + 1) * _STEP


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tasks.formats.exporting"),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
