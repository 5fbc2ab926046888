"""The released set, and our own exports in its form: benign rows alone.

Its harmful rows are requests with refusals, which this project makes itself. The system prompt of
a row that has one stands in a key of its own.

Source: the dataset card and loaders of the set released with arXiv 2505.23020.
"""

from schemas.base import JsonObject
from tasks.formats.importing import openai_messages
from tasks.formats.importing.drafts import Draft, Turn, UnsoundRowError

NAME = "agentalign"
_BENIGN = "benign"


def read_draft(record: JsonObject) -> Draft:
    """Return a benign record as a draft. Raises: UnsoundRowError."""
    draft = read_conversation(record)
    category = record.get("category")
    if not isinstance(category, str):
        raise UnsoundRowError("not_a_row", "it has no `category`, which says whether it is benign")
    if category != _BENIGN or record.get("canary"):
        draft.flaws.insert(0, UnsoundRowError("harmful_row", f"category {category[:80]}").flaw)
    return draft


def read_conversation(record: JsonObject) -> Draft:
    """Return a record as a draft, whatever its category. Raises: UnsoundRowError."""
    draft = openai_messages.read_draft(record)
    system = record.get("system")
    if isinstance(system, str) and system.strip():
        draft.turns.insert(0, Turn("system", system))
    elif system is not None and system != "":
        draft.find("unread_turn", "its system prompt is no text")
    return draft
