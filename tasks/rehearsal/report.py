"""What an agent says: before a call, at the end, and when it can't go on."""

from collections.abc import Sequence

from schemas.base import JsonObject
from tasks.rehearsal.errand import Progress, Step
from tasks.rehearsal.voices import BRISK

WORDY_SHARE = 0.3
ASK = {
    BRISK: "I'm not sure what you'd like me to do. Which steps, and with which details?",
    "": "I could not make out which steps you have in mind. Could you tell me what to do, and "
    "with which details?",
}
_BEFORE = ("Next I'll do this: {does}.", "On to the next step: {does}.", "Now: {does}.")
_ENDINGS = {
    BRISK: ("Done: I {did}.", "All done. I {did}.", "That's finished. I {did}."),
    "": ("Everything is done. I {did}.", "As requested, I {did}.", "I have finished: I {did}."),
}


class _Named(dict[str, object]):
    """Slots of values that the request did not state are named by what they are."""

    def __missing__(self, key: str) -> str:
        return f"the {key.replace('_', ' ')}"


def announce(step: Step, drawn: float) -> str | None:
    """Return a few words before a call, at times."""
    if drawn >= WORDY_SHARE:
        return None
    does = step.words.does
    template = _BEFORE[int(drawn / WORDY_SHARE * len(_BEFORE))]
    return template.format(does=does[:1].lower() + does[1:])


def summarise(steps: Sequence[Step], progress: Progress, model: str, drawn: int) -> str:
    """Return the final answer: what was done, and the facts that were found."""
    endings = _ENDINGS.get(model, _ENDINGS[""])
    text = endings[drawn % len(endings)].format(did=_enumerate([_did(step) for step in steps]))
    pairs = zip(steps, progress.yields, strict=False)
    return " ".join(
        (text, *(_found(step, made) for step, made in pairs if step.words.tells in made))
    )


def admit(steps: Sequence[Step], progress: Progress) -> str:
    """Return the answer of one that had to stop: what failed, and what was done before."""
    done = [_did(step) for step in steps[: len(progress.yields)]]
    failed = steps[len(progress.yields)].words.done
    before = f" Before that I {_enumerate(done)}." if done else ""
    named = failed.format_map(_Named(steps[len(progress.yields)].values))
    return f"I could not finish this; I have not {named}. The tool said: " + (
        f"{progress.failures[-1].rstrip('.')}.{before}"
    )


def inquire(step: Step) -> str:
    """Return a question for what the request left out."""
    missing = _enumerate([name.replace("_", " ") for name in step.missing])
    return f"One thing before I start: to {_lower(step.words.does)}, which {missing}?"


def _did(step: Step) -> str:
    return step.words.done.format_map(_Named(step.values))


def _found(step: Step, made: JsonObject) -> str:
    found, told = step.words.found, made[step.words.tells]
    return f"{found[:1].upper()}{found[1:]}: {str(told).rstrip('.')}."


def _enumerate(parts: Sequence[str]) -> str:
    head, last = parts[:-1], parts[-1]
    return f"{', '.join(head)} and {last}" if head else last


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
