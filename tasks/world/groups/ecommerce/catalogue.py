"""The catalogue: products that all shops sell from, with what is left of each."""

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups import orders
from tasks.world.groups.figures import show_money
from tasks.world.groups.payments.accounts import CURRENCIES
from tasks.world.groups.ranking import rank
from tasks.world.groups.records import require
from tasks.world.groups.spread import spread
from tasks.world.state import Record, State

PRODUCTS = 12
MATERIALS = (
    "Oak", "Walnut", "Linen", "Wool", "Cork", "Bamboo", "Ceramic", "Enamel", "Canvas", "Brass",
    "Copper", "Glass", "Cotton", "Slate", "Birch", "Rattan", "Leather", "Steel", "Felt", "Paper",
)  # fmt: skip
TRAITS = (
    "folding", "stackable", "striped", "hand-finished", "compact", "tall", "insulated", "round",
    "washable", "lidded", "adjustable", "lightweight", "two-tone", "narrow", "quilted", "padded",
)  # fmt: skip
THINGS = (
    "desk lamp", "serving tray", "lunch box", "plant stand", "notebook", "water jug", "bookend",
    "tea pot", "wall clock", "picnic blanket", "storage basket", "coat hook", "bread bin",
    "travel mug", "letter tray", "door mat", "picture frame", "garden trowel", "pencil case",
    "shoe rack", "step stool", "key holder", "candle holder", "umbrella stand",
)  # fmt: skip


def seed_catalogue(world: State) -> None:
    """Fill the catalogue and open the sellers' accounts."""
    rng = world.rng
    materials, things = spread(rng, MATERIALS, PRODUCTS), spread(rng, THINGS, PRODUCTS)
    for material, thing in zip(materials, things, strict=True):
        title, seller = f"{material} {rng.choice(TRAITS)} {thing}", names.company(rng)
        record: Record = {
            "title": title, "seller": seller, "cents": rng.randint(450, 18_900),
            "currency": rng.choice(CURRENCIES), "stock": rng.randint(8, 60),
            "rating": rng.randint(36, 50) / 10,
        }  # fmt: skip
        world.insert("products", world.new_id("prod"), record)
        orders.add_payee(world, seller)


def search(world: State, query: str) -> list[tuple[str, Record]]:
    """Return matching products with their ids, best first, those that are sold out last."""
    products = world.tables["products"]
    ranked = rank(query, {key: (record["title"], "") for key, record in products.items()})
    ranked.sort(key=lambda key: products[key]["stock"] == 0)
    return [(key, products[key]) for key in ranked]


def browse(world: State) -> list[tuple[str, Record]]:
    """Return all products with their ids, by title."""
    return sorted(world.tables["products"].items(), key=lambda row: str(row[1]["title"]))


def require_product(world: State, product: str) -> Record:
    """Return a product. Raises: Refused (`unknown_product`)."""
    return require(world, "products", product, "product")


def require_stock(record: Record, quantity: int) -> None:
    """Return if that many pieces are left of a product. Raises: Refused (`out_of_stock`)."""
    if record["stock"] < quantity:
        message = f"Only {record['stock']} of {record['title']} left."
        raise Refused("out_of_stock", message, "Order fewer or search for another product.")


def show_price(record: Record) -> str:
    """Return what a piece costs, as text."""
    return show_money(record["cents"], record["currency"])
