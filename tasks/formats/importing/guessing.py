"""Which format a record looks like, by its keys and by who speaks in it."""

from collections.abc import Sequence

from tasks.formats.importing import agentalign, glaive, openai_messages, sharegpt, toolace


def guess_formats(value: object) -> Sequence[str]:
    """Return the formats that a record may be of, the likeliest first; none if nothing tells."""
    if not isinstance(value, dict):
        return ()
    if "messages" in value:
        # a category alone others have as well; with a pattern it is the released set's
        own = (agentalign.NAME,) if "category" in value else ()
        return own if own and "pattern" in value else (*own, openai_messages.NAME)
    if isinstance(value.get("conversations"), list):
        return _guess_by_roles(value["conversations"])
    return (glaive.NAME,) if {"system", "chat"} <= value.keys() else ()


def _guess_by_roles(turns: Sequence[object]) -> Sequence[str]:
    said = {str(turn.get("from")) for turn in turns if isinstance(turn, dict)}
    if said & {"human", "gpt"}:
        return (sharegpt.NAME,)
    return (toolace.NAME,) if "assistant" in said else ()
