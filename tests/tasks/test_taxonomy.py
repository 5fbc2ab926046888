"""Policies: which a build covers, and what their ids depend on."""

from pathlib import Path

import pytest

from schemas.catalogue import load_taxonomy
from schemas.params import BuildParams, Categories
from schemas.rows import Policy
from tasks.doors.cache import Partition
from tasks.taxonomy import chosen, policies, store_taxonomy, taxonomy_spec
from tests.tasks.samples import POLICIES, open_sample_run

NAMES = [category.name for category in load_taxonomy().categories]


@pytest.mark.parametrize(
    ("categories", "expected"),
    [
        (Categories(), NAMES),
        (Categories(include=(NAMES[2], NAMES[0])), [NAMES[0], NAMES[2]]),
        (Categories(exclude=(NAMES[1],)), [NAMES[0], *NAMES[2:]]),
        (Categories(include=(NAMES[0], NAMES[1]), exclude=(NAMES[1],)), [NAMES[0]]),
    ],
)
def test_categories_are_chosen_in_the_order_of_the_file(
    categories: Categories, expected: list[str]
) -> None:
    """Whatever the order of the parameters; what is excluded is out."""
    assert [category.name for category in chosen(load_taxonomy(), categories)] == expected


def test_only_the_first_subcategories_of_each_category_are_kept() -> None:
    """One of each category is its first."""
    kept = chosen(load_taxonomy(), Categories(subcategories_per_category=1))
    expected = [(category.subcategories[0],) for category in load_taxonomy().categories]
    assert [category.subcategories for category in kept] == expected


def test_a_policy_is_the_same_whatever_else_is_chosen() -> None:
    """Its row does not depend on the other categories of the build."""
    alone = policies(chosen(load_taxonomy(), Categories(include=(NAMES[3],))))
    assert alone == tuple(row for row in POLICIES if row.category == NAMES[3])
    assert len({row.id for row in POLICIES}) == len(POLICIES)


@pytest.mark.parametrize("field", ["definition", "refuse_if", "allow_if"])
def test_another_text_is_another_policy(field: str) -> None:
    """Any change of a policy's text changes its id and the spec, not its slot."""
    category = load_taxonomy().categories[0]
    sub = category.subcategories[0].model_copy(update={field: "Reworded at some length."})
    (reworded,) = policies([category.model_copy(update={"subcategories": (sub,)})])
    before = POLICIES[0]
    assert (reworded.id != before.id, reworded.slot == before.slot) == (True, True)
    keys = {taxonomy_spec([row], 0).key((), Partition()) for row in (before, reworded)}
    assert len(keys) == 2


async def test_the_stage_stores_the_policies_of_its_spec(tmp_path: Path) -> None:
    """No more and no less than the build's."""
    some = POLICIES[3:6]
    async with open_sample_run(tmp_path, BuildParams()) as context:
        receipt = await store_taxonomy.fn(taxonomy_spec(some, 0), (), Partition())
        assert await context.store.rows(Policy, [receipt]) == sorted(some, key=lambda r: r.id)
    assert (receipt.rows_in, receipt.rows, receipt.quarantined) == (3, 3, False)
