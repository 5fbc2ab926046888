"""What one embedded model knows of capabilities and tools: a catalogue, and words for it."""

import re
from collections import Counter
from collections.abc import Iterator, Set
from functools import cache, cached_property

from schemas.actions import Capability, Catalogue
from schemas.catalogue import load_catalogue
from tasks.rehearsal.files import load_data
from tasks.rehearsal.general import Literals, general_words, says
from tasks.rehearsal.wording import (
    Wording,
    Words,
    described_words,
    is_described,
    split_template,
    telling_word,
)


class Lexicon:
    """The words for a catalogue's capabilities, each looked for once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._words: dict[str, Words] = {}

    def words(self, capability: str) -> Words:
        """Return the words for a capability. Raises: KeyError for one that is not known."""
        found = self._words.get(capability)
        if found is None:
            found = self._words[capability] = self._find(self.catalogue.capabilities[capability])
        return found

    def likely(self, text: str) -> list[tuple[str, Wording]]:
        """Return the capabilities' wordings that a text could hold, in the catalogue's order."""
        by_word = self._by_word
        places = [*by_word.get("", ())]
        for word in set(text.split(" ")):
            places += by_word.get(word, ()) if word else ()
        return [self._wordings[place] for place in sorted(places)]

    @cached_property
    def _wordings(self) -> tuple[tuple[str, Wording], ...]:
        names = self.catalogue.capabilities
        return tuple((name, each) for name in names for each in self.words(name).wordings)

    @cached_property
    def _by_word(self) -> dict[str, list[int]]:
        """Return where among all wordings those with a telling word are."""
        found: dict[str, list[int]] = {}
        for place, (_, wording) in enumerate(self._wordings):
            found.setdefault(telling_word(wording), []).append(place)
        return found

    def expressible(self, capability: str, given: Set[str]) -> bool:
        """Return whether a capability is known, and the slots of its wordings can be filled."""
        if capability not in self.catalogue.capabilities:
            return False
        wordings = self.words(capability).wordings
        return all(need.name in given for wording in wordings for need in wording.needs)

    def may_say(self, capability: str, value: str) -> bool:
        """Return whether a request can hold a value in lower case without stating it.

        Of capabilities that words were written for, the answer is no.
        """
        if is_described(capability):
            return False
        wordings = self.words(capability).wordings
        said = (literal for wording in wordings for literal in wording.literals)
        return value in self.own_text or any(value in literal.casefold() for literal in said)

    @cached_property
    def simulated(self) -> frozenset[str]:
        """Names of the tools that have neither code nor a place in the built-in world."""
        known = load_catalogue().tools
        tools = self.catalogue.tools.items()
        return frozenset(n for n, tool in tools if not tool.call and known.get(n) != tool)

    @cached_property
    def own_text(self) -> str:
        """All that requests say beside their steps, in lower case."""
        kinds = ("frames", "purposes")
        return "\n".join(text for kind in kinds for text in _texts(load_data(kind))).casefold()

    def _find(self, capability: Capability) -> Words:
        if is_described(capability.id):
            return described_words(capability)
        return general_words(capability, named=capability.id in self._alike)

    @cached_property
    def _alike(self) -> frozenset[str]:
        """Ids of the capabilities whose general words could be read as something else."""
        said = {c.id: _said(c) for c in self.catalogue.capabilities.values()}
        counts = Counter(literals for each in said.values() for literals in each)
        return frozenset(
            name
            for name, each in said.items()
            if any(counts[literals] > 1 or self._stray(literals) for literals in each)
        )

    def _stray(self, literals: Literals) -> bool:
        """Return whether a request may hold a step's words, or join its own to them, by chance."""
        first, *others = re.findall(r"\w+", literals[0])
        by_chance = not others or first.isdecimal() or literals[0] in self.own_text
        return first in self._joints or (len(literals) == 1 and by_chance)

    @cached_property
    def _joints(self) -> frozenset[str]:
        """The words that a request may put right before a step."""
        return frozenset(re.findall(r"(\w+)\W*\{clause\}", self.own_text))


def _said(capability: Capability) -> frozenset[Literals]:
    if is_described(capability.id):
        templates = load_data("clauses")["capabilities"][capability.id]["say"]
        found = [split_template(template) for template in templates]
    else:
        found = list(says(capability, named=False))
    return frozenset(tuple(literal.casefold() for literal in each) for each in found)


def _texts(data: object) -> Iterator[str]:
    """Yield every text of a data file, whatever it lies in."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for part in data.values():
            yield from _texts(part)
    elif isinstance(data, list):
        for part in data:
            yield from _texts(part)


def lexicon_of(catalogue: Catalogue | None) -> Lexicon:
    """Return the lexicon of a catalogue; None stands for the built-in one."""
    builtin = catalogue is None or catalogue is load_catalogue()
    return _builtin() if builtin or catalogue is None else Lexicon(catalogue)


@cache
def _builtin() -> Lexicon:
    """Return the lexicon of the catalogue that never changes."""
    return Lexicon(load_catalogue())
