"""Ids of calls as Mistral wants them, and which result belongs to which call."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from schemas.messages import Message

Call = tuple[int, int]  # a turn and a call in it, both counted from 0
_LENGTH = 9


def match_results(messages: Sequence[Message]) -> dict[int, Call]:
    """Return the call that each tool turn answers, by the turn's place; unmatched ones are absent.

    A call is answered once. Ids may come again in a later turn: a result belongs to the last one.
    """
    matched: dict[int, Call] = {}
    waiting: list[Call] = []
    for place, turn in enumerate(messages):
        if turn.role == "assistant":
            waiting = [(place, number) for number in range(len(turn.tool_calls))]
        elif turn.role == "tool":
            ids = ((call, messages[call[0]].tool_calls[call[1]].id) for call in waiting)
            found = next((call for call, given in ids if given == turn.tool_call_id), None)
            if found is not None:
                matched[place] = found
                waiting.remove(found)
    return matched


def shorten_ids(messages: Sequence[Message]) -> Mapping[Call, str]:
    """Return an id of nine letters and digits for each call, no two alike in a conversation.

    Source: mistral-common 1.5.1, `MistralRequestValidatorV3`.
    """
    taken: set[str] = set()
    ids: dict[Call, str] = {}
    for place, turn in enumerate(messages):
        for number, call in enumerate(turn.tool_calls):
            ids[place, number] = _free(call.id, place, number, taken)
            taken.add(ids[place, number])
    return ids


def _free(call_id: str, place: int, number: int, taken: Iterable[str]) -> str:
    parts = (call_id, place, number)
    salt = 0
    while True:
        text = "/".join(map(str, (*parts, salt)))
        found = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
        if found not in taken:
            return found
        salt += 1
