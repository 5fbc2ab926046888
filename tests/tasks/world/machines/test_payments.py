"""Payments, refunds and orders, made and unmade in any order."""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from tasks.world.core import World
from tasks.world.groups.payments import BEHAVIOURS, CURRENCIES, OWN
from tests.tasks.world.machines.checked import checked_call

PICKS = st.integers(0, 50)
CENTS = st.integers(1, 3_000_000) | st.just(4_500_000)
TOOLS = st.sampled_from(sorted(BEHAVIOURS))
VALUES = st.one_of(
    st.integers(-2, 10),
    st.text(max_size=6),
    st.none(),
    st.sampled_from(
        ["send", "take-back", "balance", "history", "payment", "List", "Refund", "EUR", "from-1"]
    ),
)
DESKS = {"brasswing-transfers": "task", "florinet_statement": "view", "QuillbankDesk": "Action"}
PARAMETERS = st.sampled_from(
    ["task", "view", "Action", "pay-to", "payment_ref", "PaymentNumber", "cursor", "page", "Limit"]
)


class Payments(RuleBasedStateMachine):
    """Money goes out and comes back; the sum over all accounts stays."""

    payments: Bundle[str] = Bundle("payments")

    @initialize(seed=st.integers(0, 30))
    def start(self, seed: int) -> None:
        """A world, with what it holds in all before anything is paid."""
        self.world = World(seed)
        self.sums = self._sums()
        self.made: dict[str, str] = {}
        self.back: set[str] = set()

    def call(self, tool: str, arguments: JsonObject) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        done = checked_call(self.world, tool, arguments)
        return done.result if done.ok else None

    @rule(target=payments, cents=CENTS, pick=PICKS, currency=st.sampled_from(CURRENCIES))
    def pay(self, cents: int, pick: int, currency: str) -> str:
        """Somebody can be paid as long as the account holds the money."""
        payees = list(self.world.tables["payees"])
        payee, held = payees[pick % len(payees)], self.world.tables["money"][OWN][currency]
        sent: JsonObject = {"pay-to": payee, "minor-units": cents, "in-currency": currency}
        result = self.call("brasswing-transfers", {"task": "send", **sent})
        assert (result is not None) == (held >= cents)
        if result is None:
            return ""
        return self._made(result["transfer"]["number"], f"to {payee}")

    @rule(target=payments, pick=PICKS, share=st.integers(1, 3))
    def pay_an_order(self, pick: int, share: int) -> str:
        """A part of what an order costs can be paid, again and again until it is paid."""
        order, record = list(self.world.tables["orders"].items())[pick % self._orders()]
        paid: JsonObject = {"payee": record["seller"], "currency": record["currency"]}
        paid |= {"order_reference": order, "amount_cents": max(1, record["cents"] // share)}
        result = self.call("ledgerly_create_payment", paid)
        return self._made(result["payment"]["id"], f"to {record['seller']}") if result else ""

    def _orders(self) -> int:
        return len(self.world.tables["orders"])

    def _made(self, payment: str, party: str) -> str:
        assert payment not in self.made
        self.made[payment] = party
        return payment

    @rule(pick=PICKS, quantity=st.integers(1, 40))
    def order(self, pick: int, quantity: int) -> None:
        """Orders may fail for want of stock."""
        product = list(self.world.tables["products"])[pick % 12]
        self.call("OddmentOrder", {"Sku": product, "Units": quantity})

    @rule(pick=PICKS)
    def cancel_an_order(self, pick: int) -> None:
        """Orders may be paid and refuse to be cancelled."""
        order = list(self.world.tables["orders"])[pick % self._orders()]
        self.call("satchelry-orders", {"do": "cancel", "order-id": order})

    @rule(payment=payments, by_desk=st.booleans())
    def take_back(self, payment: str, by_desk: bool) -> None:
        """A payment comes back once, whichever tool is asked."""
        if by_desk:
            result = self.call("QuillbankDesk", {"Action": "Refund", "PaymentNumber": payment})
        else:
            taken: JsonObject = {"task": "take-back", "transfer-number": payment}
            result = self.call("brasswing-transfers", taken)
        assert (result is not None) == (payment in self.made and payment not in self.back)
        if result is not None:
            self.back.add(payment)

    @rule(payment=payments)
    def read(self, payment: str) -> None:
        """A payment reads back as it was made, and says whether it came back."""
        result = self.call("florinet_statement", {"view": "payment", "payment_ref": payment})
        assert (result is not None) == (payment in self.made)
        if result is not None:
            line = result["entry"]["line"]
            assert line.endswith(self.made[payment])
            assert line.startswith(("stopped", "refunded")) == (payment in self.back)

    @rule(limit=st.integers(1, 8))
    def read_the_history(self, limit: int) -> None:
        """The pages of the history hold every payment exactly once."""
        seen: list[str] = []
        start: int | None = 0
        while start is not None:
            asked: JsonObject = {"Action": "List", "Offset": start, "Limit": limit}
            page = self.call("QuillbankDesk", asked)
            seen += [row["PaymentNumber"] for row in page["Payments"]]
            start = page["NextOffset"]
        assert sorted(seen) == sorted(self.world.tables["payments"])

    @rule(tool=TOOLS, arguments=st.dictionaries(PARAMETERS, VALUES, max_size=4))
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

    def _sums(self) -> Counter[str]:
        sums: Counter[str] = Counter()
        for account in self.world.tables["money"].values():
            sums.update(account)
        return sums

    @invariant()
    def money_is_conserved(self) -> None:
        """The sum over all accounts stays, and no account is below zero."""
        accounts = self.world.tables["money"].values()
        assert self._sums() == self.sums
        assert min(cents for account in accounts for cents in account.values()) >= 0

    @invariant()
    def orders_are_paid_by_payments_that_stand(self) -> None:
        """What an order has paid is the sum of the payments for it that did not come back."""
        paid: Counter[str] = Counter()
        for record in self.world.tables["payments"].values():
            if record.get("order") and record["status"] not in ("stopped", "refunded"):
                paid[record["order"]] += record["cents"]
        for order, record in self.world.tables["orders"].items():
            assert record["paid_cents"] == paid[order] <= record["cents"]
            assert record["status"] == "open" or not paid[order]


TestPayments = Payments.TestCase
TestPayments.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
