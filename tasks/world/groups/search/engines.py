"""Search engines over the same web, and a reference desk that opens its pages."""

from tasks.world.contract import Refused
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.excerpts import cut_text
from tasks.world.groups.paging import cut_page
from tasks.world.groups.ranking import rank
from tasks.world.state import Record, State

ROWS = 4  # pages in a list unless the caller says otherwise
ECHO = 200  # bytes of the caller's own words in a result
NOTHING = {"note": "no page matches: use other or fewer words, or leave filters out"}


def find_pages(world: State, query: str, site: str = "", word: str = "") -> list[Record]:
    """Return the pages that answer a query, the best first.

    Only those of a site, if one is given, and whose title holds a word, if one is given.
    """
    pages = {
        url: page
        for url, page in world.table("pages").items()
        if site.lower() in ("", page["site"]) and _titled(page, word)
    }
    found = rank(query, {url: (page["title"], page["text"]) for url, page in pages.items()})
    return [pages[url] for url in found]


def _titled(page: Record, word: str) -> bool:
    return not word or word.lower() in page["title"].lower().split()


def _or_nothing(answer: Record, found: list[Record]) -> Record:
    return answer if found else answer | NOTHING


def _lumenfind(world: State, given: Record) -> Record:
    found = find_pages(world, given["query"], given.get("site", ""))
    shown, following = cut_page(found, given.get("offset", 0), given["limit"])
    rows = [{"url": p["url"], "title": p["title"], "snippet": p["fact"]} for p in shown]
    answer = {"results": rows, "count": len(rows), "total": len(found), "next_offset": following}
    return _or_nothing(answer, found)


def _trailseek(world: State, given: Record) -> Record:
    found = find_pages(world, given["searchTerms"])
    start = given.get("startIndex", 1) - 1
    shown, following = cut_page(found, start, given["maxResults"])
    rows = [{"title": p["title"], "link": p["url"], "highlight": p["fact"]} for p in shown]
    count = {"matches": len(found), "nextIndex": following + 1 if following else None}
    asked = cut_text(given["searchTerms"], ECHO)
    return _or_nothing({"searchTerms": asked, "hits": rows, **count}, found)


def _webatlas(world: State, given: Record) -> Record:
    found = find_pages(world, given["words"])
    page, size = given.get("page", 1), given["per-page"]
    shown, following = cut_page(found, (page - 1) * size, size)
    rows = [{"heading": p["title"], "address": p["url"], "says": p["fact"]} for p in shown]
    more = {"entries-in-all": len(found), "next-page": page + 1 if following else None}
    return _or_nothing({"page": page, "entries": rows, **more}, found)


def _quarry(world: State, given: Record) -> Record:
    found = find_pages(world, given["q"], given.get("site", ""), given.get("in_title", ""))
    shown, following = cut_page(found, given.get("skip", 0), given["rows"])
    docs = [_quarry_doc(page) for page in shown]
    answer = {"matched": len(found), "docs": docs, "next_skip": following}
    return _or_nothing(answer, found)


def _quarry_doc(page: Record) -> Record:
    key = {"link": page["url"], "title": page["title"], "key_line": page["fact"]}
    details = page["details"]
    return {**key, "site": page["site"], "town": page["city"], "dated": details["date"]}


def _beacon_search(world: State, given: Record) -> Record:
    found = find_pages(world, given["Terms"], given.get("Site", ""))
    page = given.get("Page", 1)
    shown, following = cut_page(found, (page - 1) * ROWS, ROWS)
    rows = [{"Address": p["url"], "Title": p["title"], "Line": p["fact"]} for p in shown]
    more = {"Total": len(found), "NextPage": page + 1 if following else None}
    return _or_nothing({"Entries": rows, **more}, found)


def _beacon_open(world: State, given: Record) -> Record:
    page = world.table("pages").get(given["Address"])
    if page is None:
        message = f"nothing lies at {given['Address'][:120]}"
        raise Refused("page_not_found", message, "search first and give the address of an entry")
    details = {name.capitalize(): value for name, value in page["details"].items()}
    head = {"Title": page["title"], "Line": page["fact"], "Town": page["city"]}
    return {"Entry": {**head, **details, "Text": page["text"]}}


def _beacon_sites(world: State, given: Record) -> Record:
    sites: dict[str, int] = {}
    for page in world.table("pages").values():
        sites[page["site"]] = sites.get(page["site"], 0) + 1
    rows = [{"Site": site, "Pages": count} for site, count in sorted(sites.items())]
    page = given.get("Page", 1)
    shown, following = cut_page(rows, (page - 1) * ROWS, ROWS)
    return {"Sites": shown, "Total": len(rows), "NextPage": page + 1 if following else None}


BEACON = {
    "Search": Way(_beacon_search, ("Terms",), ("Site", "Page")),
    "Open": Way(_beacon_open, ("Address",)),
    "Sites": Way(_beacon_sites, (), ("Page",)),
}
BEHAVIOURS = {
    "lumenfind_web_search": _lumenfind,
    "trailseekQuery": _trailseek,
    "webatlas-look-up": _webatlas,
    "quarry_find_pages": _quarry,
    "BeaconReference": desk("Operation", BEACON),
}
