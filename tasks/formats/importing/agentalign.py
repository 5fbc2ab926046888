"""The released set, and our own exports in its form.

The system prompt of a row that has one stands in a key of its own. A row without a category is
none: nothing else says whether it is benign.

Source: the dataset card and loaders of the set released with arXiv 2505.23020.
"""

from schemas.base import JsonObject
from tasks.formats.importing import openai_messages
from tasks.formats.importing.drafts import Draft, Turn, UnsoundRowError

NAME = "agentalign"
BENIGN = "benign"  # the category of every row that is not harmful


def read_draft(record: JsonObject) -> Draft:
    """Return a record as a draft, whatever its category. Raises: UnsoundRowError."""
    if not isinstance(record.get("category"), str):
        raise UnsoundRowError("not_a_row", "it has no `category`, which says whether it is benign")
    draft = openai_messages.read_draft(record)
    system = record.get("system")
    if isinstance(system, str) and system.strip():
        draft.turns.insert(0, Turn("system", system))
    elif system is not None and system != "":
        draft.find("unread_turn", "its system prompt is no text")
    return draft
