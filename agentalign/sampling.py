"""Draws rows of a version, the same ones each time."""

from collections.abc import Iterable, Sequence

from schemas.errors import BadInputError
from schemas.ids import rank
from schemas.rows import Example
from schemas.suggestions import suggest
from tasks.formats.versions import Version


def draw_examples(
    version: Version,
    *,
    intent: str | None = None,
    category: str | None = None,
    n: int = 1,
    seed: int = 0,
) -> list[Example]:
    """Return up to n rows by hash rank; another seed draws others.

    Raises:
        BadInputError: no row has that intent or category.
    """
    column, values = ("intent", [intent]) if intent else (None, [])
    records = version.records(Example.table, "id, category", column, values, order="id")
    if intent and not records:
        raise _unknown("intent", intent, version.manifest.by_intent_and_category)
    ids = [str(record["id"]) for record in records if category in (None, record["category"])]
    if category and not ids:
        raise _unknown("category", category, {str(record["category"]) for record in records})
    drawn = sorted(ids, key=lambda row_id: rank(seed, row_id))[:n]
    rows = {row.id: row for row in version.rows(Example, "id", drawn)}
    return [rows[row_id] for row_id in drawn]


def draw_one_per_intent(version: Version) -> Sequence[Example]:
    """Return one row of each intent the version has."""
    intents = version.manifest.by_intent_and_category
    return [row for intent in intents for row in draw_examples(version, intent=intent)]


def _unknown(what: str, name: str, known: Iterable[str]) -> BadInputError:
    return BadInputError(f"no row with {what} {name!r}{suggest(name, sorted(known))}")
