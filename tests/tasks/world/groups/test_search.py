import pytest

from schemas.dataflow import pick
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World

SEEDS = range(4)
TOOLS = {
    "lumenfind_web_search": ("query", "results", "url", "snippet"),
    "trailseekQuery": ("searchTerms", "hits", "link", "highlight"),
    "webatlas-look-up": ("words", "entries", "address", "says"),
}


def _search(world: World, tool: str, words: str) -> CallResult:
    arguments = {TOOLS[tool][0]: words}
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
