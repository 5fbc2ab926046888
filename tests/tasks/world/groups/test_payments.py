"""The payments group."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.messages import ToolCall
from tasks.world.core import World
from tasks.world.groups.payments import CURRENCIES, OWN

Act = Callable[..., Any]  # the fixtures' protocol


def first_payee(world: World) -> str:
    return next(iter(world.tables["payees"]))


def totals(world: World) -> Counter[str]:
    """Return what all accounts hold together, per currency, in cents."""
    sums: Counter[str] = Counter()
    for account in world.tables["money"].values():
        sums.update(account)
    return sums


def test_a_payment_settles_after_a_while(world: World, act: Act) -> None:
    """It is processing right after it was made and settled two calls later."""
    payee = first_payee(world)
    made = act("paywrenSendMoney", recipientName=payee, amount=24.9, currencyCode="EUR")
    seen = act("ledgerly_get_payment", payment_id=made["paymentId"])
    assert seen["status_line"] == f"processing, 24.90 EUR to {payee}"
    later = act("paywrenPaymentStatus", paymentId=made["paymentId"])
    assert later["status"] == {"code": "SETTLED", "text": f"24.90 EUR to {payee} is settled"}


def test_cents_and_decimals_pay_the_same(world: World, act: Act) -> None:
    """Three providers with three units book one amount."""
    payee = first_payee(world)
    act("ledgerly_create_payment", payee=payee, amount_cents=1250, currency="CHF")
    act("paywrenSendMoney", recipientName=payee, amount=12.5, currencyCode="CHF")
    act("TillstonePay", Beneficiary=payee, Amount="12.5", Currency="CHF")
    assert world.tables["money"][payee]["CHF"] == 3 * 1250


def test_paying_an_order_settles_it(world: World, act: Act, refusal: Act) -> None:
    """An order takes what is due, from the right payer to its seller, and nothing after that."""
    product = next(iter(world.tables["products"]))
    order = act("cratehouse_place_order", product_id=product, quantity=1)["order"]
    due = {"amount": order["total"], "currencyCode": order["currency"]}
    paid = {**due, "recipientName": order["seller"], "orderId": order["order_id"]}
    other = {**paid, "recipientName": "Nobody There"}
    assert refusal("paywrenSendMoney", **other) == "ERR_UNKNOWN_PAYEE"
    assert refusal("paywrenSendMoney", **{**paid, "amount": 9000}) == "ERR_MORE_THAN_DUE"
    act("paywrenSendMoney", **paid)
    assert refusal("paywrenSendMoney", **paid) == "ERR_MORE_THAN_DUE"


def test_more_than_there_is_can_not_be_paid(world: World, refusal: Act) -> None:
    """The account is never overdrawn."""
    paid = {"Beneficiary": first_payee(world), "Amount": "999999", "Currency": "EUR"}
    assert refusal("TillstonePay", **paid) == "InsufficientFunds"


def test_an_unknown_payment_is_refused_with_known_ones(world: World, act: Act) -> None:
    """The error names payments that there are."""
    call = ToolCall(id="c", name="TillstoneLookup", arguments={"PaymentId": "pay-0"})
    assert next(iter(world.tables["payments"])) in str(world.call(call).result)


PAYMENTS = st.tuples(st.integers(0, 5), st.integers(1, 4_000_000), st.sampled_from(CURRENCIES))


@given(st.integers(0, 50), st.lists(PAYMENTS, max_size=6))
def test_money_is_conserved(seed: int, payments: list[tuple[int, int, str]]) -> None:
    """The sum over all accounts stays, and the own account is not below zero."""
    world = World(seed)
    before = totals(world)
    for place, cents, currency in payments:
        payee = list(world.tables["payees"])[place]
        paid = {"payee": payee, "amount_cents": cents, "currency": currency}
        world.call(ToolCall(id="c", name="ledgerly_create_payment", arguments=paid))
    assert totals(world) == before
    assert min(world.tables["money"][OWN].values()) >= 0
