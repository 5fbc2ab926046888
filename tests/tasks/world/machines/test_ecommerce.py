"""Baskets and orders, filled, placed, emptied and cancelled in any order."""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from tasks.world.core import World
from tasks.world.groups.ecommerce import BEHAVIOURS
from tests.tasks.world.machines.checked import checked_call

PICKS = st.integers(0, 2)  # few, so that things meet
PIECES = st.integers(1, 30)
BUYING = st.sampled_from(
    ["cratehouse_place_order", "trolleylineCheckout", "OddmentOrder", "fernmarket_basket",
     "satchelry-orders"]
)  # fmt: skip
VALUES = st.one_of(
    st.integers(-2, 10),
    st.text(max_size=6),
    st.none(),
    st.sampled_from(["add", "view", "describe", "browse", "place", "list", "rating", "desk lamp"]),
)
DESKS = {"fernmarket_catalogue": "action", "fernmarket_basket": "action", "satchelry-orders": "do"}
WITHOUT_MORE = ("empty", "check_out")
PARAMETERS = st.sampled_from(
    ["action", "do", "article", "pieces", "start", "page", "query", "search-for", "order-by"]
)


def buying(tool: str, product: str, pieces: int) -> JsonObject:
    """Return the arguments with which a tool orders pieces of a product."""
    ways: dict[str, JsonObject] = {
        "cratehouse_place_order": {"product_id": product, "quantity": pieces},
        "trolleylineCheckout": {"itemId": product, "count": str(pieces)},
        "OddmentOrder": {"Sku": product, "Units": pieces},
        "fernmarket_basket": {"action": "buy_now", "article": product, "pieces": pieces},
        "satchelry-orders": {"do": "place", "sku": product, "how-many": pieces},
    }
    return ways[tool]


class Shopping(RuleBasedStateMachine):
    """Pieces are in stock or in an order that stands, and nowhere else."""

    placed: Bundle[str] = Bundle("placed")

    @initialize(seed=st.integers(0, 30))
    def start(self, seed: int) -> None:
        """A world with a few earlier orders, and pieces of a product in the basket."""
        self.world = World(seed)
        self.pieces = self._pieces()
        self.basket: Counter[str] = Counter()
        self.standing = {order: True for order in self._orders()}
        self.add(0, 2)

    def call(self, tool: str, arguments: JsonObject) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        done = checked_call(self.world, tool, arguments)
        return done.result if done.ok else None

    def _orders(self) -> list[str]:
        orders = self.world.tables["orders"].items()
        return [order for order, record in orders if record["kind"] == "shop"]

    def _product(self, pick: int) -> tuple[str, int]:
        product, record = list(self.world.tables["products"].items())[pick]
        return product, record["stock"]

    @rule(target=placed, tool=BUYING, pick=PICKS, pieces=PIECES)
    def buy(self, tool: str, pick: int, pieces: int) -> str:
        """What is in stock can be ordered with every tool; the order is a new one."""
        product, stock = self._product(pick)
        result = self.call(tool, buying(tool, product, pieces))
        assert (result is not None) == (stock >= pieces)
        return "" if result is None else self._new_order()

    def _new_order(self) -> str:
        (order,) = set(self._orders()) - self.standing.keys()
        self.standing[order] = True
        return order

    @rule(pick=PICKS, pieces=PIECES)
    def add(self, pick: int, pieces: int) -> None:
        """The basket takes no more of a product than there is."""
        product, stock = self._product(pick)
        laid: JsonObject = {"action": "add", "article": product, "pieces": pieces}
        result = self.call("fernmarket_basket", laid)
        assert (result is not None) == (self.basket[product] + pieces <= stock)
        if result is not None:
            self.basket[product] += pieces

    @rule(pick=PICKS, pieces=st.none() | PIECES)
    def remove(self, pick: int, pieces: int | None) -> None:
        """What lies in the basket can be taken out, in part or all."""
        product, _ = self._product(pick)
        taken: JsonObject = {"action": "remove", "article": product}
        result = self.call(
            "fernmarket_basket", taken | ({"pieces": pieces} if pieces is not None else {})
        )
        there = self.basket[product]
        assert (result is not None) == (there > 0 and (pieces or 0) <= there)
        if result is not None:
            self.basket[product] -= there if pieces is None else pieces

    @rule()
    def view(self) -> None:
        """The basket shows what was laid into it."""
        lines = self.call("fernmarket_basket", {"action": "view"})["basket"]
        assert {line["product"]: line["pieces"] for line in lines} == dict(+self.basket)

    @rule()
    def empty(self) -> None:
        """Emptying tells how many pieces there were."""
        result = self.call("fernmarket_basket", {"action": "empty"})
        assert (result or {"taken_out": 0})["taken_out"] == self.basket.total()
        self.basket.clear()

    @rule()
    def check_out(self) -> None:
        """All of the basket is ordered or, if anything is short, nothing."""
        enough = all(
            self.world.tables["products"][product]["stock"] >= pieces
            for product, pieces in self.basket.items()
        )
        result = self.call("fernmarket_basket", {"action": "check_out"})
        assert (result is not None) == (enough and self.basket.total() > 0)
        if result is not None:
            made = [bill["order_no"] for bill in result["bought"]]
            assert len(made) == len(+self.basket)
            assert not self.standing.keys() & set(made)
            self.standing |= dict.fromkeys(made, True)
            self.basket.clear()

    @rule(order=placed)
    def cancel(self, order: str) -> None:
        """An order is cancelled once."""
        result = self.call("satchelry-orders", {"do": "cancel", "order-id": order})
        assert (result is not None) == self.standing.get(order, False)
        if result is not None:
            self.standing[order] = False

    @rule(order=placed)
    def show(self, order: str) -> None:
        """An order reads back, and says whether it stands."""
        result = self.call("satchelry-orders", {"do": "show", "order-id": order})
        assert (result is not None) == (order in self.standing)
        if result is not None:
            assert result["line"].startswith("unpaid, ") == self.standing[order]

    @rule()
    def list_orders(self) -> None:
        """The pages hold every order exactly once."""
        seen: list[str] = []
        page: int | None = 1
        while page is not None:
            listed = self.call("satchelry-orders", {"do": "list", "page": page})
            seen += [row["order-id"] for row in listed["orders"]]
            page = listed["next-page"]
        assert sorted(seen) == sorted(self.standing)

    @rule(pick=PICKS, size=st.integers(1, 5))
    def search(self, pick: int, size: int) -> None:
        """A product is found by its title, first unless it is sold out."""
        product, stock = self._product(pick)
        title = self.world.tables["products"][product]["title"]
        seen: list[str] = []
        start: int | None = 0
        while start is not None:
            asked: JsonObject = {"query": title, "offset": start, "limit": size}
            page = self.call("cratehouse_search_products", asked)
            seen += [found["product_id"] for found in page["products"]]
            start = page["next_offset"]
        assert len(seen) == len(set(seen)) == page["count"]
        assert product in seen if stock == 0 else seen[0] == product

    @rule(tool=st.sampled_from(sorted(BEHAVIOURS)),
          arguments=st.dictionaries(PARAMETERS, VALUES, max_size=4))  # fmt: skip
    def talk_nonsense(self, tool: str, arguments: JsonObject) -> None:
        """Arguments that fit no tool are answered, not raised."""
        self.call(tool, arguments)

    @rule(desk=st.sampled_from(sorted(DESKS)), pick=st.integers(0, 5),
          more=st.dictionaries(PARAMETERS, VALUES, max_size=3))  # fmt: skip
    def ask_a_desk_for_anything(self, desk: str, pick: int, more: JsonObject) -> None:
        """Whatever stands beside an action that a desk knows is answered, not raised."""
        properties: Any = load_catalogue().tools[desk].parameters["properties"]
        # those two need nothing else, so they are rules of their own
        choices = [way for way in properties[DESKS[desk]]["enum"] if way not in WITHOUT_MORE]
        self.call(desk, more | {DESKS[desk]: choices[pick % len(choices)]})

    def _pieces(self) -> Counter[str]:
        products = self.world.tables["products"].items()
        pieces = Counter({product: record["stock"] for product, record in products})
        for order in self._orders():
            record = self.world.tables["orders"][order]
            if record["status"] == "open":
                pieces[record["item"]] += record["quantity"]
        return pieces

    @invariant()
    def pieces_are_conserved(self) -> None:
        """Stock and orders that stand hold as many pieces of each product as at the start."""
        assert self._pieces() == self.pieces
        assert all(record["stock"] >= 0 for record in self.world.tables["products"].values())


TestShopping = Shopping.TestCase
TestShopping.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
