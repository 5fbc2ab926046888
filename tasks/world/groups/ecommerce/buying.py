"""Shop orders: the stock goes down when one is placed and comes back when it is cancelled."""

from tasks.world.groups import orders
from tasks.world.groups.ecommerce.catalogue import require_product, require_stock
from tasks.world.state import Record, State

OLD_ORDERS = 2
OLD_MOST = 4  # pieces
A_DAY, A_MONTH = 1_440, 43_200  # minutes


def seed_orders(world: State) -> None:
    """Keep a few earlier orders that nobody has paid."""
    rng = world.rng
    products = list(world.tables["products"])
    for _ in range(OLD_ORDERS):
        sale = _sale(world, rng.choice(products), rng.randint(1, OLD_MOST))
        placed = world.clock - rng.randint(A_DAY, A_MONTH)
        orders.keep_order(world, "shop", sale, placed)


def buy(world: State, product: str, quantity: int) -> str:
    """Order a product: the stock goes down; return the order's id.

    Raises:
        Refused: unknown_product or out_of_stock.
    """
    record = require_product(world, product)
    require_stock(record, quantity)
    record["stock"] -= quantity
    return orders.place_order(world, "shop", _sale(world, product, quantity))


def cancel(world: State, order: str) -> Record:
    """Cancel a shop order: its pieces are in stock again; return the order.

    Raises:
        Refused: unknown_order, other_order, order_cancelled or order_paid.
    """
    record = orders.cancel_order(world, order, "shop")
    require_product(world, record["item"])["stock"] += record["quantity"]
    return record


def _sale(world: State, product: str, quantity: int) -> orders.Sale:
    record = require_product(world, product)
    return orders.Sale(
        seller=record["seller"],
        item=product,
        title=record["title"],
        quantity=quantity,
        cents=record["cents"] * quantity,
        currency=record["currency"],
    )
