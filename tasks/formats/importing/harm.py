"""Keeps harmful rows out of what is taken for benign: those of the released set, and our own.

They are requests with refusals, which this project makes itself. Our exports mark them with a
canary in every format.
"""

from schemas.base import JsonObject
from tasks.formats.importing import agentalign
from tasks.formats.importing.drafts import Draft


def note_harm(record: JsonObject, format_name: str, draft: Draft) -> None:
    """Note that a record is harmful, before whatever else speaks against it."""
    if record.get("canary"):
        draft.find("harmful_row", "it carries a canary")
    elif format_name == agentalign.NAME and record["category"] != agentalign.BENIGN:
        draft.find("harmful_row", f"its category is {record['category']}")
    else:
        return
    draft.flaws.insert(0, draft.flaws.pop())
