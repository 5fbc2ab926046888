"""Requests: pages of the web are fetched by their address."""

from random import Random

from tasks.world.contract import Refused
from tasks.world.groups.system.fitting import fit_text
from tasks.world.state import Record, State


def fetch(world: State, url: str) -> Record:
    """Return a page. Raises: Refused (`page_not_found`), with pages of the same site."""
    pages = world.tables.get("pages", {})
    page = pages.get(url) or pages.get(url.partition("#")[0].rstrip("/"))
    if page is None:
        site = "/".join(url.split("/")[:3])
        near = [known for known in pages if known.startswith(f"{site}/")][:2]
        hint = f"The site has {', '.join(near)}." if near else "Search for the page."
        raise Refused("page_not_found", f"Nothing answers at {url[:120]}.", hint)
    return page


def _fetchling(world: State, given: Record) -> Record:
    page = fetch(world, given["url"])
    text, following = fit_text(page["text"], given["start"])
    return {
        "status": 200, "title": page["title"], "text": text, "next_start": following,
        "extract": page["fact"],
    }  # fmt: skip


def _opsdeck_http(world: State, given: Record) -> Record:
    page = fetch(world, given["address"])
    if given["verb"] == "HEAD":
        return {"statusCode": 200, "length": len(page["text"])}
    body, following = fit_text(page["text"], given["fromCharacter"])
    response = {"body": body, "keySentence": page["fact"]}
    return {"statusCode": 200, "response": response, "nextCharacter": following}


def _draw_url(world: State, _given: Record, rng: Random) -> Record:
    return {"url": rng.choice(list(world.tables["pages"]))}


def _read(_world: State, _needs: Record, _yields: Record) -> str | None:
    return None  # reading changes nothing


BEHAVIOURS = {"fetchling_get": _fetchling, "opsdeckHttp": _opsdeck_http}
DRAWS = {"System.make_request": _draw_url}
EFFECTS = {"System.make_request": _read}
