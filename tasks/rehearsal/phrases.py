"""A foreign description as an imperative: `Sends an email.` is to `send an email`."""

import re

LONGEST = 160  # characters
_AGAIN = re.compile(r"\b(and|or|then) (\w+s) (?=(?:it|them|the|a|an|its|their|this|that)\b)")
_NO_VERBS = frozenset({"this", "has", "is", "was", "does", "its", "as", "us", "plus"})
_REPLACED = {"return": "give me"}
_ENDINGS = (
    (re.compile(r"ies$"), "y"),
    (re.compile(r"(?<=ss)es$|(?<=[xo])es$|(?<=[csz]h)es$|(?<=zz)es$"), ""),
    (re.compile(r"(?<=[^siu])s$"), ""),
)


def imperative(description: str) -> str:
    """Return what a description says is done, as an order: its first sentence, no full stop.

    Quotation marks are dropped. Empty where the description doesn't begin with a word.
    """
    plain = " ".join(re.sub(r"[`\"“”]", "", description).split())
    first = re.split(r"(?<=[.!?])\s(?=[A-Z])", re.sub(r"^\W+", "", plain), maxsplit=1)[0]
    whole = _cut(first).rstrip(" .!?:;,")
    verb = re.split(r"\W", whole, maxsplit=1)[0]
    base = _lowered(_base(verb))
    rest = _AGAIN.sub(lambda found: f"{found[1]} {_base(found[2])} ", whole[len(verb) :])
    return _REPLACED.get(base, base) + rest


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST + 1].rpartition(" ")[0] or text[:LONGEST]


def _base(verb: str) -> str:
    """Return a verb without the ending of the third person."""
    if verb.lower() in _NO_VERBS or not verb.isalpha() or verb.isupper():
        return verb
    for ending, instead in _ENDINGS:
        if ending.search(verb):
            return ending.sub(instead, verb)
    return verb


def _lowered(word: str) -> str:
    """Return a word with a small first letter, unless it is an abbreviation."""
    return word if word[1:2].isupper() else word[:1].lower() + word[1:]
