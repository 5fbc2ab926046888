"""Pools of invented names and the texts composed from them. Nothing in here is real.

Texts hold no quotes, braces or line breaks and start and end with a letter or a digit, so that
a request can state them to the letter.
"""

from random import Random

FIRST = (
    "Mira", "Tobin", "Selma", "Anouk", "Ravi", "Odette", "Jonas", "Leila", "Casper", "Ines",
    "Marek", "Yuna", "Farid", "Greta", "Hugo", "Nadia", "Emil", "Priya", "Oskar", "Talia",
    "Bram", "Zofia", "Kofi", "Lucia", "Anton", "Freya", "Idris", "Maren", "Pavel", "Rosa",
    "Sunil", "Vera",
)  # fmt: skip
LAST = (
    "Halvorsen", "Quillen", "Brandt", "Okafor", "Lindqvist", "Marchetti", "Tanaka", "Dvorak",
    "Fenwick", "Castellan", "Iyer", "Norgaard", "Pemberton", "Radley", "Sorensen", "Thackeray",
    "Umber", "Voss", "Wexford", "Yarrow", "Zeller", "Ashdown", "Birchall", "Corrigan",
    "Delacroix", "Eastman", "Farrow", "Greaves", "Holloway", "Ivers", "Kestrel", "Larkin",
)  # fmt: skip
COMPANY_FIRST = (
    "Harborlight", "Millstone", "Brightfield", "Copperleaf", "Northgate", "Silverbrook", "Oakmoor",
    "Redwater", "Fernhill", "Stonebridge", "Larkspur", "Windrow", "Ashgrove", "Bluepine",
    "Claymore", "Driftwood", "Emberly", "Foxglove", "Goldcrest", "Hazelton",
)  # fmt: skip
COMPANY_LAST = (
    "Supply", "Works", "Partners", "Studio", "Logistics", "Bakery", "Press", "Gardens", "Textiles",
    "Repairs", "Catering", "Printing", "Instruments", "Outfitters", "Consulting", "Archive",
)  # fmt: skip
CITIES = (
    "Brackwater", "Dunmarrow", "Elderquay", "Farrowgate", "Gullhaven", "Hartlemoor", "Invermist",
    "Juniper Bay", "Kelvedale", "Lowmere", "Marlstead", "Netherby", "Oxley Cross", "Pinewick",
    "Queensferry Hill", "Rookhaven", "Saltmarsh", "Thornbury Vale", "Upperlea", "Westhollow",
)  # fmt: skip
DOMAINS = ("example.com", "example.org", "example.net")
AREA_CODES = ("202", "303", "312", "404", "415", "503", "602", "617", "702", "713", "808", "919")
HANDLE_FIRST = (
    "quiet", "paper", "river", "amber", "copper", "lunar", "north", "velvet", "maple", "cedar",
    "silver", "morning", "harbor", "marble", "willow", "ember", "slate", "cobalt",
)  # fmt: skip
HANDLE_LAST = (
    "fox", "lantern", "kite", "compass", "sparrow", "anchor", "orchard", "thimble", "beacon",
    "meadow", "otter", "pebble", "quill", "raven", "saddle", "teapot", "walnut", "atlas",
)  # fmt: skip

ADJECTIVES = (
    "northern", "weekly", "shared", "annual", "revised", "early", "outdoor", "regional", "evening",
    "second", "combined", "local", "spring", "autumn", "central", "short", "new", "updated",
    "private", "open", "temporary", "smaller", "coastal", "monthly", "joint", "final",
)  # fmt: skip
SUBJECTS = (
    "ferry", "library", "orchard", "stairwell", "warehouse", "newsletter", "workshop", "archive",
    "market", "greenhouse", "booking", "delivery", "inventory", "membership", "survey",
    "exhibition",
    "harbor", "training", "payment", "account", "supplier", "customer", "rooftop", "festival",
    "museum", "railway", "campus", "clinic", "workbench", "catalogue", "garden", "bakery",
    "theatre", "cycling", "recycling", "printing",
)  # fmt: skip
ASPECTS = (
    "schedule", "plan", "list", "report", "figures", "overview", "route", "notes", "budget",
    "opening", "programme", "inspection", "draft", "calendar", "summary", "handover", "request",
    "timetable", "proposal", "renewal", "review", "layout", "results", "records", "update",
)  # fmt: skip
WHEN = (
    "before Thursday noon", "by the end of the week", "on Monday morning",
    "before the next meeting",
    "within two days", "later this evening", "early next week", "by Friday at four",
    "before the month ends", "on the first of the month", "after the weekend", "at nine tomorrow",
    "before the office closes", "by Wednesday afternoon", "in the coming fortnight", "today at six",
)  # fmt: skip
WHO = (
    "the whole group", "our side", "everyone on the list", "the two of us", "the front desk",
    "the evening shift", "your team", "the people upstairs", "all regular contacts", "the office",
    "the other members", "both departments", "the new starters", "our usual partners",
)  # fmt: skip
STATEMENTS = (
    "The {topic} is ready for {who} and should be looked at {when}",
    "We moved the {topic} forward and {who} will hear more {when}",
    "Please have a look at the {topic} and let {who} know {when}",
    "There is news about the {topic} that {who} should see {when}",
    "I have put the {topic} together for {who} and will explain it {when}",
    "Here is where the {topic} stands and what {who} can expect {when}",
    "This concerns the {topic} and matters to {who} if it is settled {when}",
    "Following up on the {topic} because {who} asked to have it {when}",
    "A short word on the {topic} so that {who} can act on it {when}",
    "The {topic} has changed and {who} may want to answer {when}",
    "For {who} the {topic} comes first and a reply {when} is enough",
    "Nobody but {who} has the {topic} so far and that may change {when}",
    "As agreed the {topic} goes to {who} and the rest follows {when}",
    "The {topic} still has open points that {who} can settle {when}",
)  # fmt: skip
LEADS = (
    "About the {topic} that {who} asked for this is what I found",
    "Looking into the {topic} for {who} turned up the following",
    "For the {topic} and for {who} here is the figure to go by",
    "A quick note on the {topic} with what {who} should know",
    "The {topic} is due {when} and this is where things stand",
    "Before we settle the {topic} {when} please note the following",
    "Checked again for the {topic} and the answer for {who} is this",
    "Passing this on to {who} for the {topic} as it was found",
)  # fmt: skip


def person(rng: Random) -> str:
    """Return a full name."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def company(rng: Random) -> str:
    """Return the name of a company or shop."""
    return f"{rng.choice(COMPANY_FIRST)} {rng.choice(COMPANY_LAST)}"


def city(rng: Random) -> str:
    """Return the name of a town."""
    return rng.choice(CITIES)


def domain(rng: Random) -> str:
    """Return a reserved domain name."""
    if rng.random() < 0.5:
        return rng.choice(DOMAINS)
    return f"{rng.choice(COMPANY_FIRST).lower()}.example"


def email(rng: Random, name: str | None = None) -> str:
    """Return a mail address at a reserved domain, of `name` if one is given."""
    return f"{(name or person(rng)).lower().replace(' ', '.')}@{domain(rng)}"


def phone(rng: Random) -> str:
    """Return a number of the block kept for fiction, 555-0100 to 555-0199."""
    return f"{rng.choice(AREA_CODES)}-555-01{rng.randint(0, 99):02d}"


def handle(rng: Random) -> str:
    """Return the name of an account."""
    return f"{rng.choice(HANDLE_FIRST)}_{rng.choice(HANDLE_LAST)}{rng.randint(10, 999)}"


def topic(rng: Random) -> str:
    """Return what something is about, in three words: `revised ferry schedule`."""
    return f"{rng.choice(ADJECTIVES)} {rng.choice(SUBJECTS)} {rng.choice(ASPECTS)}"


def title(rng: Random, about: str | None = None) -> str:
    """Return a subject line or a label of three to five words."""
    words = about or topic(rng)
    ending = rng.choice(("", f" for {rng.choice(CITIES)}", f" with {rng.choice(LAST)}"))
    return f"{words[0].upper()}{words[1:]}{ending}"


def sentence(rng: Random, about: str | None = None) -> str:
    """Return a text of about 12 to 24 words on a topic."""
    return _filled(rng, rng.choice(STATEMENTS), about)


def lead(rng: Random, about: str | None = None) -> str:
    """Return a text of about 10 to 20 words that something found is to follow."""
    return _filled(rng, rng.choice(LEADS), about)


def _filled(rng: Random, text: str, about: str | None) -> str:
    return text.format(topic=about or topic(rng), who=rng.choice(WHO), when=rng.choice(WHEN))
