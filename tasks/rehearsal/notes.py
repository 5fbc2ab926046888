"""Notes that say what somebody's errands are for."""

from random import Random

from tasks.rehearsal.files import load_data
from tasks.rehearsal.voices import BRISK, FORMAL


def write_note(purpose: str, model: str, rng: Random) -> str:
    """Return one or two sentences that state a purpose."""
    frames = load_data("notes")[BRISK if model == BRISK else FORMAL]
    return str(rng.choice(frames)).format(purpose=purpose)
