"""Long texts in parts: a result shows no more of a text than an agent can hold."""

import orjson


def cut_text(text: str, room: int) -> str:
    """Return the start of a text, at most `room` bytes of JSON, with `…` where it goes on."""
    kept = _fitting(text, room)
    return kept if len(kept) == len(text) else f"{kept}…"


def text_part(text: str, start: int, room: int) -> tuple[str, int | None]:
    """Return at most `room` bytes of a text from a character on, and where the rest starts.

    The second is None if nothing is left, and the part is empty beyond the end.
    """
    part = _fitting(text[start:], room)
    end = start + len(part)
    return part, end if end < len(text) else None


def _fitting(text: str, room: int) -> str:
    # a character takes one to six bytes
    kept = text[:room]
    while len(orjson.dumps(kept)) - 2 > room:
        kept = kept[: len(kept) * 3 // 4]
    return kept
