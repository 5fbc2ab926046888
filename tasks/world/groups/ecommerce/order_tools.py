"""Tools that order products, at once or through the basket, and look after the orders."""

import random

from tasks.world.groups import orders
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.ecommerce import basket
from tasks.world.groups.ecommerce.buying import buy, cancel
from tasks.world.groups.ecommerce.catalogue import require_product
from tasks.world.groups.figures import show_money, to_decimal
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record, State

MOST_A_TIME = 6  # pieces a drawn order is for
SATCHELRY_PAGE = 5


def _order_cratehouse(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["product_id"], arguments["quantity"])
    return {"order": {"order_id": order, **orders.describe_total(world, order)}, "paid": False}


def _order_trolleyline(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["itemId"], int(arguments["count"]))
    return {"orderNumber": order, "toPay": orders.describe_total(world, order)}


def _order_oddment(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["Sku"], arguments["Units"])
    record = orders.require_order(world, order)
    due = show_money(record["cents"], record["currency"])
    return {"Order": {"Id": order, "Due": due, "PayTo": record["seller"]}, "Status": "Open"}


def _buy_fernmarket(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["article"], arguments["pieces"])
    return {"bought": _bill_fernmarket(world, order)}


def _bill_fernmarket(world: State, order: str) -> Record:
    record = orders.require_order(world, order)
    due = show_money(record["cents"], record["currency"])
    return {"order_no": order, "pay": due, "to": record["seller"]}


def _add_fernmarket(world: State, arguments: Record) -> Record:
    basket.add(world, arguments["article"], arguments["pieces"])
    return _view_fernmarket(world, arguments)


def _remove_fernmarket(world: State, arguments: Record) -> Record:
    basket.remove(world, arguments["article"], arguments.get("pieces"))
    return _view_fernmarket(world, arguments)


def _view_fernmarket(world: State, _arguments: Record) -> Record:
    return {"basket": basket.lines(world), "totals": basket.totals(world)}


def _empty_fernmarket(world: State, _arguments: Record) -> Record:
    return {"basket": [], "taken_out": basket.empty(world)}


def _check_out_fernmarket(world: State, _arguments: Record) -> Record:
    placed = basket.check_out(world)
    return {"bought": [_bill_fernmarket(world, order) for order in placed], "basket": []}


def _place_satchelry(world: State, arguments: Record) -> Record:
    order = buy(world, arguments["sku"], arguments["how-many"])
    record = orders.require_order(world, order)
    placed: Record = {"order-id": order, "status": orders.payment_state(record)}
    bill: Record = {"total": to_decimal(record["cents"]), "currency": record["currency"]}
    return {"placed": placed, "bill": bill | {"payee": record["seller"]}}


def _show_satchelry(world: State, arguments: Record) -> Record:
    record = orders.require_order(world, arguments["order-id"], "shop")
    return {
        "order-id": arguments["order-id"],
        "line": orders.describe_order(record),
        "sku": record["item"],
        "still-to-pay": show_money(orders.due_cents(record), record["currency"]),
        "placed-at": orders.placed_at(record),
    }


def _list_satchelry(world: State, arguments: Record) -> Record:
    found, page = orders.list_orders(world, "shop"), arguments.get("page", 1)
    shown, more = cut_page(found, (page - 1) * SATCHELRY_PAGE, SATCHELRY_PAGE)
    listed: list[Record] = [
        {"order-id": order, "line": orders.describe_order(record)} for order, record in shown
    ]
    next_page = page + 1 if more is not None else None
    return {"orders": listed, "count": len(found), "next-page": next_page}


def _cancel_satchelry(world: State, arguments: Record) -> Record:
    record = cancel(world, arguments["order-id"])
    back = f"{record['quantity']} of {record['title']} in stock again"
    return {"order-id": arguments["order-id"], "status": "cancelled", "restocked": back}


def _draw_order(world: State, inputs: Record, rng: random.Random) -> Record:
    stock = require_product(world, str(inputs["product"]))["stock"]
    return {"quantity": rng.randint(1, max(1, min(stock, MOST_A_TIME)))}


def _ordered(world: State, needs: Record, yields: Record) -> str | None:
    item, quantity = needs["product"], needs["quantity"]
    return orders.lacking_order(world, yields, item=item, quantity=quantity)


BEHAVIOURS = {
    "cratehouse_place_order": _order_cratehouse,
    "trolleylineCheckout": _order_trolleyline,
    "OddmentOrder": _order_oddment,
    "fernmarket_basket": desk(
        "action",
        {
            "buy_now": Way(_buy_fernmarket, ("article", "pieces")),
            "add": Way(_add_fernmarket, ("article", "pieces")),
            "remove": Way(_remove_fernmarket, ("article",), takes=("pieces",)),
            "view": Way(_view_fernmarket),
            "empty": Way(_empty_fernmarket),
            "check_out": Way(_check_out_fernmarket),
        },
    ),
    "satchelry-orders": desk(
        "do",
        {
            "place": Way(_place_satchelry, ("sku", "how-many")),
            "show": Way(_show_satchelry, ("order-id",)),
            "list": Way(_list_satchelry, takes=("page",)),
            "cancel": Way(_cancel_satchelry, ("order-id",)),
        },
    ),
}
DRAWS = {"Ecommerce.create_order": _draw_order}
EFFECTS = {"Ecommerce.create_order": _ordered}
