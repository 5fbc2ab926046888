"""Puts clauses and a purpose together into a request."""

from collections.abc import Sequence
from random import Random

from tasks.rehearsal.clauses import Clause, compose
from tasks.rehearsal.lexicon import Lexicon
from tasks.rehearsal.voices import Voice

AIM_FIRST_SHARE = 0.35


def compose_request(
    clauses: Sequence[Clause], purpose: str, lexicon: Lexicon, voice: Voice, rng: Random
) -> str:
    """Return a request that asks for every clause, in order, and says what it is for.

    Without a purpose a remark that gives none stands in its place.
    """
    said = [compose(clause, lexicon, voice, rng) for clause in clauses]
    steps = _LAYOUTS[voice.layout(rng)](said, voice, rng)
    first = rng.random() < AIM_FIRST_SHARE
    aim = _aim(purpose, voice, rng, first=first)
    around = [aim, *steps] if first else [*steps, aim]
    opening, closing = rng.choice(voice.openings), rng.choice(voice.closings)
    return _join([opening, *around, closing])


def _aim(purpose: str, voice: Voice, rng: Random, *, first: bool) -> str:
    if not purpose:
        return rng.choice(voice.remarks)
    return rng.choice(voice.aim_first if first else voice.aim_last).format(purpose=purpose)


def _join(parts: Sequence[str]) -> str:
    """Join sentences by spaces, and lines of a list by line breaks."""
    text = ""
    for part in parts:
        if part:
            text += ("\n" if "\n" in part and text else " " if text else "") + part
    return text.replace("\n ", "\n")


def _in_sentences(said: Sequence[str], voice: Voice, rng: Random) -> list[str]:
    frames = [rng.choice(voice.first), *_distinct(voice.next, len(said) - 2, rng)]
    if len(said) > 1:
        frames.append(rng.choice(voice.last))
    return [_begin(frame.format(clause=clause)) for frame, clause in zip(frames, said, strict=True)]


def _in_a_run(said: Sequence[str], voice: Voice, rng: Random) -> list[str]:
    if len(said) == 1:
        return _in_sentences(said, voice, rng)
    joint = rng.choice((", then ", "; then ", ", after that "))
    last = rng.choice((", and finally ", ", and at the end ", "; lastly "))
    run = joint.join(said[:-1]) + last + said[-1]
    return [_begin(rng.choice(voice.first).format(clause=run))]


def _in_a_list(said: Sequence[str], voice: Voice, rng: Random) -> list[str]:
    if len(said) == 1:
        return _in_sentences(said, voice, rng)
    mark = rng.choice(("{}. ", "{}) ", "- ", "({}) "))
    lines = (mark.format(n) + _begin(clause) for n, clause in enumerate(said, start=1))
    head = rng.choice(("Please do this in order:", "Here is the list:", "Steps, one by one:"))
    return [head + "\n" + "\n".join(lines) + "\n"]


_LAYOUTS = {"sentences": _in_sentences, "run": _in_a_run, "list": _in_a_list}


def _distinct(frames: Sequence[str], count: int, rng: Random) -> list[str]:
    return rng.sample(frames, count) if count > 0 else []


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]
