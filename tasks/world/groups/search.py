"""Search: a small web whose pages each state one fact."""

from random import Random

from tasks.world import names
from tasks.world.groups.records import rank_matches
from tasks.world.state import Record, State

PAGES = 14
MONTHS = ("January", "March", "April", "May", "June", "July", "September", "October", "November")
FACTS = (
    "the {city} {subject} is open from {hour}:30 to {late}:00",
    "the {subject} fee in {city} is {price} EUR a month",
    "{count} people signed up for the {subject} {aspect} in {city}",
    "the {city} {subject} {aspect} was last changed on {day} {month}",
    "the {subject} office in {city} answers on {phone}",
    "tickets for the {city} {subject} cost {price} EUR",
    "the {city} {subject} has room for {count} people",
    "the {subject} {aspect} in {city} scores {score} out of 5",
)
QUERIES = (
    "{topic} {city}", "{city} {topic}", "{topic} in {city}", "latest {topic} {city}",
    "{topic} near {city}", "what the {city} {topic} says",
)  # fmt: skip


def seed(world: State) -> None:
    """Fill the web with pages."""
    for _ in range(PAGES):
        page = _page(world)
        world.insert("pages", page["url"], page)


def _page(world: State) -> Record:
    rng = world.rng
    about, city, site = names.topic(rng), names.city(rng), names.domain(rng)
    fact = _fact(rng, about, city)
    title = f"{about.capitalize()} in {city}"
    text = f"{title}. {names.sentence(rng, about)}. In short, {fact}."
    url = f"https://{site}/{about.replace(' ', '-')}"
    return {"url": url, "title": title, "topic": about, "city": city, "text": text, "fact": fact}


def _fact(rng: Random, about: str, city: str) -> str:
    _, subject, aspect = about.split(" ")
    return rng.choice(FACTS).format(
        city=city, subject=subject, aspect=aspect, hour=rng.randint(7, 10),
        late=rng.randint(16, 20), price=rng.randrange(300, 9000, 50) / 100,
        count=rng.randrange(12, 900), day=rng.randint(1, 28), month=rng.choice(MONTHS),
        phone=names.phone(rng), score=rng.randrange(21, 50) / 10,
    )  # fmt: skip


def _found(world: State, query: str, limit: int) -> list[Record]:
    pages = world.table("pages")
    texts = {url: f"{page['title']} {page['topic']}" for url, page in pages.items()}
    return [pages[url] for url in rank_matches(query, texts)[:limit]]


def _lumenfind(world: State, given: Record) -> Record:
    found = _found(world, given["query"], given["limit"])
    rows = [{"url": p["url"], "title": p["title"], "snippet": p["fact"]} for p in found]
    return {"results": rows, "count": len(rows)}


def _trailseek(world: State, given: Record) -> Record:
    found = _found(world, given["searchTerms"], given["maxResults"])
    rows = [{"title": p["title"], "link": p["url"], "highlight": p["fact"]} for p in found]
    return {"searchTerms": given["searchTerms"], "hits": rows}


def _webatlas(world: State, given: Record) -> Record:
    found = _found(world, given["words"], given["per-page"])
    rows = [{"heading": p["title"], "address": p["url"], "says": p["fact"]} for p in found]
    return {"page": 1, "entries": rows}


BEHAVIOURS = {
    "lumenfind_web_search": _lumenfind,
    "trailseekQuery": _trailseek,
    "webatlas-look-up": _webatlas,
}


def _draw_query(world: State, _given: Record, rng: Random) -> Record:
    page = rng.choice(list(world.table("pages").values()))
    return {"query": rng.choice(QUERIES).format(topic=page["topic"], city=page["city"])}


DRAWS = {"Search.web_search": _draw_query}


def _nothing_lost(_world: State, _values: Record, _result: Record) -> None:
    """A search leaves nothing behind; what it yields is checked where it is used."""


EFFECTS = {"Search.web_search": _nothing_lost}
