"""What an agent says: before a call, at the end, and when it can't go on."""

from collections.abc import Sequence

from schemas.base import JsonObject
from tasks.rehearsal.errand import Lacking, Step
from tasks.rehearsal.files import load_data
from tasks.rehearsal.progress import Progress
from tasks.rehearsal.voices import BRISK, FORMAL

WORDY_SHARE = 0.3
ASK = {
    BRISK: "I'm not sure what you'd like me to do. Which steps, and with which details?",
    "": "I could not make out which steps you have in mind. Could you tell me what to do, and "
    "with which details?",
}
_BEFORE = ("Next I'll do this: {does}.", "On to the next step: {does}.", "Now: {does}.")
_WHY = (
    "I'm making this call because I was asked to {does}.",
    "The next thing the request asks for is to {does}.",
    "This is needed now, as I am to {does}.",
    "What comes next is to {does}, so I call for that.",
    "To get on with the task I have to {does}.",
)
_AGAIN = (
    "That was a passing fault, so I'm making the same call again.",
    "The service was out for a moment; once more.",
    "Nothing was wrong with the call itself, so I try it again.",
)
_QUESTIONS = (
    "One thing before I start: to {does}, which {missing} should I use?",
    "A detail is still open. In order to {does}, which {missing} should I take?",
    "Before I begin, which {missing} do you have in mind? It's needed to {does}.",
    "I have everything but one detail: which {missing} is it? I need it to {does}.",
    "So that I can {does}, could you tell me which {missing} you mean?",
    "May I ask which {missing} I should use? It takes that to {does}.",
)
_ENDINGS = {
    BRISK: ("Done: I {did}.", "All done. I {did}.", "That's finished. I {did}."),
    "": ("Everything is done. I {did}.", "As requested, I {did}.", "I have finished: I {did}."),
}


class _Named(dict[str, object]):
    """Slots of values that the request did not state are named by what they are."""

    def __missing__(self, key: str) -> str:
        return f"the {key.replace('_', ' ')}"


def announce(
    steps: Sequence[Step], drawn: float, *, reasons: bool = False, again: bool = False
) -> str | None:
    """Return a few words before calls, at times; with their reasons always if those are wanted."""
    if drawn >= WORDY_SHARE and not reasons:
        return None
    templates = _AGAIN if again else _WHY if reasons else _BEFORE
    scale = 1.0 if reasons else WORDY_SHARE
    does = _enumerate([_lower(step.words.does) for step in steps])
    return templates[int(drawn / scale * len(templates))].format(does=does)


def summarise(steps: Sequence[Step], progress: Progress, model: str, drawn: int) -> str:
    """Return the final answer: what was done, and the facts that were found."""
    endings = _ENDINGS.get(model, _ENDINGS[""])
    text = endings[drawn % len(endings)].format(did=_enumerate([_did(step) for step in steps]))
    return " ".join((text, *_facts(steps, progress)))


def lack(lacking: Lacking, done: Sequence[Step], progress: Progress, model: str, drawn: int) -> str:
    """Return the answer of one that has no tool for a step: what was done, and what it lacks."""
    wordings = load_data("lacking")[BRISK if model == BRISK else FORMAL]
    lacks, offers = wordings["lack"], wordings[_place(lacking, done)]
    said = lacks[drawn % len(lacks)].format(does=_lower(lacking.words.does))
    offer = offers[drawn // len(lacks) % len(offers)]
    before = [f"So far I {_enumerate([_did(step) for step in done])}."] if done else []
    return " ".join((*before, *_facts(done, progress), said, offer))


def _place(lacking: Lacking, done: Sequence[Step]) -> str:
    if done:
        return "after"
    return "before" if lacking.steps > 1 else "alone"


def _facts(steps: Sequence[Step], progress: Progress) -> list[str]:
    pairs = [(step, progress.made.get(number, {})) for number, step in enumerate(steps)]
    return [_found(step, made) for step, made in pairs if step.words.tells in made]


def admit(steps: Sequence[Step], failed: int, progress: Progress) -> str:
    """Return the answer of one that had to stop: what failed, and what was done before."""
    done = [_did(step) for number, step in enumerate(steps) if number in progress.made]
    before = f" Before that I {_enumerate(done)}." if done else ""
    named = steps[failed].words.done.format_map(_Named(steps[failed].values))
    said = progress.failures[failed][-1].message
    return (
        f"I could not finish this; I have not {named}. The tool said: {said.rstrip('.')}.{before}"
    )


def inquire(step: Step, drawn: int) -> str:
    """Return a question for what the request left out."""
    missing = _enumerate([name.replace("_", " ") for name in step.missing])
    template = _QUESTIONS[drawn % len(_QUESTIONS)]
    return template.format(does=_lower(step.words.does), missing=missing)


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
