"""The stage cache's keys: what changes one, and what doesn't."""

from collections.abc import Callable

import pytest

from schemas.catalogue import load_taxonomy
from schemas.params import BuildParams, Categories
from schemas.rows import Policy, Receipt
from schemas.settings import load_params
from tasks.balance import balance_spec
from tasks.bindings import bindings_spec
from tasks.chains import chains_spec
from tasks.doors.cache import Partition, Spec
from tasks.instructions import instructions_spec
from tasks.plans import planned_spec, plans_spec
from tasks.responses import responses_spec
from tasks.taxonomy import chosen, policies
from tasks.validation import execution_spec, semantic_spec

ROWS = policies(chosen(load_taxonomy(), Categories()))
WHOLE = Partition()
BlockSpecs = Callable[[BuildParams, str, tuple[Policy, ...], int], Spec]
BLOCKS: tuple[BlockSpecs, ...] = (
    bindings_spec, plans_spec, planned_spec, instructions_spec, semantic_spec, execution_spec,
    responses_spec,
)  # fmt: skip


def receipt(digest: str) -> Receipt:
    """Return a receipt with this digest."""
    return Receipt(stage="s", key="k", table="chains", digest=digest, rows_in=1, rows=1, dropped={})


def keys(*sets: str) -> dict[str, str]:
    """Return the key of each stage's first run for smoke parameters with `--set` texts."""
    params = load_params("smoke", None, sets)
    specs: list[Spec] = [make(params, "privacy", ROWS, 0) for make in BLOCKS]
    specs += [chains_spec(params, "privacy", ROWS), balance_spec(params, ROWS)]
    return {spec.stage: spec.key([receipt("a")], WHOLE) for spec in specs}


GENERATION = {"chains", "bindings", "plans", "planned", "instructions", "semantic", "execution"}


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        ("limits.in_flight=3", set()),
        ("limits.max_calls=3", set()),
        ("pool.max_blocks=3", set()),
        ("balance.harmful=20", {"balance"}),
        ("responses.step_limit=9", {"responses", "planned"}),
        ("validation.temperature=0.5", {"semantic", "responses"}),
        ("instructions.temperature=0.1", {"chains", "instructions"}),
        ("bindings.distractors_max=9", {"bindings"}),
        ("pool.benign_per_binding=3", {"instructions"}),
        ("rehearsal.seed=3", {"chains", "instructions", "planned", "semantic", "responses"}),
        ("retry_epoch=1", GENERATION | {"responses", "balance"}),
    ],
)
def test_a_parameter_is_in_the_keys_of_the_stages_it_changes(change: str, stages: set[str]) -> None:
    """And in no other: what doesn't change a result costs nothing."""
    before, after = keys(), keys(change)
    assert {stage for stage in before if before[stage] != after[stage]} == stages


def test_a_key_depends_on_the_set_of_upstream_rows() -> None:
    """Other rows make another key, the order of receipts doesn't."""
    spec = balance_spec(BuildParams(), ROWS)
    one, two = receipt("a"), receipt("b")
    assert spec.key([one, two], WHOLE) == spec.key([two, one], WHOLE)
    assert spec.key([one], WHOLE) != spec.key([two], WHOLE)


def test_a_key_reads_as_stage_and_version() -> None:
    """`<stage>/v<version>/<digest>`."""
    stage, version, digest = balance_spec(BuildParams(), ROWS).key([], WHOLE).split("/")
    assert (stage, version, len(digest)) == ("balance", "v3", 32)


def test_partitions_are_disjoint_and_complete() -> None:
    """Every row is in exactly one of n parts; each part has a key of its own."""
    parts = [Partition(index=index, count=3) for index in range(3)]
    ids = [f"row-{n}" for n in range(300)]
    assert all(sum(part.holds(name) for part in parts) == 1 for name in ids)
    assert all(sum(part.holds(name) for name in ids) > 60 for part in parts)
    spec = balance_spec(BuildParams(), ROWS)
    assert len({spec.key([], part) for part in (*parts, WHOLE)}) == 4


def test_chosen_keeps_the_order_of_the_file_and_honours_exclusions() -> None:
    """`include` and `exclude` name categories; a cap keeps the first subcategories."""
    asked = Categories(include=("privacy", "self_harm"), subcategories_per_category=2)
    found = chosen(load_taxonomy(), asked)
    assert [(c.name, len(c.subcategories)) for c in found] == [("self_harm", 2), ("privacy", 2)]
    rest = chosen(load_taxonomy(), Categories(exclude=("privacy",)))
    assert "privacy" not in {c.name for c in rest}
