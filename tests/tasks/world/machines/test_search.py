"""The web under any order of searching, opening and fetching."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.catalogue import load_catalogue
from tasks.world import World
from tests.tasks.world.machines.checked import checked_call

TOOLS = [t for t in load_catalogue().tools.values() if t.capability.startswith("Search.")]
VALUES = st.sampled_from(["the", "Search", "Open", "https://x.example/y", "\x00" * 90, 1, 3, None])
PLACES = st.integers(0, 30)
COUNTS = st.integers(1, 6)


class Web(RuleBasedStateMachine):
    """A reader who searches, goes through the pages of results and opens what was found."""

    @initialize(seed=st.integers(0, 200))
    def begin(self, seed: int) -> None:
        """A new world, and its web."""
        self.world = World(seed)
        self.pages = self.world.tables["pages"]

    def call(self, name: str, **arguments: Any) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        done = checked_call(self.world, name, arguments)
        return done.result if done.ok else None

    @rule(place=PLACES, count=COUNTS, words=st.integers(1, 6))
    def find_a_page_by_words_of_its_text(self, place: int, count: int, words: int) -> None:
        """A page is among the matches of words it says, each shown once."""
        url = list(self.pages)[place % len(self.pages)]
        text = self.pages[url]["text"].split()
        query = " ".join(text[place : place + words])
        found: list[str] = []
        offset: int | None = 0
        while offset is not None:
            shown = self.call("lumenfind_web_search", query=query, limit=count, offset=offset)
            found += [row["url"] for row in shown["results"]]
            offset = shown["next_offset"]
        assert len(found) == len(set(found)) == shown["total"]
        assert url in found

    @rule(place=PLACES, count=COUNTS)
    def use_what_was_found(self, place: int, count: int) -> None:
        """A found page can be fetched and opened, and says the same everywhere."""
        page = list(self.pages.values())[place % len(self.pages)]
        docs = self.call("quarry_find_pages", q=page["title"], rows=count, site=page["site"])
        first = docs["docs"][0]
        assert (first["link"], first["key_line"]) == (page["url"], page["fact"])
        fetched = self.call("fetchling_get", url=first["link"])
        opened = self.call("BeaconReference", Operation="Open", Address=first["link"])["Entry"]
        assert first["key_line"] in fetched["text"]
        assert opened["Text"] == fetched["text"]
        assert all(opened[name] in fetched["text"] for name in ("Phone", "Contact", "Price"))

    @rule(tool=st.sampled_from(TOOLS), query=st.text(min_size=1, max_size=200))
    def search_for_anything(self, tool: Any, query: str) -> None:  # noqa: ANN401  a Tool
        """No query is refused."""
        constants = {n: a.constant for n, a in tool.arguments.items() if not a.needs}
        (words,) = (name for name, argument in tool.arguments.items() if argument.needs)
        assert self.call(tool.name, **{words: query, **constants}) is not None

    @rule(tool=st.sampled_from(TOOLS), data=st.data())
    def call_nonsense(self, tool: Any, data: st.DataObject) -> None:  # noqa: ANN401  a Tool
        """Any call of any tool of the group is answered."""
        names = list(tool.parameters["properties"])
        self.call(tool.name, **data.draw(st.dictionaries(st.sampled_from(names), VALUES)))

    @invariant()
    def reading_changes_nothing(self) -> None:
        """The state is the first one for ever."""
        assert self.world.digest() == self.world.initial_digest
        assert not any(done.changes for done in self.world.log)


Web.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestWeb = Web.TestCase
