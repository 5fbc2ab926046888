"""Whether a version came through the quality gate, by the bounds of this release."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from expectations import Expectation, load_suite
from schemas.results import Manifest

SUITE = "dataset"

# warnings: something is off that stops nothing; unknown: made without an audit
State = Literal["green", "warnings", "red", "unknown"]


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate says of a version, and which expectations don't hold."""

    state: State
    broken: tuple[str, ...]  # critical ones
    warnings: tuple[str, ...]


def gate_of(manifest: Manifest) -> Gate:
    """Return what the gate says of a version.

    A build publishes nothing that breaks a critical expectation; what was published before an
    expectation came, or became critical, may break it all the same.
    """
    if not manifest.figures:
        return Gate("unknown", (), manifest.warnings)
    broken = tuple(_broken(manifest))
    state: State = "red" if broken else "warnings" if manifest.warnings else "green"
    return Gate(state, broken, manifest.warnings)


def _broken(manifest: Manifest) -> Iterator[str]:
    """Yield critical expectations that a figure breaks, or that the build warned of."""
    for one in load_suite(SUITE).expectations:
        column = str(one.kwargs.get("column", ""))
        if one.severity != "critical" or one.is_query:
            continue
        warned = [line for line in manifest.warnings if line.partition(":")[0] == column]
        if not _holds(one, manifest.figures.get(column)):
            yield f"{column} is {manifest.figures[column]:g}: {one.meta.why}"
        elif warned:
            yield f"{warned[0]}: {one.meta.why}"


def _holds(one: Expectation, value: float | None) -> bool:
    """Whether a figure lies in its bounds; what could not be measured breaks none."""
    low, high = one.kwargs.get("min_value"), one.kwargs.get("max_value")
    return value is None or (
        (not isinstance(low, int | float) or value >= low)
        and (not isinstance(high, int | float) or value <= high)
    )


def obstacles(manifest: Manifest, *, for_training: bool) -> Iterator[str]:
    """Yield why a version may not be released: by the gate, and as a rehearsal to be trained on."""
    gate = gate_of(manifest)
    if gate.state == "red":
        yield f"the quality gate is red ({'; '.join(gate.broken)}); build a version that passes it"
    if gate.state == "unknown":
        yield "it was made without an audit; build it again to have its rows audited"
    if for_training and manifest.rehearsal:
        yield (
            "the embedded model wrote it, and a rehearsal is not to train on; build with an"
            " endpoint of your own (`agentalign build --params mine.yaml`)"
        )
