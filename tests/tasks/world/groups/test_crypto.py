"""The crypto group."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import load_catalogue
from schemas.messages import ToolCall
from tasks.world.contract import Refused
from tasks.world.core import World
from tasks.world.groups.crypto import BEHAVIOURS, ledger
from tasks.world.groups.crypto.addresses import PREFIXES, draw_address, require_address

Act = Callable[..., Any]  # the fixtures' protocol


def totals(world: World) -> Counter[str]:
    """Return what all accounts hold together, per token."""
    sums: Counter[str] = Counter()
    for account in world.tables["ledger"].values():
        sums.update(account)
    return sums


def first_wallet(world: World) -> str:
    return next(iter(world.tables["wallets"]))


def test_a_new_wallet_can_be_looked_up(act: Act) -> None:
    """What one provider opened, another finds, with its starting balance."""
    opened = act("KiteCreateWallet", Chain="POLYGON", Nickname="Garden fund")
    found = act("chainlens_wallet_overview", address=opened["Address"])
    assert (found["label"], found["network"]) == ("Garden fund", "polygon")
    assert {"token": "BNB", "amount": 2.5} in found["holdings"]


def test_a_swap_is_seen_in_the_balances(world: World, act: Act) -> None:
    """The sold token goes down by exactly the amount, the bought one goes up."""
    wallet = first_wallet(world)
    before = {token: ledger.balance(world, wallet, token) for token in ledger.TOKENS}
    act("coinharbor_swap_bnb", wallet=wallet, bnb_amount=0.25, to_token="USDT")
    after = {token: ledger.balance(world, wallet, token) for token in ledger.TOKENS}
    assert before["BNB"] - after["BNB"] == 25_000_000
    assert after["USDT"] > before["USDT"]


def test_bridged_tokens_stay_with_the_owner(world: World, act: Act) -> None:
    """Tokens moved to another network show up under it when the wallet is looked up."""
    wallet = act("coinharbor_open_wallet", network="polygon", label="Mill purse")["wallet"]
    act(
        "KiteBridgeTokens",
        Wallet=wallet["address"],
        Token="DAI",
        Quantity="40.5",
        ToChain="ARBITRUM",
    )
    found = act("chainlens_wallet_overview", address=wallet["address"])
    held = [{"token": "DAI", "amount": 40.5}]
    assert found["elsewhere"] == [{"place": "arbitrum", "holdings": held}]


def test_sent_coins_leave_the_account(world: World, act: Act) -> None:
    """The account is debited by what the address receives."""
    address = draw_address("bitcoin", random.Random(3))
    before = ledger.balance(world, ledger.BITCOIN_ACCOUNT, "BTC")
    act("coinharbor_send_btc", to=address, amount="0.015")
    assert ledger.balance(world, address, "BTC") == 1_500_000
    assert ledger.balance(world, ledger.BITCOIN_ACCOUNT, "BTC") == before - 1_500_000


def test_a_deployed_contract_can_be_called(act: Act, refusal: Act) -> None:
    """It answers to the operations it was deployed with, and to no other."""
    deployed = act("chainscribe-deploy", label="Allotment ballot", network="optimism")
    address = deployed["contract"]["address"]
    assert act("KiteCallContract", ContractAddress=address, Operation=deployed["operations"][0])
    code = refusal("KiteCallContract", ContractAddress=address, Operation="close_poll")
    assert code == "UnknownOperation"


def test_a_bitcoin_request_can_be_queried_as_a_payment(act: Act) -> None:
    """Payment tools find it by its id."""
    asked = act("satchel_request_payment", amount_btc=0.004, memo="Deposit for the boat shed")
    found = act("ledgerly_get_payment", payment_id=asked["request"]["payment_id"])
    assert found["status_line"] == "awaiting payment, 0.004 BTC from a bitcoin payer"


def test_each_provider_spells_its_error_codes_its_own_way(refusal: Act) -> None:
    """Two providers refuse the same thing under different codes."""
    assert refusal("chainlens_wallet_overview", address="nowhere") == "unknown_wallet"
    assert refusal("twinpoolGetBalances", walletAddress="nowhere") == "ERR_UNKNOWN_WALLET"


def test_what_can_not_be_done_is_refused(world: World, refusal: Act) -> None:
    """Too much, too fine, the same token, the same network and a mistyped address."""
    wallet, record = next(iter(world.tables["wallets"].items()))
    swap = {"wallet": wallet, "from_token": "BNB", "to_token": "BNB"}
    assert refusal("coinharbor_swap_tokens", **swap, amount=1) == "same_token"
    dust = {"wallet": wallet, "from_token": "DAI", "to_token": "ETH"}
    assert refusal("coinharbor_swap_tokens", **dust, amount=1e-8) == "amount_too_small"
    mixed = {"wallet": wallet, "token": "ETH"}
    assert refusal("poolveil_mix", **mixed, amount=900_000) == "insufficient_funds"
    assert refusal("poolveil_mix", **mixed, amount=1e-9) == "bad_amount"
    there = {"source_wallet": wallet, "asset": "ETH", "destination_network": record["network"]}
    assert refusal("spanbridge_transfer", **there, amount=0.1) == "same_network"
    typo = draw_address("monero", random.Random(1))[:-1] + "!"
    assert refusal("quietcoin_transfer", destination=typo, amount_xmr=1) == "invalid_address"


@pytest.mark.parametrize("coin", PREFIXES)
def test_example_addresses_are_valid(coin: str) -> None:
    """The addresses that tool descriptions show pass the world's own check."""
    properties: list[Any] = [
        tool.parameters["properties"] for tool in load_catalogue().tools.values()
    ]
    schemas = [schema for each in properties for schema in each.values()]
    shown = [str(example) for schema in schemas for example in schema.get("examples", [])]
    examples = [example for example in shown if example.startswith(PREFIXES[coin])]
    assert examples
    for example in examples:
        require_address(coin, example)


@given(st.sampled_from(sorted(PREFIXES)), st.integers(0, 10**6), st.integers(0, 27), st.data())
def test_a_mistyped_address_is_refused(
    coin: str, seed: int, place: int, data: st.DataObject
) -> None:
    """Changing any one character makes an address invalid."""
    address = draw_address(coin, random.Random(seed))
    require_address(coin, address)
    letter = data.draw(st.sampled_from("0123456789abcdefxyz").filter(lambda c: c != address[place]))
    with pytest.raises(Refused):
        require_address(coin, address[:place] + letter + address[place + 1 :])


AMOUNTS = st.decimals(0, 400, places=3).filter(bool)
TOKENS = st.sampled_from(ledger.TOKENS)
MOVES = st.one_of(
    st.tuples(st.just("twinpoolSwapTokens"), st.fixed_dictionaries(
        {"sellToken": TOKENS, "buyToken": TOKENS, "sellAmount": AMOUNTS.map(str)})),
    st.tuples(st.just("poolveil_mix"), st.fixed_dictionaries(
        {"token": TOKENS, "amount": AMOUNTS.map(float)})),
    st.tuples(st.just("KiteBridgeTokens"), st.fixed_dictionaries(
        {"Token": TOKENS, "Quantity": AMOUNTS.map(str), "ToChain": st.just("POLYGON")})),
    st.tuples(st.just("KiteCreateWallet"), st.fixed_dictionaries(
        {"Chain": st.just("POLYGON"), "Nickname": st.text(min_size=1, max_size=9)})),
)  # fmt: skip
WALLET_PARAMETER = {
    "twinpoolSwapTokens": "walletAddress", "poolveil_mix": "wallet", "KiteBridgeTokens": "Wallet",
}  # fmt: skip


@given(st.integers(0, 50), st.lists(MOVES, max_size=6))
def test_no_token_appears_or_vanishes(seed: int, moves: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever is called, the sum over all accounts stays; no balance is below zero."""
    world = World(seed)
    before = totals(world)
    for name, arguments in moves:
        wallet = {WALLET_PARAMETER[name]: first_wallet(world)} if name in WALLET_PARAMETER else {}
        world.call(ToolCall(id="c", name=name, arguments={**wallet, **arguments}))
    assert totals(world) == before
    assert all(units >= 0 for held in world.tables["ledger"].values() for units in held.values())


def test_amounts_read_like_a_person_writes_them() -> None:
    """Units become whole or decimal numbers and text without trailing zeros."""
    assert ledger.to_number(ledger.to_units(12)) == 12
    assert ledger.to_number(ledger.to_units(0.0153)) == 0.0153
    assert ledger.show(120_450_000_000) == "1,204.5"


def test_every_capability_has_two_providers() -> None:
    """Each crypto capability can be met with differently shaped tools."""
    catalogue = load_catalogue()
    counts = Counter(catalogue.tools[name].capability for name in BEHAVIOURS)
    assert len(counts) == 12
    assert min(counts.values()) >= 2
