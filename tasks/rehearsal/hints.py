"""How a system message asks an agent to work, and to decline."""

from tasks.rehearsal.exchange import Asked
from tasks.rehearsal.files import load_data


def wants(asked: Asked, hint: str) -> bool:
    """Return whether the system message holds the words of a hint."""
    return load_data("hints")[hint] in asked.system_text


def wanted_style(asked: Asked) -> str:
    """Return the style of refusal that the system message asks for; empty if it asks for none."""
    styles: dict[str, str] = load_data("hints")["styles"]
    return next((name for name, words in styles.items() if words in asked.system_text), "")
