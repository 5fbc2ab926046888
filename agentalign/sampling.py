"""Draws rows of a version, the same ones each time."""

from collections.abc import Iterable, Sequence

from agentalign.versions import Version
from schemas.errors import BadInputError
from schemas.ids import rank
from schemas.rows import Example
from schemas.suggestions import suggest


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
    examples = version.rows(Example, "intent", [intent]) if intent else version.rows(Example)
    if intent and not examples:
        raise _unknown("intent", intent, version.manifest.by_intent_and_category)
    chosen = [row for row in examples if category in (None, row.category)]
    if category and not chosen:
        raise _unknown("category", category, {row.category for row in examples})
    return sorted(chosen, key=lambda row: rank(seed, row.id))[:n]


def draw_one_per_intent(version: Version) -> Sequence[Example]:
    """Return one row of each intent the version has."""
    intents = version.manifest.by_intent_and_category
    return [row for intent in intents for row in draw_examples(version, intent=intent)]


def _unknown(what: str, name: str, known: Iterable[str]) -> BadInputError:
    return BadInputError(f"no row with {what} {name!r}{suggest(name, sorted(known))}")
