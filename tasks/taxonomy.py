"""Stage taxonomy: the policy text of the subcategories a build covers, as rows."""

from collections.abc import Iterable

from schemas.catalogue import load_taxonomy
from schemas.ids import row_id
from schemas.params import Categories
from schemas.rows import Policy, Receipt
from schemas.taxonomy import Category, Taxonomy
from tasks.context import RunContext
from tasks.doors.cache import Partition, Spec
from tasks.stage import Made, define_stage


class TaxonomySpec(Spec):
    """Which policies, by the digest of each text."""

    stage = "taxonomy"

    policies: dict[str, str]  # id of the policy row by subcategory


def chosen(taxonomy: Taxonomy, categories: Categories) -> tuple[Category, ...]:
    """Return the categories of a build, each with the subcategories it keeps, in file order."""
    return tuple(
        category.model_copy(
            update={
                "subcategories": category.subcategories[: categories.subcategories_per_category]
            }
        )
        for category in taxonomy.categories
        if (not categories.include or category.name in categories.include)
        and category.name not in categories.exclude
    )


def policies(categories: Iterable[Category]) -> tuple[Policy, ...]:
    """Return one row per subcategory, in order."""
    return tuple(
        Policy(
            id=row_id("policy", category.name, sub.model_dump()),
            slot=sub.name,
            category=category.name,
            subcategory=sub.name,
            definition=sub.definition,
            refuse_if=sub.refuse_if,
            allow_if=sub.allow_if,
        )
        for category in categories
        for sub in category.subcategories
    )


def taxonomy_spec(rows: Iterable[Policy], retry_epoch: int) -> TaxonomySpec:
    """Return the spec for a build's policies."""
    return TaxonomySpec(retry_epoch=retry_epoch, policies={row.subcategory: row.id for row in rows})


async def _work(
    spec: TaxonomySpec, _upstream: tuple[Receipt, ...], _part: Partition, _context: RunContext
) -> Made:
    rows = [row for row in policies(load_taxonomy().categories) if row.subcategory in spec.policies]
    return Made(rows_in=len(rows), rows=[*rows])


store_taxonomy = define_stage(TaxonomySpec, Policy.table, _work)
