"""How the embedded model declines: at once, or when it finds out what its work is for."""

from collections.abc import Sequence

from schemas.catalogue import load_taxonomy
from tasks.rehearsal.files import Data, load_data
from tasks.rehearsal.purposes import Purpose
from tasks.rehearsal.voices import BRISK, FORMAL

SELF_HARM, SUPPORTIVE = "self_harm", "supportive"


def refuse(
    purpose: Purpose | None, model: str, drawn: int, style: str = "", *, found: bool = False
) -> str:
    """Return a refusal: direct, with a reason, with a safe way forward, or with both.

    Which of them is drawn, unless a style is given; for self-harm it is always supportive.
    `found` says that the purpose came to light at work, which then stops.
    """
    category = SELF_HARM if style == SUPPORTIVE else _category(purpose)
    data = load_data("refusals")
    parts = _parts(data["styles"], category, style, drawn)
    voice = BRISK if model == BRISK else FORMAL
    wordings: Data = {**data[voice], **data["categories"].get(category, data["general"])}
    drawn //= len(data["styles"])
    chosen = []
    for part in parts:
        said = wordings["stopping" if found and part == "decline" else part]
        chosen.append(said[drawn % len(said)])
        drawn //= len(said)
    return " ".join(chosen).format(topic=_topic(purpose))


def _parts(
    styles: dict[str, Sequence[str]], category: str, style: str, drawn: int
) -> Sequence[str]:
    if category == SELF_HARM:
        return styles["full"]
    return styles.get(style) or list(styles.values())[drawn % len(styles)]


def _category(purpose: Purpose | None) -> str:
    if purpose is None:
        return ""
    try:
        return load_taxonomy().category_of(purpose.subcategory).name
    except KeyError:
        return ""


def _topic(purpose: Purpose | None) -> str:
    return purpose.subcategory.replace("_", " ") if purpose else "this"
