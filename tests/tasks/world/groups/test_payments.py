"""The payments group."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.messages import ToolCall
from tasks.world.core import World
from tasks.world.groups.payments import CURRENCIES, EFFECTS, OWN
from tests.tasks.world.groups.conftest import yields_of

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


def send(act: Act, payee: str, cents: int = 2490, **more: str) -> str:
    sent = {"pay-to": payee, "minor-units": cents, "in-currency": "EUR", **more}
    return str(act("brasswing-transfers", task="send", **sent)["transfer"]["number"])


def test_a_payment_that_is_processing_is_stopped(world: World, act: Act) -> None:
    """Its money is back at once, and no refund is booked."""
    before = dict(world.tables["money"][OWN])
    payment = send(act, first_payee(world))
    done = act("brasswing-transfers", **{"task": "take-back", "transfer-number": payment})
    assert (done["state"], done["returned"], done["refund"]) == ("stopped", "24.90 EUR", None)
    assert act("brasswing-transfers", task="balance")["minor-units"] == before
    seen = act("QuillbankDesk", Action="Find", PaymentNumber=payment)["Payment"]["Statement"]
    assert seen == f"24.90 EUR to {first_payee(world)}, stopped"


def test_a_settled_payment_is_refunded(world: World, act: Act) -> None:
    """The refund is a booking of its own that comes from the payee and settles in turn."""
    before = totals(world)
    payee = first_payee(world)
    payment = send(act, payee)
    for _ in range(2):
        act("florinet_statement", view="balances")
    done = act("QuillbankDesk", Action="Refund", PaymentNumber=payment)
    assert (done["Status"], done["Returned"]) == ("Refunded", "24.90 EUR")
    seen = act("florinet_statement", view="payment", payment_ref=done["RefundNumber"])["entry"]
    assert seen["line"] == f"processing, 24.90 EUR from {payee}"
    assert (seen["kind"], seen["for"]) == ("refund", payment)
    later = act("ledgerly_get_payment", payment_id=done["RefundNumber"])
    assert later["status"] == "settled"
    assert totals(world) == before
    assert world.tables["money"][payee]["EUR"] == 0


def test_an_order_is_due_again_when_its_payment_is_taken_back(world: World, act: Act) -> None:
    """It can be paid a second time, or cancelled."""
    product = next(iter(world.tables["products"]))
    order = act("cratehouse_place_order", product_id=product, quantity=1)["order"]
    bill = {"Amount": str(order["total"]), "Currency": order["currency"]}
    for _ in range(2):
        bill |= {"Beneficiary": order["seller"], "Reference": order["order_id"]}
        payment = act("TillstonePay", **bill)["Confirmation"]["PaymentId"]
        done = act("QuillbankDesk", Action="Refund", PaymentNumber=payment)
        assert done["DueAgain"] == order["order_id"]
    cancelled = {"do": "cancel", "order-id": order["order_id"]}
    assert act("satchelry-orders", **cancelled)["status"] == "cancelled"


def test_what_is_back_or_never_was_paid_does_not_come_back(
    world: World, act: Act, refusal: Act
) -> None:
    """A second refund, a refund's refund and a bitcoin request's refund are refused."""
    payment = send(act, first_payee(world))
    for _ in range(2):
        act("florinet_statement", view="balances")
    refund = act("QuillbankDesk", Action="Refund", PaymentNumber=payment)["RefundNumber"]
    asked = act("satchel_request_payment", amount_btc=0.004, memo="Deposit for the boat shed")
    request = asked["request"]["payment_id"]
    again = {"task": "take-back", "transfer-number": payment}
    assert refusal("brasswing-transfers", **again) == "already-taken-back"
    for number in (refund, request):
        code = refusal("QuillbankDesk", Action="Refund", PaymentNumber=number)
        assert code == "NotRefundable"
    assert refusal("QuillbankDesk", Action="Refund", PaymentNumber="pay-0") == "UnknownPayment"


def test_a_bitcoin_request_is_looked_up_like_a_payment(act: Act) -> None:
    """Every tool that looks payments up describes it."""
    asked = act("satchel_request_payment", amount_btc=0.004, memo="Deposit for the boat shed")
    request = asked["request"]["payment_id"]
    seen = act("florinet_statement", view="payment", payment_ref=request)["entry"]
    assert (seen["kind"], seen["for"]) == ("bitcoin request", "Deposit for the boat shed")
    found = act("QuillbankDesk", Action="Find", PaymentNumber=request)["Payment"]
    assert found["Statement"].endswith("BTC from a bitcoin payer, awaiting payment")


def test_the_history_has_all_that_went_out_and_in(world: World, act: Act) -> None:
    """Its pages hold every payment once, the latest first."""
    for cents in range(100, 900, 100):
        send(act, first_payee(world), cents)
    asked = act("satchel_request_payment", amount_btc=0.004, memo="Deposit for the boat shed")
    seen, cursor = [], "from-0"
    while cursor:
        page = act("florinet_statement", view="history", cursor=cursor)
        seen += [entry["payment_ref"] for entry in page["entries"]]
        cursor = page["next_cursor"]
    assert seen[0] == asked["request"]["payment_id"]
    assert page["total"] == len(seen) == len(set(seen))
    assert set(seen) == set(world.tables["payments"])
    listed = act("QuillbankDesk", Action="List", Offset=1, Limit=8)
    assert [row["PaymentNumber"] for row in listed["Payments"]] == seen[1:9]
    assert (listed["InAll"], listed["NextOffset"]) == (len(seen), 9)


def test_the_history_can_be_narrowed(world: World, act: Act) -> None:
    """One direction and a part of a name leave what they name."""
    payee = first_payee(world)
    payment = send(act, payee)
    act("satchel_request_payment", amount_btc=0.004, memo="Deposit for the boat shed")
    found = act("florinet_statement", view="history", direction="out", party=payee.upper())
    assert [entry["payment_ref"] for entry in found["entries"]] == [payment]
    incoming = act("florinet_statement", view="history", direction="in")
    assert [entry["line"][-20:] for entry in incoming["entries"]] == ["from a bitcoin payer"]


def test_everybody_in_the_address_book_is_listed(world: World, act: Act) -> None:
    """The pages hold every payee, and words of a name find it first."""
    seen, page = [], 1
    while page:
        listed = act("brasswing-transfers", **{"task": "list-payees", "page": page})
        seen += listed["payees"]
        page = listed["next-page"]
    assert seen == sorted(world.tables["payees"])
    payee = first_payee(world)
    found = act("florinet_statement", view="payees", party=payee.lower())["payees"]
    assert found[0] == payee


def test_balances_are_told_in_each_unit(world: World, act: Act) -> None:
    """Cents, decimals and text say the same."""
    held = world.tables["money"][OWN]["EUR"]
    assert act("QuillbankDesk", Action="Balance", Currency="EUR")["Balance"] == held / 100
    text = act("florinet_statement", view="balances")["balances"][0]
    assert text == f"{held / 100:,.2f} EUR"


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("brasswing-transfers", {"task": "send", "minor-units": 5}, "missing-parameter"),
        ("brasswing-transfers", {"task": "balance", "page": 1}, "unexpected-parameter"),
        ("florinet_statement", {"view": "payment"}, "missingParameter"),
        ("florinet_statement", {"view": "balances", "party": "a"}, "unexpectedParameter"),
        ("QuillbankDesk", {"Action": "Balance"}, "MissingParameter"),
    ],
)
def test_parameters_have_to_go_together(
    refusal: Act, tool: str, arguments: dict[str, Any], code: str
) -> None:
    """What an action lacks or can't use is refused in the provider's own spelling."""
    assert refusal(tool, **arguments) == code


def test_an_unknown_payee_is_refused_with_those_of_a_like_name(world: World) -> None:
    """The hint names whoever shares a word."""
    payee = first_payee(world)
    wrong = {"Beneficiary": f"{payee.split()[0]} and Sons", "Amount": "5", "Currency": "EUR"}
    done = world.call(ToolCall(id="c", name="TillstonePay", arguments=dict(wrong)))
    assert payee.split()[0] in str(done.result).split("address book")[1]


def test_a_payment_taken_back_is_a_lost_effect(world: World, act: Act) -> None:
    """The effect holds while the payment stands, another one like it notwithstanding."""
    payee = first_payee(world)
    needs = {"payee": payee, "amount": 24.9, "currency": "EUR"}
    paid = {"recipientName": payee, "amount": 24.9, "currencyCode": "EUR"}
    result = act("paywrenSendMoney", **paid)
    act("paywrenSendMoney", **paid)
    effect, made = EFFECTS["Payments.create_payment"], yields_of("Payments.create_payment", result)
    assert effect(world, dict(needs), made) is None
    act("QuillbankDesk", Action="Refund", PaymentNumber=result["paymentId"])
    assert "taken back" in str(
        effect(world, dict(needs), yields_of("Payments.create_payment", result))
    )


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
