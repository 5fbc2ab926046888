"""What a version is weak at, read off its own figures: nothing is said that they don't say."""

from collections.abc import Iterator
from math import sqrt

from expectations import load_suite
from schemas.audits import ALL, SILENT
from schemas.catalogue import load_taxonomy
from schemas.results import Manifest
from schemas.rows import Audit

_SUITE = "dataset"
_SMALL = 200  # rows of a split below which a share measured on it is said to be rough
_95_PERCENT = 0.98  # half the width of the interval of a share of one half is this / sqrt(rows)
_NO_AUDIT = "It was made without an audit: nothing is known of what gives the classes away."
_WORDS = ("request_words", "opening_words")


def known_limits(manifest: Manifest, audit: Audit | None) -> list[str]:
    """Return the limits of a version, a sentence or two each, those of the gate first."""
    return [
        *_warned(manifest),
        *_lacking(manifest),
        *_judged(manifest),
        *(_audited(audit) if audit else [_NO_AUDIT]),
        *_written(manifest),
        *_rough(manifest),
    ]


def _warned(manifest: Manifest) -> Iterator[str]:
    """Yield the expectations that don't hold, with the reasons they are held."""
    why = {
        str(one.kwargs.get("column", "")): one.meta.why for one in load_suite(_SUITE).expectations
    }
    for line in manifest.warnings:
        name = line.partition(":")[0]
        value = manifest.figures.get(name)
        if name in why and value is not None:
            yield f"`{name}` is {value:.3g}, out of its bounds: {why[name]}."
        else:
            yield f"{line}."


def _lacking(manifest: Manifest) -> Iterator[str]:
    """Yield what there should be more of."""
    if manifest.short:
        lines = ", ".join(f"{name} by {rows:,}" for name, rows in manifest.short.items())
        yield f"Short of its targets: {lines}."
    known = {category.name for category in load_taxonomy().categories}
    if absent := sorted(known - {name for name, rows in manifest.by_category.items() if rows}):
        yield f"No harmful row is of the categories {', '.join(absent)}."
    for stage in manifest.stages:
        if stage.failed:
            yield (
                f"{stage.failed:,} items of stage {stage.stage} could not be made, as models"
                " failed or declined: what they decline to write is missing here."
            )
    twins = manifest.figures.get("twin_share")
    if twins is not None and twins < 1:
        yield (
            f"{100 * (1 - twins):.0f} % of the harmful rows have no row on the same tools that is"
            " helped with: there, the tools may give the answer away."
        )
    if not manifest.benchmarks:
        yield (
            "No benchmark was given to compare with: rows may resemble tasks that models are"
            " evaluated on."
        )


def _audited(audit: Audit) -> Iterator[str]:
    yield from _given_away(audit)
    yield from _missed(audit)


def _given_away(audit: Audit) -> Iterator[str]:
    """Yield what tells refused from helped without understanding the request."""
    for name, told in audit.shortcuts.features.get(ALL, {}).items():
        if told.accuracy is None or told.by_chance is None or told.accuracy <= told.by_chance:
            continue
        said = name.replace("_", " ")
        if name in _WORDS:
            yield (
                f"A learner that sees nothing but {said} tells refused from helped with a"
                f" balanced accuracy of {told.accuracy:.2f} (a guess has 0.50): part of the"
                " difference lies in the wording."
            )
        elif name in SILENT:
            yield (
                f"{said.capitalize()} alone tells refused from helped better than chance, with a"
                f" balanced accuracy of {told.accuracy:.2f}."
            )


def _judged(manifest: Manifest) -> Iterator[str]:
    """Yield how sure the verdicts are that rows rest on."""
    agreement = manifest.figures.get("agreement_semantic")
    if agreement is None:
        yield "How far the judges of requests agree was not measured."
    elif agreement < 1:
        yield f"Judges of a request differ in {100 * (1 - agreement):.1f} % of pairs of votes."


def _missed(audit: Audit) -> Iterator[str]:
    """Yield what filters let through, or how little is known where they let nothing through."""
    missed = {name: each for name, each in audit.mutations.items() if each.caught < each.planted}
    for name, each in missed.items():
        yield (
            f"Of {each.planted} rows spoilt on purpose ({name.replace('_', ' ')}), the filters"
            f" missed {each.planted - each.caught}: rows with that fault will be in the data."
        )
    if audit.mutations and not missed:
        planted = min(each.planted for each in audit.mutations.values())
        low = min(each.low for each in audit.mutations.values())
        yield (
            f"The filters caught every row that was spoilt on purpose, but {planted} of a kind"
            f" only show that they catch at least {100 * low:.0f} % (95 % interval)."
        )


def _written(manifest: Manifest) -> Iterator[str]:
    """Yield how narrow the voices are that wrote it, and what others wrote."""
    if foreign := sum(source.rows for source in manifest.sources):
        yield (
            f"{foreign:,} rows are of other datasets: no judge read them, and what their tools"
            " answer was executed nowhere here."
        )
    if nameless := [each.name for each in manifest.sources if each.rows and not each.licence]:
        yield f"Nobody stated a licence of {', '.join(nameless)}: ask its makers before you use it."
    responders = models_of(manifest).get("responder", [])
    if len(responders) == 1:
        yield f"All answers are by one model, {responders[0]}: its manner is in every row."
    commonest = manifest.figures.get("commonest_style_share")
    if commonest is not None and commonest > 0.5:
        yield f"{100 * commonest:.0f} % of the refusals are of one style."


def models_of(manifest: Manifest) -> dict[str, list[str]]:
    """Return the models whose calls a version rests on, by role."""
    found: dict[str, list[str]] = {}
    for line in manifest.account.lines if manifest.account else ():
        models = found.setdefault(line.role, [])
        if line.model not in models:
            models.append(line.model)
    return found


def _rough(manifest: Manifest) -> Iterator[str]:
    """Yield the splits that are too small to measure much on."""
    for split, rows in sorted(manifest.splits.items()):
        if split != "train" and 0 < rows < _SMALL:
            yield (
                f"Split {split} has {rows:,} rows: a share measured on it is uncertain by up to"
                f" {100 * _95_PERCENT / sqrt(rows):.0f} points."
            )
