"""Words that wallets, contracts and payment memos are named with, and the networks there are."""

import random

NETWORKS = ("ethereum", "polygon", "arbitrum", "optimism", "avalanche")
_TONES = (
    "Amber", "Brisk", "Calm", "Clear", "Copper", "Early", "Fern", "Gentle", "Golden", "Granite",
    "Hazel", "Ivory", "Juniper", "Late", "Linen", "Maple", "Misty", "Northern", "Olive", "Open",
    "Quiet", "Russet", "Silver", "Slate", "Spring", "Sunny", "Velvet", "Western", "Willow",
    "Winter",
)  # fmt: skip
_PLACES = (
    "archive", "bakery", "boathouse", "bridge", "choir", "cottage", "courtyard", "dairy", "ferry",
    "garden", "greenhouse", "harbour", "hillside", "kitchen", "lantern", "library", "lighthouse",
    "market", "meadow", "mill", "museum", "orchard", "pavilion", "quarry", "reading room", "river",
    "stable", "theatre", "valley", "workshop",
)  # fmt: skip
_FUNDS = ("account", "budget", "fund", "purse", "reserve", "savings", "till", "treasury")
_CONTRACTS = ("agreement", "ballot", "escrow", "pact", "pool", "register", "roster", "vault")
_MEMOS = (
    "Balance for", "Booking fee of", "Contribution to", "Deposit for", "Entry fee of", "Invoice of",
    "Membership of", "Share of", "Subscription to", "Ticket sales of",
)  # fmt: skip


def draw_wallet_label(rng: random.Random) -> str:
    """Return a wallet's name, as in `Quiet harbour fund`."""
    return f"{rng.choice(_TONES)} {rng.choice(_PLACES)} {rng.choice(_FUNDS)}"


def draw_contract_label(rng: random.Random) -> str:
    """Return a contract's name, as in `Maple orchard register`."""
    return f"{rng.choice(_TONES)} {rng.choice(_PLACES)} {rng.choice(_CONTRACTS)}"


def draw_memo(rng: random.Random) -> str:
    """Return what a payment is for, as in `Deposit for the amber boathouse`."""
    return f"{rng.choice(_MEMOS)} the {rng.choice(_TONES).lower()} {rng.choice(_PLACES)}"


def draw_program(rng: random.Random) -> str:
    """Return a program's name, as in `willow-market-vault`."""
    place = rng.choice(_PLACES).replace(" ", "-")
    return f"{rng.choice(_TONES).lower()}-{place}-{rng.choice(_CONTRACTS)}"
