"""Calls and their results: which belongs to which, in what order, under what ids."""

from collections.abc import Collection, Mapping, Sequence
from itertools import count

from schemas.ids import digest
from schemas.messages import Message

Call = tuple[int, int]  # a turn and a call in it, both counted from 0
_LENGTH = 9


def match_results(messages: Sequence[Message]) -> dict[int, Call]:
    """Return the call that each tool turn answers, by the turn's place; unmatched ones are absent.

    A call is answered once, right after its turn. Ids may come again in a later turn.
    """
    matched: dict[int, Call] = {}
    waiting: list[Call] = []
    for place, turn in enumerate(messages):
        if turn.role != "tool":
            waiting = [(place, number) for number in range(len(turn.tool_calls))]
        else:
            ids = ((call, messages[call[0]].tool_calls[call[1]].id) for call in waiting)
            found = next((call for call, given in ids if given == turn.tool_call_id), None)
            if found is not None:
                matched[place] = found
                waiting.remove(found)
    return matched


def is_answered(messages: Sequence[Message], results: Mapping[int, Call]) -> bool:
    """Return whether each result has its call and each call its result, but for the last turn's."""
    if any(turn.role == "tool" and place not in results for place, turn in enumerate(messages)):
        return False
    return len(results) == sum(len(turn.tool_calls) for turn in messages[:-1])


def order_results(messages: Sequence[Message]) -> list[Message]:
    """Return the turns with the results of a turn's calls in the order of the calls.

    Templates without ids tell results apart by nothing else.
    """
    results = match_results(messages)
    places = sorted(range(len(messages)), key=lambda place: _rank(place, results.get(place)))
    return [messages[place] for place in places]


def _rank(place: int, answered: Call | None) -> tuple[int, int]:
    return (place, 0) if answered is None else (answered[0], answered[1] + 1)


def shorten_ids(messages: Sequence[Message]) -> Mapping[Call, str]:
    """Return an id of nine letters and digits for each call, no two alike in a conversation.

    Source: mistral-common 1.5.1, `MistralRequestValidatorV3`.
    """
    taken: set[str] = set()
    ids: dict[Call, str] = {}
    for place, turn in enumerate(messages):
        for number, call in enumerate(turn.tool_calls):
            ids[place, number] = _free((call.id, place, number), taken)
            taken.add(ids[place, number])
    return ids


def _free(parts: tuple[str, int, int], taken: Collection[str]) -> str:
    for salt in count():
        found = digest(*parts, salt)[:_LENGTH]
        if found not in taken:
            return found
    raise AssertionError  # counting does not end
