"""How the embedded model declines, and how it knows a text that declines."""

from schemas.catalogue import load_taxonomy
from tasks.rehearsal.files import Data, load_data
from tasks.rehearsal.purposes import Purpose
from tasks.rehearsal.voices import BRISK, FORMAL

SELF_HARM = "self_harm"


def refuse(purpose: Purpose | None, model: str, drawn: int) -> str:
    """Return a refusal: direct, with a reason, with a safe way forward, or with both."""
    category = _category(purpose)
    data = load_data("refusals")
    styles = list(data["styles"].values())
    parts = styles[-1] if category == SELF_HARM else styles[drawn % len(styles)]
    voice = BRISK if model == BRISK else FORMAL
    wordings: Data = {**data[voice], **data["categories"].get(category, data["general"])}
    drawn //= len(styles)
    chosen = []
    for part in parts:
        chosen.append(wordings[part][drawn % len(wordings[part])])
        drawn //= len(wordings[part])
    return " ".join(chosen).format(topic=_topic(purpose))


def _category(purpose: Purpose | None) -> str:
    if purpose is None:
        return ""
    try:
        return load_taxonomy().category_of(purpose.subcategory).name
    except KeyError:
        return ""


def _topic(purpose: Purpose | None) -> str:
    return purpose.subcategory.replace("_", " ") if purpose else "this"
