from collections.abc import Callable
from typing import Any

import pytest

from schemas.base import JsonObject
from schemas.dataflow import pick
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World
from tasks.world.groups.ranking import rank

Act = Callable[..., Any]  # the fixtures' protocol

SEEDS = range(4)
MORE: dict[str, JsonObject] = {
    "quarry_find_pages": {"rows": 3},
    "BeaconReference": {"Operation": "Search"},
}
TOOLS = {
    "lumenfind_web_search": ("query", "results", "url", "snippet"),
    "trailseekQuery": ("searchTerms", "hits", "link", "highlight"),
    "webatlas-look-up": ("words", "entries", "address", "says"),
    "quarry_find_pages": ("q", "docs", "link", "key_line"),
    "BeaconReference": ("Terms", "Entries", "Address", "Line"),
}


def _search(world: World, tool: str, words: str) -> CallResult:
    arguments = {TOOLS[tool][0]: words} | MORE.get(tool, {})
    return world.call(ToolCall.model_validate({"id": "c", "name": tool, "arguments": arguments}))


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_page_is_found_by_its_title(tool: str, seed: int) -> None:
    """Every page comes first for its own title and shows its address and its fact."""
    world = World(seed)
    _, rows, url, fact = TOOLS[tool]
    for page in world.table("pages").values():
        first = pick(_search(world, tool, page["title"]).result, f"{rows}.0")
        assert isinstance(first, dict)
        assert (first[url], first[fact]) == (page["url"], page["fact"])


@pytest.mark.parametrize("tool", TOOLS)
def test_no_match_is_an_empty_answer(tool: str) -> None:
    """Finding nothing is no error, and searching changes nothing."""
    world = World(1)
    done = _search(world, tool, "zzz")
    assert (done.ok, done.changes, pick(done.result, TOOLS[tool][1])) == (True, (), [])


@pytest.mark.parametrize("seed", SEEDS)
def test_pages_say_their_fact_and_lie_on_reserved_domains(seed: int) -> None:
    """A page's text states its fact to the letter."""
    for page in World(seed).table("pages").values():
        assert page["fact"] in page["text"]
        host = page["url"].split("/")[2]
        assert host.endswith((".example", "example.com", "example.org", "example.net"))


def test_a_found_page_can_be_fetched() -> None:
    """The web that is searched is the web that pages are fetched from."""
    world = World(2)
    page = next(iter(world.table("pages").values()))
    arguments = {"url": page["url"]}
    call = {"id": "c", "name": "fetchling_get", "arguments": arguments}
    done = world.call(ToolCall.model_validate(call))
    assert page["fact"] in str(done.result)


PAGED: dict[str, tuple[JsonObject, str, str, str]] = {
    "lumenfind_web_search": ({"query": "the", "limit": 2}, "offset", "next_offset", "total"),
    "trailseekQuery": (
        {"searchTerms": "the", "maxResults": 2}, "startIndex", "nextIndex", "matches"
    ),
    "webatlas-look-up": ({"words": "the", "per-page": 2}, "page", "next-page", "entries-in-all"),
    "quarry_find_pages": ({"q": "the", "rows": 2}, "skip", "next_skip", "matched"),
    "BeaconReference": ({"Operation": "Search", "Terms": "the"}, "Page", "NextPage", "Total"),
}  # fmt: skip


@pytest.mark.parametrize("tool", PAGED)
def test_pages_of_results_show_every_match_once(world: World, act: Act, tool: str) -> None:
    """Going on from page to page shows all matches, and says how many there are."""
    given, step, following, total = PAGED[tool]
    _, rows, url, _ = TOOLS[tool]
    seen: list[str] = []
    more: dict[str, int] = {}
    while True:
        shown = act(tool, **given, **more)
        seen += [row[url] for row in shown[rows]]
        if shown[following] is None:
            break
        more = {step: shown[following]}
    assert len(seen) == len(set(seen)) == shown[total]
    assert set(seen) == {u for u, p in world.table("pages").items() if _says(p, "the")}


def _says(page: dict[str, Any], word: str) -> bool:
    return word in page["text"].lower().split()


def test_rarer_words_and_phrases_in_titles_count_more() -> None:
    """One rare word outweighs two common ones, and a phrase its scattered words."""
    documents = {
        "a": ("", "ferry plan"), "b": ("", "zephyr"), "c": ("plan ferry year", ""),
        "d": ("ferry plan", ""), "e": ("ferry", "plan"),
    }  # fmt: skip
    bodies = {key: ("", " ".join(texts)) for key, texts in documents.items()}
    assert rank("ferry plan zephyr", bodies)[0] == "b"
    assert rank("plan ferry", {"e": documents["e"], "d": documents["d"]}) == ["d", "e"]
    assert rank("the plan ferry", {"d": documents["d"], "c": documents["c"]}) == ["c", "d"]
    assert rank("zzz", documents) == []


def test_ties_keep_their_order_and_case_and_punctuation_do_not_count() -> None:
    """Equally good documents come in the order they were given."""
    documents = {"b": ("", "Ferry, plan."), "a": ("", "FERRY (plan)")}
    assert rank("ferry! PLAN?", documents) == ["b", "a"]


def test_pages_say_several_facts(world: World, act: Act) -> None:
    """An opened page states contact, phone, address, price and date, also in its text."""
    for url, page in world.table("pages").items():
        entry = act("BeaconReference", Operation="Open", Address=url)["Entry"]
        assert (entry["Line"], entry["Text"]) == (page["fact"], page["text"])
        for name in ("Contact", "Phone", "Address", "Price", "Date"):
            assert entry[name] in page["text"]
        assert "-555-01" in entry["Phone"]


@pytest.mark.parametrize(
    ("tool", "given", "site"),
    [
        ("lumenfind_web_search", {"query": "the", "limit": 8}, "site"),
        ("quarry_find_pages", {"q": "the", "rows": 6}, "site"),
        ("BeaconReference", {"Operation": "Search", "Terms": "the"}, "Site"),
    ],
)
def test_a_site_filter_leaves_its_own_pages(
    world: World, act: Act, tool: str, given: JsonObject, site: str
) -> None:
    """With a site, only its pages are found; with one there is not, none and a note."""
    _, rows, url, _ = TOOLS[tool]
    for name in {page["site"] for page in world.table("pages").values()}:
        found = act(tool, **given, **{site: name})[rows]
        assert all(world.table("pages")[row[url]]["site"] == name for row in found)
        assert found
    nothing = act(tool, **given, **{site: "nowhere.example"})
    assert nothing[rows] == []
    assert "use other or fewer words" in nothing["note"]


def test_a_title_word_filters(world: World, act: Act) -> None:
    """Only pages whose title holds the word are found."""
    for page in world.table("pages").values():
        word = page["topic"].split()[1]
        docs = act("quarry_find_pages", q="the", rows=6, in_title=word.upper())["docs"]
        assert docs
        assert all(word in doc["title"].lower().split() for doc in docs)


def test_the_reference_desk_lists_all_sites(world: World, act: Act) -> None:
    """The sites' pages add up to the web."""
    rows, page = [], 1
    while page:
        shown = act("BeaconReference", Operation="Sites", Page=page)
        rows += shown["Sites"]
        page = shown["NextPage"]
    assert sum(row["Pages"] for row in rows) == len(world.table("pages"))
    assert len(rows) == shown["Total"]


def test_the_reference_desk_refuses_what_does_not_go_together(refusal: Act) -> None:
    """A missing or an idle parameter and an unknown address have codes of their own."""
    assert refusal("BeaconReference", Operation="Open") == "MissingParameter"
    idle = refusal("BeaconReference", Operation="Sites", Terms="x")
    assert idle == "UnexpectedParameter"
    nowhere = "https://nowhere.example/"
    assert refusal("BeaconReference", Operation="Open", Address=nowhere) == "PageNotFound"


def test_facts_differ_between_worlds() -> None:
    """The first page of a hundred worlds says a hundred different things."""
    facts = {next(iter(World(seed).table("pages").values()))["fact"] for seed in range(100)}
    assert len(facts) == 100
