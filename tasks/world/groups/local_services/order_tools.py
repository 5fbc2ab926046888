"""Tools that order from local businesses and look after the orders."""

import random

from tasks.world.groups import orders
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.figures import show_money
from tasks.world.groups.local_services.directory import require_merchant
from tasks.world.groups.local_services.pickups import cancel, order, progress
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record, State

MARKETCROSS_PAGE = 5


def _order_nearbly(world: State, arguments: Record) -> Record:
    made = order(world, arguments["place_id"], [arguments["item"]], arguments["quantity"])
    return {"order_id": made, "state": "accepted", **orders.describe_total(world, made)}


def _order_townpage(world: State, arguments: Record) -> Record:
    made = order(world, arguments["businessId"], arguments["items"], arguments["each"])
    return {"booking": {"orderId": made, "bill": orders.describe_total(world, made)}}


def _order_guildhall(world: State, arguments: Record) -> Record:
    made = order(world, arguments["MerchantId"], [arguments["Goods"]], int(arguments["Number"]))
    record = orders.require_order(world, made)
    due = show_money(record["cents"], record["currency"])
    return {"Slip": {"OrderId": made, "Due": due, "PayTo": record["seller"]}}


def _order_marketcross(world: State, arguments: Record) -> Record:
    made = order(world, arguments["vendor"], [arguments["article"]], arguments["amount"])
    return {"ticket": _ticket(world, made, orders.require_order(world, made))}


def _ticket(world: State, pickup: str, record: Record) -> Record:
    return {
        "ticket_no": pickup,
        "stage": progress(world, record),
        "line": orders.describe_order(record),
        "due": show_money(orders.due_cents(record), record["currency"]),
    }


def _status_marketcross(world: State, arguments: Record) -> Record:
    record = orders.require_order(world, arguments["ticket_no"], "local")
    ticket = _ticket(world, arguments["ticket_no"], record)
    return {"ticket": ticket, "pay_to": record["seller"], "placed_at": orders.placed_at(record)}


def _list_marketcross(world: State, arguments: Record) -> Record:
    found = orders.list_orders(world, "local")
    shown, more = cut_page(found, arguments.get("skip", 0), MARKETCROSS_PAGE)
    tickets: list[Record] = [_ticket(world, pickup, record) for pickup, record in shown]
    return {"tickets": tickets, "all": len(found), "next_skip": more}


def _cancel_marketcross(world: State, arguments: Record) -> Record:
    record = cancel(world, arguments["ticket_no"])
    return {"ticket": _ticket(world, arguments["ticket_no"], record)}


def _draw_order(world: State, inputs: Record, rng: random.Random) -> Record:
    record = require_merchant(world, str(inputs["merchant"]))
    return {"item": rng.choice(list(record["prices"])), "quantity": rng.randint(1, 12)}


def _ordered(world: State, needs: Record, yields: Record) -> str | None:
    seller = require_merchant(world, str(needs["merchant"]))["name"]
    item, quantity = needs["item"], needs["quantity"]
    return orders.lacking_order(world, yields, seller=seller, item=item, quantity=quantity)


BEHAVIOURS = {
    "nearbly_create_order": _order_nearbly,
    "townpageOrder": _order_townpage,
    "GuildhallOrder": _order_guildhall,
    "marketcross_pickups": desk(
        "operation",
        {
            "order": Way(_order_marketcross, ("vendor", "article", "amount")),
            "status": Way(_status_marketcross, ("ticket_no",)),
            "list": Way(_list_marketcross, takes=("skip",)),
            "cancel": Way(_cancel_marketcross, ("ticket_no",)),
        },
    ),
}
DRAWS = {"LocalServices.create_order": _draw_order}
EFFECTS = {"LocalServices.create_order": _ordered}
