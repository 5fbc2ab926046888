"""Orders with local businesses, placed, followed and cancelled in any order."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from tasks.world.core import World
from tasks.world.groups.local_services import BEHAVIOURS
from tasks.world.groups.local_services.pickups import PREPARED_AFTER
from tests.tasks.world.machines.checked import checked_call

PICKS = st.integers(0, 2)  # few, so that things meet
COUNTS = st.integers(1, 20)
ORDERING = st.sampled_from(
    ["nearbly_create_order", "townpageOrder", "GuildhallOrder", "marketcross_pickups"]
)
STAGES = ("accepted", "being prepared", "ready for pick-up")
VALUES = st.one_of(
    st.integers(-2, 10),
    st.text(max_size=6),
    st.none(),
    st.sampled_from(["find", "browse", "menu", "towns", "order", "list", "cafe", "after-1"]),
)
DESKS = {"porchlight-directory": "request", "marketcross_pickups": "operation"}
PARAMETERS = st.sampled_from(
    ["request", "operation", "in-town", "business", "cursor", "skip", "query", "vendor", "article"]
)


def ordering(tool: str, merchant: str, item: str, count: int) -> JsonObject:
    """Return the arguments with which a tool orders something."""
    ways: dict[str, JsonObject] = {
        "nearbly_create_order": {"place_id": merchant, "item": item, "quantity": count},
        "townpageOrder": {"businessId": merchant, "items": [item], "each": count},
        "GuildhallOrder": {"MerchantId": merchant, "Goods": item, "Number": str(count)},
        "marketcross_pickups": {
            "operation": "order", "vendor": merchant, "article": item, "amount": count,
        },
    }  # fmt: skip
    return ways[tool]


class Pickups(RuleBasedStateMachine):
    """An order goes from accepted to ready, unless it is cancelled before it is prepared."""

    placed: Bundle[str] = Bundle("placed")

    @initialize(target=placed, seed=st.integers(0, 30))
    def start(self, seed: int) -> str:
        """A world with businesses and an earlier order."""
        self.world = World(seed)
        self.stages: dict[str, str] = dict.fromkeys(self._orders(), STAGES[0])
        (earlier,) = self.stages
        record = self.world.tables["orders"][earlier]
        self.texts = {earlier: f"{record['quantity']} of {record['title']} from"}
        self.minutes: dict[str, int] = {earlier: record["placed"]}
        return earlier

    def call(self, tool: str, arguments: JsonObject) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        done = checked_call(self.world, tool, arguments)
        return done.result if done.ok else None

    def _orders(self) -> list[str]:
        orders = self.world.tables["orders"].items()
        return [order for order, record in orders if record["kind"] == "local"]

    @rule(target=placed, tool=ORDERING, pick=PICKS, item=st.integers(0, 5), count=COUNTS)
    def order(self, tool: str, pick: int, item: int, count: int) -> str:
        """What is on a menu can be ordered with every tool, and nothing else."""
        merchant, record = list(self.world.tables["merchants"].items())[pick]
        offered, minute = [*record["prices"], "brass band"], self.world.clock
        result = self.call(tool, ordering(tool, merchant, offered[item], count))
        assert (result is not None) == (item < len(record["prices"]))
        if result is None:
            return ""
        (made,) = set(self._orders()) - self.stages.keys()
        assert made in str(result)
        self.stages[made], self.minutes[made] = STAGES[0], minute
        self.texts[made] = f"{count} of {offered[item]} from {record['name']}"
        return made

    @rule(ticket=placed)
    def follow(self, ticket: str) -> None:
        """An order reads back as it was placed, and never goes back a stage."""
        result = self.call("marketcross_pickups", {"operation": "status", "ticket_no": ticket})
        assert (result is not None) == (ticket in self.stages)
        if result is not None:
            assert self.texts[ticket] in result["ticket"]["line"]
            self._reach(ticket, result["ticket"]["stage"])

    def _reach(self, ticket: str, stage: str) -> None:
        before = self.stages[ticket]
        assert (stage == "cancelled") == (before == "cancelled")
        if stage != "cancelled":
            assert STAGES.index(stage) >= STAGES.index(before)
        self.stages[ticket] = stage

    @rule(ticket=placed)
    def cancel(self, ticket: str) -> None:
        """An order is cancelled once, and only before it is prepared."""
        early = self.world.clock - self.minutes.get(ticket, 0) < PREPARED_AFTER
        stands = self.stages.get(ticket, "cancelled") != "cancelled"
        result = self.call("marketcross_pickups", {"operation": "cancel", "ticket_no": ticket})
        assert (result is not None) == (early and stands)
        if result is not None:
            assert result["ticket"]["due"].startswith("0.00 ")
            self.stages[ticket] = "cancelled"

    @rule(ticket=placed)
    def cancel_with_a_shop(self, ticket: str) -> None:
        """A shop knows nothing of orders with local businesses."""
        assert self.call("satchelry-orders", {"do": "cancel", "order-id": ticket}) is None

    @rule()
    def list_orders(self) -> None:
        """The pages hold every order exactly once."""
        seen: list[str] = []
        start: int | None = 0
        while start is not None:
            page = self.call("marketcross_pickups", {"operation": "list", "skip": start})
            seen += [ticket["ticket_no"] for ticket in page["tickets"]]
            start = page["next_skip"]
        assert sorted(seen) == sorted(self.stages)

    @rule(pick=PICKS)
    def browse(self, pick: int) -> None:
        """The pages of a town hold every business of it exactly once, each with its menu."""
        merchants = self.world.tables["merchants"]
        town = list(merchants.values())[pick]["town"]
        seen: list[str] = []
        cursor: str | None = "after-0"
        while cursor is not None:
            asked: JsonObject = {"request": "browse", "in-town": town, "cursor": cursor}
            page = self.call("porchlight-directory", asked)
            seen += [place["business"] for place in page["listed"]]
            cursor = page["next-cursor"]
        assert sorted(seen) == sorted(key for key in merchants if merchants[key]["town"] == town)
        menu = self.call("porchlight-directory", {"request": "menu", "business": seen[0]})["menu"]
        assert list(menu) == list(merchants[seen[0]]["prices"])

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
        choices = properties[DESKS[desk]]["enum"]
        self.call(desk, more | {DESKS[desk]: choices[pick % len(choices)]})

    @invariant()
    def cancelled_orders_are_those_that_were_cancelled(self) -> None:
        """No order is cancelled by anything but a cancellation, and none is lost."""
        orders = self.world.tables["orders"]
        kept = {order: orders[order]["status"] == "cancelled" for order in self._orders()}
        assert kept == {order: stage == "cancelled" for order, stage in self.stages.items()}


TestPickups = Pickups.TestCase
TestPickups.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
