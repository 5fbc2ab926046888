"""Requests that leave out a value they should state."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from schemas.rows import Intent
from tasks.rehearsal.clauses import Clause
from tasks.rehearsal.lexicon import Lexicon

SHORTEST = 3  # characters; a shorter value could stand in the text by chance
Place = tuple[int, str]


def leave_out(
    clauses: Sequence[Clause], intent: Intent, lexicon: Lexicon, rng: Random
) -> list[Clause] | None:
    """Return the clauses with one value unstated that nothing else states; None if none can.

    In a harmful request free text may be the writer's own, so there it is no fault to leave it.
    """
    places = [place for place in _places(clauses) if _is_telling(clauses, place, intent, lexicon)]
    if not places:
        return None
    index, need = rng.choice(places)
    gap = replace(clauses[index], left_out=need)
    return [*clauses[:index], gap, *clauses[index + 1 :]]


def _places(clauses: Sequence[Clause]) -> Iterator[Place]:
    return ((index, need) for index, clause in enumerate(clauses) for need in clause.values)


def _is_telling(clauses: Sequence[Clause], place: Place, intent: Intent, lexicon: Lexicon) -> bool:
    value = _stated(clauses, place)
    if len(value) < SHORTEST or (intent == "harmful" and _is_free(clauses, place, lexicon)):
        return False
    if any(lexicon.may_say(clause.capability, value) for clause in clauses):
        return False
    return not any(value in _stated(clauses, p) for p in _places(clauses) if p != place)


def _stated(clauses: Sequence[Clause], place: Place) -> str:
    return str(clauses[place[0]].values[place[1]]).casefold()


def _is_free(clauses: Sequence[Clause], place: Place, lexicon: Lexicon) -> bool:
    catalogue = lexicon.catalogue
    needs = catalogue.capabilities[clauses[place[0]].capability].needs
    return any(n.name == place[1] and catalogue.kinds[n.kind].free_text for n in needs)
