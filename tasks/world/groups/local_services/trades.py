"""Trades of local businesses, and what each of them has to offer."""

WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bakery": (
        ("seeded", "dark", "salted", "buttered", "toasted"),
        ("rye loaf", "plum tart", "oat roll", "poppy twist", "honey cake"),
    ),
    "flower shop": (
        ("small", "tall", "mixed", "wrapped", "seasonal"),
        ("tulip bunch", "fern basket", "table wreath", "rose bowl", "herb pot"),
    ),
    "print shop": (
        ("matt", "glossy", "folded", "large", "double-sided"),
        ("poster", "leaflet set", "name card box", "banner", "photo book"),
    ),
    "cafe": (
        ("warm", "iced", "spiced", "house", "double"),
        ("oat latte", "lentil soup", "berry crumble", "cheese toast", "lemon tea"),
    ),
    "bike repair": (
        ("basic", "full", "rear", "front", "winter"),
        ("wheel service", "brake check", "chain clean", "gear tune", "light fitting"),
    ),
    "dry cleaner": (
        ("express", "gentle", "standard", "weekly", "careful"),
        ("coat clean", "shirt press", "curtain wash", "suit clean", "blanket wash"),
    ),
    "stationer": (
        ("ruled", "plain", "bound", "recycled", "coloured"),
        ("notebook pack", "envelope set", "card stock", "ink refill", "folder bundle"),
    ),
    "caterer": (
        ("vegetable", "cold", "festive", "light", "shared"),
        ("lunch platter", "dessert tray", "sandwich box", "salad bowl", "tea spread"),
    ),
    "framing studio": (
        ("narrow", "gilded", "white", "deep", "oak"),
        ("print frame", "canvas mount", "mirror frame", "poster rail", "photo mount"),
    ),
    "garden centre": (
        ("young", "potted", "hardy", "climbing", "dwarf"),
        ("pear tree", "ivy plant", "lavender", "fig bush", "mint tray"),
    ),
}  # fmt: skip
OFFERS: dict[str, tuple[str, ...]] = {
    trade: tuple(f"{trait} {thing}" for trait in traits for thing in things)
    for trade, (traits, things) in WORDS.items()
}
TRADES = tuple(OFFERS)
FEATURES = (
    "with parking", "open on Sunday", "near the station", "with step-free access", "taking cards",
    "with delivery", "by the river", "open late", "with a loyalty card", "run by a family",
)  # fmt: skip
