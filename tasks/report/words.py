"""What the page calls things, read from `words.yaml`."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import TypeAdapter

from schemas.base import Declared


class Word(Declared):
    """A name for people, and what is meant, in a few words."""

    name: str
    says: str


class Figure(Declared):
    """A figure's name, what it counts in, and the section that shows more."""

    name: str
    unit: Literal["count", "share", "ratio"]
    section: str


class Words(Declared):
    """Names by what they are names of."""

    classes: dict[str, Word]
    intents: dict[str, Word]
    parts: dict[str, dict[str, Word]]
    styles: dict[str, Word]
    stages: dict[str, Word]
    mutations: dict[str, Word]
    features: dict[str, Word]
    checks: dict[str, Word]
    figures: dict[str, Figure]


@cache
def load_words() -> Words:
    """Return the names of the page."""
    text = (resources.files("tasks.report") / "words.yaml").read_text("utf-8")
    return TypeAdapter(Words).validate_python(yaml.safe_load(text))


def word_for(words: Mapping[str, Word], key: str) -> Word:
    """Return the word for a key; one that has none, of another release, is its own name."""
    return words.get(key) or Word(name=key.replace("_", " "), says="")
