"""Pages of a small web: each is about one thing in one town and says several facts of it."""

from random import Random

from tasks.world import names
from tasks.world.state import Record, State

PAGES = 10
PATHS = ("", "about/", "news/", "guide/", "notices/", "town/")
MONTHS = ("January", "March", "April", "May", "June", "July", "September", "October", "November")
STREETS = ("Mill Lane", "Quay Street", "Chapel Row", "Station Road", "Orchard Walk", "Old Market",
           "Bridge Street", "Tanner Lane", "Lantern Court", "Ropewalk", "Weaver Row",
           "Harbor Steps", "Field Gate", "Cooper Street")  # fmt: skip
FACTS = (
    "the {city} {subject} is open from {hour}:30 to {late}:00",
    "the {subject} fee in {city} is {price} EUR a month",
    "{count} people signed up for the {subject} {aspect} in {city}",
    "the {city} {subject} {aspect} was last changed on {day}",
    "the {subject} office in {city} answers on {phone}",
    "tickets for the {city} {subject} cost {price} EUR",
    "the {city} {subject} has room for {count} people",
    "the {subject} {aspect} in {city} scores {score} out of 5",
    "{contact} looks after the {city} {subject}",
    "the {city} {subject} is at {address}",
    "the next {subject} day in {city} is {day}",
    "a place on the {city} {subject} {aspect} costs {price} EUR",
)


def seed_pages(world: State) -> None:
    """Fill the web with pages."""
    while len(world.table("pages")) < PAGES:
        page = _page(world.rng)
        world.insert("pages", page["url"], page)


def _page(rng: Random) -> Record:
    about, city, site = names.topic(rng), names.city(rng), names.domain(rng)
    details = _details(rng)
    fact = _fact(rng, about, city, details)
    title = f"{about.capitalize()} in {city}"
    url = f"https://{site}/{rng.choice(PATHS)}{about.replace(' ', '-')}"
    text = f"{title}. {names.sentence(rng, about)}. In short, {fact}. {_footer(details)}"
    page = {"url": url, "title": title, "topic": about, "city": city, "text": text, "fact": fact}
    return page | {"site": site, "details": details}


def _details(rng: Random) -> Record:
    return {
        "contact": names.person(rng),
        "phone": names.phone(rng),
        "address": f"{rng.randint(1, 140)} {rng.choice(STREETS)}",
        "price": f"{rng.randint(6, 180) / 2:.2f}",
        "date": _date(rng),
    }


def _date(rng: Random) -> str:
    return f"{rng.randint(1, 28)} {rng.choice(MONTHS)}"


def _fact(rng: Random, about: str, city: str, details: Record) -> str:
    _, subject, aspect = about.split(" ")
    times = {"hour": rng.randint(7, 10), "late": rng.randint(16, 20), "day": _date(rng)}
    figures = {"count": rng.randint(12, 900), "score": rng.randint(21, 50) / 10}
    return rng.choice(FACTS).format(
        city=city, subject=subject, aspect=aspect, **details, **times, **figures
    )


def _footer(details: Record) -> str:
    where = f"{details['contact']} answers on {details['phone']} and at {details['address']}"
    return f"{where}. A copy costs {details['price']} EUR. Written on {details['date']}."
