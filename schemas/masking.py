"""The one place that decides what a surface may show of harmful text."""

from schemas.ids import digest


def mask(text: str, *, harmful: bool, reveal: bool = False) -> str:
    """Return `text`, or for harmful text a stand-in that says its length and hash."""
    if reveal or not harmful:
        return text
    return f"[masked: harmful request, {len(text)} characters, {digest(text)[:12]}]"
