"""A stage whose source changed raises its version, or says that results stay the same.

To accept the sources as they are: `.venv/bin/python tests/tasks/test_stage_versions.py`
"""

import hashlib
import json
from pathlib import Path

import pytest

from tasks.balance import BalanceSpec
from tasks.bindings import BindingsSpec
from tasks.chains import ChainsSpec
from tasks.doors.cache import Spec
from tasks.imports import ImportsSpec
from tasks.instructions import InstructionsSpec
from tasks.mutating import MutationsSpec
from tasks.plans import PlannedSpec, ScriptedPlansSpec
from tasks.publish import PublishSpec
from tasks.responses import ResponsesSpec
from tasks.taxonomy import TaxonomySpec
from tasks.validation import ExecutionSpec, SemanticSpec

GOLDEN = Path(__file__).with_name("stage_sources.json")
TASKS = Path(__file__).parents[2] / "tasks"
READERS = sorted(
    f"formats/importing/{file.stem}" for file in (TASKS / "formats/importing").glob("*.py")
)
# the modules whose code decides what a stage makes
SOURCES: dict[type[Spec], tuple[str, ...]] = {
    TaxonomySpec: ("taxonomy",),
    ChainsSpec: ("chains",),
    BindingsSpec: ("bindings",),
    ScriptedPlansSpec: ("plans",),
    PlannedSpec: ("plans", "conversation"),
    InstructionsSpec: ("instructions",),
    SemanticSpec: ("validation", "panel", "reviews"),
    ExecutionSpec: ("validation",),
    ResponsesSpec: ("responses", "answers", "conversation", "panel", "reviews"),
    ImportsSpec: ("imports", "sifting", "duplicates", "judging/leaks", *READERS),
    BalanceSpec: (
        "balance", "examples", "selection", "duplicates", "conversation", "mixing", "lending",
        "borrowing",
    ),
    MutationsSpec: ("mutating", "copies", "mutations", "alterations", "play", "answers", "panel"),
    PublishSpec: (
        "publish", "card/header", "card/layout", "card/licences", "card/limits", "card/rendering",
        "composition", "plots/counts", "plots/drawing", "plots/panels", "formats/version_folder",
    ),
}  # fmt: skip


def source_digest(spec: type[Spec]) -> str:
    """Return a digest of a stage's source files."""
    texts = [(TASKS / f"{name}.py").read_text("utf-8") for name in SOURCES[spec]]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def current() -> dict[str, dict[str, object]]:
    """Return version and source digest of every stage."""
    return {
        spec.stage: {"version": spec.version, "source": source_digest(spec)} for spec in SOURCES
    }


@pytest.mark.parametrize("spec", SOURCES, ids=lambda spec: spec.stage)
def test_a_changed_stage_raises_its_version(spec: type[Spec]) -> None:
    """Results of older code are not taken for those of newer code by mistake."""
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert current()[spec.stage] == golden[spec.stage], (
        f"the source of {spec.stage} changed: raise {spec.__name__}.version if its results do, "
        "then accept with `.venv/bin/python tests/tasks/test_stage_versions.py`"
    )


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(current(), indent=2) + "\n", "utf-8")
