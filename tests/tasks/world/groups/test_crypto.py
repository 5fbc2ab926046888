"""The crypto group."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import load_catalogue
from tasks.world.contract import Refused
from tasks.world.core import World
from tasks.world.groups.crypto import BEHAVIOURS, EFFECTS, ledger
from tasks.world.groups.crypto.addresses import PREFIXES, draw_address, require_address

Act = Callable[..., Any]  # the fixtures' protocol


def first_wallet(world: World) -> str:
    return next(iter(world.tables["wallets"]))


def holdings(world: World, wallet: str) -> list[int]:
    return [ledger.balance(world, wallet, token) for token in ledger.TOKENS]


def other_network(world: World, wallet: str) -> str:
    own = world.tables["wallets"][wallet]["network"]
    return "polygon" if own != "polygon" else "ethereum"


def test_a_new_wallet_can_be_looked_up(act: Act) -> None:
    """What one provider opened, another finds, with its starting balance."""
    opened = act("KiteCreateWallet", Chain="POLYGON", Nickname="Garden fund")
    found = act("chainlens_wallet_overview", address=opened["Address"])
    assert (found["label"], found["network"]) == ("Garden fund", "polygon")
    assert {"token": "BNB", "amount": 2.5} in found["holdings"]


def test_wallets_are_listed_newest_first_in_pages(act: Act) -> None:
    """Another provider's wallet leads the list, whose pages lead to the last wallet."""
    address = act("KiteCreateWallet", Chain="POLYGON", Nickname="Garden fund")["Address"]
    first = act("purseline_wallets", operation="list")
    assert first["wallets"][0] == {"wallet_id": address, "name": "Garden fund", "chain": "polygon"}
    assert (first["total"], len(first["wallets"]), first["next_page"]) == (6, 4, 2)
    last = act("purseline_wallets", operation="list", page=2)
    assert (len(last["wallets"]), last["next_page"]) == (2, None)
    assert act("purseline_wallets", operation="list", page=9)["wallets"] == []
    only = act("purseline_wallets", operation="list", chain="polygon")["wallets"]
    assert {each["chain"] for each in only} == {"polygon"}


def test_a_renamed_wallet_is_not_the_one_asked_for(world: World, act: Act, refusal: Act) -> None:
    """Its new name is what others find; that it was opened under the old one is lost."""
    needs = {"network": "polygon", "label": "Garden fund"}
    made = act("purseline_wallets", operation="open", chain="polygon", name="Garden fund")
    wallet = made["opened"]["wallet_id"]
    assert EFFECTS["Crypto.create_wallet"](world, needs, made) is None
    renamed = {"operation": "rename", "wallet_id": wallet, "name": "Mill purse"}
    assert act("purseline_wallets", **renamed)["renamed"]["from"] == "Garden fund"
    assert act("chainlens_wallet_overview", address=wallet)["label"] == "Mill purse"
    assert EFFECTS["Crypto.create_wallet"](world, needs, made)
    assert refusal("purseline_wallets", **renamed) == "same_name"
    assert refusal("purseline_wallets", **renamed | {"wallet_id": "no"}) == "unknown_wallet"


def test_a_swap_is_seen_in_the_balances(world: World, act: Act) -> None:
    """The sold token goes down by exactly the amount, the bought one goes up."""
    wallet = first_wallet(world)
    before = {token: ledger.balance(world, wallet, token) for token in ledger.TOKENS}
    act("coinharbor_swap_bnb", wallet=wallet, bnb_amount=0.25, to_token="USDT")
    after = {token: ledger.balance(world, wallet, token) for token in ledger.TOKENS}
    assert before["BNB"] - after["BNB"] == 25_000_000
    assert after["USDT"] > before["USDT"]


def test_a_quote_is_what_a_swap_gives_until_the_next_swap(world: World, act: Act) -> None:
    """The quoted amount is credited; after it the same quote is a little lower."""
    wallet = first_wallet(world)
    asked = {"give": "ETH", "get": "DAI", "give_amount": 0.25}
    quoted = act("larkswap_exchange", step="quote", **asked)["quote"]["get_amount"]
    assert act("larkswap_exchange", step="quote", **asked)["quote"]["get_amount"] == quoted
    made = act("larkswap_exchange", step="swap", account=wallet, **asked)
    assert made["swap"]["got_amount"] == quoted
    later = act("larkswap_exchange", step="quote", **asked)["quote"]["get_amount"]
    assert 0.99 * quoted < later < quoted


def test_there_and_back_gains_nothing(world: World, act: Act) -> None:
    """Swapping back what a swap gave never leaves more than there was."""
    wallet, before = first_wallet(world), ledger.balance(world, first_wallet(world), "ETH")
    swap = {"step": "swap", "account": wallet}
    got = act("larkswap_exchange", **swap, give="ETH", get="DAI", give_amount=0.25)["swap"]
    act("larkswap_exchange", **swap, give="DAI", get="ETH", give_amount=got["got_amount"])
    assert before - 10 <= ledger.balance(world, wallet, "ETH") <= before


@pytest.mark.parametrize("share", [1, 2])
def test_what_was_mixed_can_be_taken_back_out(
    world: World, act: Act, refusal: Act, share: int
) -> None:
    """It returns to the wallet that put it in; taken back, even partly, it was not mixed."""
    wallet, before = first_wallet(world), holdings(world, first_wallet(world))
    needs = {"wallet": wallet, "token": "ETH", "amount": 0.5}
    act("poolveil_mix", **needs)
    pooled = act("stillwater-pool", task="balance", holder=wallet)["in_pool"]
    assert pooled == [{"token": "ETH", "amount": 0.5}]
    assert EFFECTS["Crypto.mix_tokens"](world, needs, {}) is None
    out = {"task": "take_out", "holder": wallet, "coin": "ETH"}
    assert refusal("stillwater-pool", **out, quantity="0.50000001") == "insufficient_funds"
    assert refusal("stillwater-pool", **out | {"coin": "DAI"}, quantity="1") == "insufficient_funds"
    for _ in range(share):
        act("stillwater-pool", **out, quantity=str(0.5 / share))
        assert EFFECTS["Crypto.mix_tokens"](world, needs, {})
    assert holdings(world, wallet) == before
    assert act("chainlens_wallet_overview", address=wallet)["elsewhere"] == []


def test_taking_out_undoes_what_was_put_in_last(world: World, act: Act) -> None:
    """An earlier deposit of another amount stays as it was."""
    wallet = first_wallet(world)
    for amount in (0.5, 0.25):
        act("poolveil_mix", wallet=wallet, token="ETH", amount=amount)
    act("stillwater-pool", task="take_out", holder=wallet, coin="ETH", quantity="0.25")
    needs = {"wallet": wallet, "token": "ETH"}
    assert EFFECTS["Crypto.mix_tokens"](world, needs | {"amount": 0.5}, {}) is None
    assert EFFECTS["Crypto.mix_tokens"](world, needs | {"amount": 0.25}, {})


def test_what_was_bridged_can_be_recalled(world: World, act: Act, refusal: Act) -> None:
    """It returns to its wallet from the network it went to, and from no other."""
    wallet, before = first_wallet(world), holdings(world, first_wallet(world))
    network = other_network(world, wallet)
    needs = {"wallet": wallet, "token": "DAI", "amount": 40.5, "network": network}
    sent = {"Wallet": wallet, "Token": "DAI", "Quantity": "40.5", "ToChain": network.upper()}
    act("KiteBridgeTokens", **sent)
    assert EFFECTS["Crypto.transfer_cross_chain"](world, needs, {}) is None
    abroad = act("ferrylaneCrossing", mode="abroad", ownWallet=wallet)["abroad"]
    assert abroad == [{"network": network, "tokens": [{"token": "DAI", "amount": 40.5}]}]
    back = {"mode": "recall", "ownWallet": wallet, "tokenSymbol": "DAI", "tokenAmount": 40.5}
    assert refusal("ferrylaneCrossing", **back, otherNetwork="avalanche") in {
        "insufficient_funds", "same_network",
    }  # fmt: skip
    act("ferrylaneCrossing", **back, otherNetwork=network)
    assert holdings(world, wallet) == before
    assert EFFECTS["Crypto.transfer_cross_chain"](world, needs, {})
    assert refusal("ferrylaneCrossing", **back, otherNetwork=network) == "insufficient_funds"


def test_what_is_mixed_is_not_abroad(world: World, act: Act) -> None:
    """The bridge's view leaves the mixing pool out."""
    wallet = first_wallet(world)
    act("poolveil_mix", wallet=wallet, token="ETH", amount=0.5)
    assert act("ferrylaneCrossing", mode="abroad", ownWallet=wallet)["abroad"] == []


def test_confirmations_grow_with_the_clock(world: World, act: Act, refusal: Act) -> None:
    """A transaction has one confirmation a minute, and is settled after three."""
    wallet = first_wallet(world)
    made = act("poolveil_mix", wallet=wallet, token="ETH", amount=0.5)["deposit"]["transaction"]
    asked = {"look_up": "transaction", "tx_hash": made}
    found = [act("scanfold_explore", **asked) for _ in range(3)]
    assert [each["confirmations"] for each in found] == [1, 2, 3]
    assert [each["settled"] for each in found] == [False, False, True]
    assert {each["text"] for each in found} == {"0.5 ETH passed into the mixing pool"}
    assert refusal("scanfold_explore", **asked | {"tx_hash": "x"}) == "unknown_transaction"


def test_a_history_tells_what_each_tool_did(world: World, act: Act) -> None:
    """All that happened to a wallet is there, newest first, in pages."""
    opened = act("coinharbor_open_wallet", network="polygon", label="Mill purse")["wallet"]
    wallet = opened["address"]
    moved = {"ownWallet": wallet, "tokenSymbol": "DAI", "tokenAmount": 5}
    act("ferrylaneCrossing", mode="send", otherNetwork="arbitrum", **moved)
    act("ferrylaneCrossing", mode="recall", otherNetwork="arbitrum", **moved)
    act("KiteMixTokens", FromWallet=wallet, Symbol="LINK", Amount="2")
    act("stillwater-pool", task="take_out", holder=wallet, coin="LINK", quantity="2")
    act("coinharbor_swap_bnb", wallet=wallet, bnb_amount=1, to_token="USDT")
    asked = {"look_up": "history", "address": wallet}
    pages = [act("scanfold_explore", **asked, limit=4, offset=start) for start in (0, 4)]
    assert [(page["total"], page["next_offset"]) for page in pages] == [(6, 4), (6, None)]
    found = [each["kind"] for page in pages for each in page["transactions"]]
    moves = ["mix return", "mix", "bridge return", "bridge"]
    assert found == ["swap", *moves, "opening"]


def test_a_new_world_has_a_history(world: World) -> None:
    """Some wallets received something before the world's first minute."""
    earlier = world.tables["transactions"].values()
    assert earlier
    assert all(each["minute"] < world.clock for each in earlier)


def test_sent_coins_are_found_by_address_and_by_hash(act: Act, refusal: Act) -> None:
    """A coin address has a history; a mistyped one and a stranger's name have none."""
    address = draw_address("monero", random.Random(3))
    sent = act("KiteSendMonero", ToAddress=address, Amount="1.75")["TransactionId"]
    asked = {"look_up": "history", "address": address}
    (entry,) = act("scanfold_explore", **asked)["transactions"]
    assert (entry["tx_hash"], entry["text"]) == (sent, f"1.75 XMR sent to {address}")
    code = refusal("scanfold_explore", **asked | {"address": address[:-1] + "!"})
    assert code == "invalid_address"
    assert refusal("scanfold_explore", **asked | {"address": "nobody"}) == "unknown_address"


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


def test_an_operation_shows_in_what_a_contract_keeps(act: Act, refusal: Act) -> None:
    """A figure grows with each call, and past calls are listed newest first, in pages."""
    made = act("KiteDeployContract", ContractName="Choir membership", Chain="POLYGON")
    address = made["ContractAddress"]
    read = {"task": "readState", "contractAddress": address}
    assert set(act("blockwrightContract", **read)["state"].values()) == {0}
    for method in ("admit_member", "pause_membership", *("admit_member",) * 7):
        act("chainscribe-call", contract=address, method=method)
    state = act("blockwrightContract", **read)["state"]
    assert (state["members"], state["pauses"], state["renewals"]) == (8, 1, 0)
    past = {"task": "pastExecutions", "contractAddress": address}
    first = act("blockwrightContract", **past)
    assert (first["count"], len(first["executions"])) == (9, 8)
    last = act("blockwrightContract", **past, cursor=first["nextCursor"])
    assert ([each["function"] for each in last["executions"]], last["nextCursor"]) == (
        ["admit_member"],
        None,
    )
    assert refusal("blockwrightContract", **past, cursor="no") == "ERR_UNKNOWN_CURSOR"


def test_an_execution_says_what_it_changed(act: Act) -> None:
    """The state after it is the one that is read next."""
    made = act("chainscribe-deploy", label="Mill pact", network="optimism", template="escrow")
    asked = {"contractAddress": made["contract"]["address"]}
    done = act("blockwrightContract", task="execute", functionName="extend_deadline", **asked)
    assert done["execution"]["stateAfter"]["days"] == 7
    read = act("blockwrightContract", task="readState", **asked)
    assert read["state"] == done["execution"]["stateAfter"]


def test_contracts_are_listed(act: Act) -> None:
    """The newest leads, and the pages hold all."""
    made = act("chainscribe-deploy", label="Mill pact", network="optimism")["contract"]["address"]
    first = act("blockwrightContract", task="listContracts")
    assert first["contracts"][0] == {
        "contractAddress": made, "name": "Mill pact", "chain": "optimism",
    }  # fmt: skip
    last = act("blockwrightContract", task="listContracts", cursor=first["nextCursor"])
    assert len(first["contracts"]) + len(last["contracts"]) == first["count"] == 5


def test_a_program_keeps_what_was_invoked(act: Act, refusal: Act) -> None:
    """Another provider's call shows in its data and leads its log."""
    program = act("solmere_program", command="programs")["programs"][0]
    before = act("solmere_program", command="data", program_id=program)
    handler = before["handlers"][1]
    sent = act("sunline_invoke_program", program=program, instruction=handler)["signature"]
    act("solmere_program", command="invoke", program_id=program, handler=handler)
    assert act("solmere_program", command="data", program_id=program)["data"] != before["data"]
    log = act("solmere_program", command="log", program_id=program, from_entry=1)
    assert (log["entries_in_all"], log["continue_from"]) == (2, None)
    assert log["entries"] == [{"sig": sent, "text": f"{handler} run on {program}"}]
    wrong = {"command": "invoke", "program_id": program, "handler": "nothing"}
    assert refusal("solmere_program", **wrong) == "unknown_operation"


def test_a_cancelled_request_was_not_made(world: World, act: Act, refusal: Act) -> None:
    """Payment tools see it cancelled; it can't be cancelled twice, nor can other payments."""
    needs = {"amount": 0.004, "memo": "Deposit for the boat shed"}
    asked = act("tilltreeCreateInvoice", btcAmount="0.004", memoLine=needs["memo"])
    assert EFFECTS["Crypto.create_bitcoin_payment"](world, needs, asked) is None
    cancel = {"Do": "Cancel", "RequestId": asked["invoiceId"]}
    assert act("MintwellRequests", **cancel)["Request"]["State"] == "cancelled"
    assert EFFECTS["Crypto.create_bitcoin_payment"](world, needs, asked)
    found = act("paywrenPaymentStatus", paymentId=asked["invoiceId"])
    assert found["status"]["code"] == "CANCELLED"
    assert refusal("MintwellRequests", **cancel) == "AlreadyCancelled"
    payment = next(iter(world.tables["payments"]))
    assert refusal("MintwellRequests", Do="Cancel", RequestId=payment) == "NotARequest"
    assert refusal("MintwellRequests", Do="Cancel", RequestId="no") == "UnknownPayment"


def test_a_request_is_paid_once_all_of_it_arrived(act: Act, refusal: Act) -> None:
    """Its address takes bitcoin from any tool; nothing that arrived is cancelled away."""
    made = act("MintwellRequests", Do="Ask", Btc=0.004, Purpose="Ticket sales")["Request"]
    read = {"Do": "Read", "RequestId": made["Id"]}
    act("satchel_send_bitcoin", address=made["PayTo"], amount_btc=0.001)
    half = act("MintwellRequests", **read)["Request"]
    assert (half["State"], half["BtcReceived"]) == ("awaiting payment", 0.001)
    assert refusal("MintwellRequests", **read | {"Do": "Cancel"}) == "AlreadyPaid"
    act("coinharbor_send_btc", to=made["PayTo"], amount="0.003")
    assert act("MintwellRequests", **read)["Request"]["State"] == "paid"
    line = act("ledgerly_get_payment", payment_id=made["Id"])["status_line"]
    assert line.startswith("paid")


def test_requests_are_listed_newest_first(act: Act) -> None:
    """All providers' requests are on the list, in pages, and no payment of another kind."""
    for number in range(5):
        act("satchel_request_payment", amount_btc=0.004, memo=f"Ticket {number}")
    first = act("MintwellRequests", Do="List")
    assert ([each["Purpose"] for each in first["Requests"]], first["Count"]) == (
        ["Ticket 4", "Ticket 3", "Ticket 2", "Ticket 1"],
        5,
    )
    last = act("MintwellRequests", Do="List", Skip=first["SkipNext"], Top=2)
    assert ([each["Purpose"] for each in last["Requests"]], last["SkipNext"]) == (
        ["Ticket 0"],
        None,
    )


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("purseline_wallets", {"operation": "rename", "name": "Mill purse"}),
        ("scanfold_explore", {"look_up": "transaction"}),
        ("larkswap_exchange", {"step": "swap", "give": "ETH", "get": "DAI", "give_amount": 1}),
        ("stillwater-pool", {"task": "take_out", "holder": "sim0x", "coin": "DAI"}),
        ("ferrylaneCrossing", {"mode": "recall", "ownWallet": "sim0x", "tokenSymbol": "DAI"}),
        ("solmere_program", {"command": "data"}),
    ],
)
def test_what_an_action_needs_is_asked_for(
    refusal: Act, tool: str, arguments: dict[str, Any]
) -> None:
    """A desk names what is missing for what it was told to do."""
    assert refusal(tool, **arguments) == "missing_parameter"


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
    assert len(BEHAVIOURS) == 32
