"""The crypto group under any sequence of calls: nothing is lost, and what was made is found."""

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from schemas.base import JsonObject, JsonValue
from schemas.catalogue import load_catalogue
from schemas.dataflow import fill_arguments, pick, yielded
from tasks.world.core import World
from tasks.world.groups.crypto import BEHAVIOURS, elsewhere, ledger
from tasks.world.groups.crypto.pools import NETWORKS as NETWORK_NAMES
from tests.tasks.world.machines.checked import checked_call

TOOLS = {name: load_catalogue().tools[name] for name in sorted(BEHAVIOURS)}
TOKENS = st.sampled_from(ledger.TOKENS)
NETWORKS = st.sampled_from(NETWORK_NAMES)
AMOUNTS = st.decimals(0, 60, places=3).filter(bool)
LABELS = st.sampled_from(("Garden fund", "Ferry till", "Mill purse", "Choir budget"))
JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
Place = tuple[str, str, str]  # a wallet, where its tokens are, and which
Moved = MultipleResults[tuple[Place, Decimal]]  # for a bundle: one, or none if it was refused


def tools_for(capability: str) -> st.SearchStrategy[str]:
    """Return the tools of every provider that implement a capability."""
    return st.sampled_from(
        [tool.name for tool in load_catalogue().tools_for(f"Crypto.{capability}")]
    )


def any_value(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values of which some fit the schema of a parameter."""
    shown = schema.get("enum") or schema.get("examples") or [1, 2, 3]
    return st.sampled_from(shown) | JSON


class CryptoMachine(RuleBasedStateMachine):
    """Calls crypto tools, and keeps a small account of its own of what should be there."""

    wallets = Bundle("wallets")
    waiting = Bundle("waiting")  # payment requests that nothing was paid on
    contracts = Bundle("contracts")
    moved = Bundle("moved")  # what was put elsewhere: wallet, place, token and the amount

    @initialize(target=wallets, seed=st.integers(0, 40))
    def begin(self, seed: int) -> MultipleResults[str]:
        """A world starts with wallets, whose names are known."""
        self.world = World(seed)
        self.sums = self.totals()
        self.names = {key: row["label"] for key, row in self.world.tables["wallets"].items()}
        self.away: Counter[Place] = Counter()
        self.runs: Counter[str] = Counter()
        self.seen: dict[str, int] = {}
        return multiple(*self.names)

    def totals(self) -> Counter[str]:
        """Return what all accounts hold together, per token."""
        sums: Counter[str] = Counter()
        for account in self.world.tables["ledger"].values():
            sums.update(account)
        return sums

    def call(self, tool: str, **arguments: JsonValue) -> tuple[bool, Any]:
        """Make a call; one that notes a change leaves another world."""
        before = self.world.digest()
        done = checked_call(self.world, tool, arguments)
        assert not done.changes or self.world.digest() != before, done
        return done.ok, done.result

    def read(self, tool: str, path: str, **arguments: JsonValue) -> Any:  # noqa: ANN401  any JSON
        """Make a call that must work and return what lies at a dotted path of its result."""
        ok, found = self.call(tool, **arguments)
        assert ok, found
        return pick(found, path)

    def do(self, tool: str, **needs: JsonValue) -> str | None:
        """Do a tool's capability for its needs; return what it yields, None if refused."""
        ok, found = self.call(tool, **fill_arguments(TOOLS[tool], needs))
        return str(*yielded(TOOLS[tool], found).values()) if ok else None

    def hash_of(self, tool: str, path: str, **arguments: JsonValue) -> str | None:
        """Make a call; return the transaction at a path of its result, None if refused."""
        ok, found = self.call(tool, **arguments)
        return str(pick(found, path)) if ok else None

    def keep_hash(self, transaction: str) -> None:
        """Put a transaction among those to look up; none occurs twice."""
        assert transaction not in self.seen
        self.seen[transaction] = -1

    @rule(target=wallets, tool=tools_for("create_wallet"), network=NETWORKS, label=LABELS)
    def open_wallet(self, tool: str, network: str, label: str) -> str:
        """Whoever opens a wallet, it has an address of its own."""
        address = self.do(tool, network=network, label=label)
        assert address is not None
        assert address not in self.names
        self.names[address] = label
        return address

    @rule(wallet=wallets, label=LABELS)
    def rename(self, wallet: str, label: str) -> None:
        """A wallet takes any name but the one it has."""
        renamed: JsonObject = {"operation": "rename", "wallet_id": wallet, "name": label}
        assert self.call("purseline_wallets", **renamed)[0] == (self.names[wallet] != label)
        self.names[wallet] = label
        assert self.read("chainlens_wallet_overview", "label", address=wallet) == label

    @rule(chain=st.none() | NETWORKS)
    def list_wallets(self, chain: str | None) -> None:
        """The pages of the list hold every wallet once, under its present name."""
        listed: list[tuple[str, str]] = []
        asked: JsonObject = {"operation": "list", **({"chain": chain} if chain else {})}
        page: int | None = 1
        while page:
            _, found = self.call("purseline_wallets", page=page, **asked)
            listed += [(each["wallet_id"], each["name"]) for each in found["wallets"]]
            page = found["next_page"]
        rows = self.world.tables["wallets"].items()
        there = {key: self.names[key] for key, row in rows if chain in (None, row["network"])}
        assert (dict(listed), len(listed)) == (there, found["total"])

    @rule(tool=tools_for("swap_tokens"), wallet=wallets, sold=TOKENS, bought=TOKENS, amount=AMOUNTS)
    def swap(self, tool: str, wallet: str, sold: str, bought: str, amount: Decimal) -> None:
        """What is quoted is what is credited."""
        asked: JsonObject = {"give": sold, "get": bought, "give_amount": float(amount)}
        quoted, quote = self.call("larkswap_exchange", step="quote", **asked)
        assert quoted == (sold != bought)
        before = ledger.balance(self.world, wallet, bought)
        made = self.do(tool, wallet=wallet, sold=sold, bought=bought, amount=float(amount))
        if made is not None:
            gained = ledger.balance(self.world, wallet, bought) - before
            assert ledger.to_number(gained) == quote["quote"]["get_amount"]
            self.keep_hash(made)

    @rule(target=moved, tool=tools_for("mix_tokens"), wallet=wallets, token=TOKENS, amount=AMOUNTS)
    def mix(self, tool: str, wallet: str, token: str, amount: Decimal) -> Moved:
        """Tokens go into the pool if the wallet has them."""
        possible = ledger.balance(self.world, wallet, token) >= amount * ledger.UNIT
        made = self.do(tool, wallet=wallet, token=token, amount=float(amount))
        return self.count((wallet, elsewhere.POOL, token), amount, made, possible)

    @rule(target=moved, tool=tools_for("transfer_cross_chain"), wallet=wallets, token=TOKENS,
          amount=AMOUNTS, network=NETWORKS)  # fmt: skip
    def cross(self, tool: str, wallet: str, token: str, amount: Decimal, network: str) -> Moved:
        """Tokens go to any network but the wallet's own if the wallet has them."""
        enough = ledger.balance(self.world, wallet, token) >= amount * ledger.UNIT
        other = self.world.tables["wallets"][wallet]["network"] != network
        needs: JsonObject = {"wallet": wallet, "token": token, "amount": float(amount)}
        made = self.do(tool, network=network, **needs)
        return self.count((wallet, network, token), amount, made, enough and other)

    @rule(moved=moved, share=st.sampled_from((1, 2, 3)))
    def bring_back(self, moved: tuple[Place, Decimal], share: int) -> None:
        """As much comes back as is still there, and no more."""
        place, amount = moved[0], moved[1] / 2 * share
        wallet, where, token = place
        possible = self.away[place] >= amount * ledger.UNIT
        if where == elsewhere.POOL:
            asked: JsonObject = {"holder": wallet, "coin": token, "quantity": str(amount)}
            made = self.hash_of("stillwater-pool", "entry.reference", task="take_out", **asked)
        else:
            asked = {"ownWallet": wallet, "tokenSymbol": token, "tokenAmount": float(amount)}
            asked |= {"mode": "recall", "otherNetwork": where}
            made = self.hash_of("ferrylaneCrossing", "crossing.hash", **asked)
        self.count(place, -amount, made, possible)

    def count(self, place: Place, amount: Decimal, made: str | None, possible: bool) -> Moved:
        """Count what was moved to a place, or back, which was done if it was possible."""
        assert (made is not None) == possible
        if made is None:
            return multiple()
        self.away[place] += int(amount * ledger.UNIT)
        self.keep_hash(made)
        return multiple((place, amount))

    @rule(target=waiting, tool=tools_for("create_bitcoin_payment"), hundredths=st.integers(2, 90))
    def ask(self, tool: str, hundredths: int) -> str:
        """Anybody's request is on the list."""
        payment = self.do(tool, amount=hundredths / 100, memo="Boat shed")
        assert self.read("MintwellRequests", "Requests.0.Id", Do="List") == payment
        return str(payment)

    @rule(payment=consumes(waiting))
    def cancel(self, payment: str) -> None:
        """A cancelled request is so for the payment tools too, and can't be cancelled again."""
        asked: JsonObject = {"Do": "Cancel", "RequestId": payment}
        assert self.read("MintwellRequests", "Request.State", **asked) == "cancelled"
        assert self.call("MintwellRequests", **asked)[1]["error"]["code"] == "AlreadyCancelled"
        line = self.read("ledgerly_get_payment", "status_line", payment_id=payment)
        assert line.startswith("cancelled")

    @rule(tool=tools_for("send_bitcoin"), payment=consumes(waiting),
          share=st.sampled_from((1, 2)))  # fmt: skip
    def pay(self, tool: str, payment: str, share: int) -> None:
        """A request is paid once all has arrived, and open while nothing has."""
        asked: JsonObject = {"Do": "Read", "RequestId": payment}
        request = self.read("MintwellRequests", "Request", **asked)
        amount = ledger.to_number(ledger.to_units(request["Btc"]) // share)
        made = self.do(tool, address=request["PayTo"], amount=amount)
        state = "paid" if made and share == 1 else "awaiting payment"
        assert self.read("MintwellRequests", "Request.State", **asked) == state
        cancelled, _ = self.call("MintwellRequests", Do="Cancel", RequestId=payment)
        assert cancelled == (made is None)
        if made is not None:
            self.keep_hash(made)

    @rule(target=contracts, tool=tools_for("deploy_contract"), label=LABELS, network=NETWORKS)
    def deploy(self, tool: str, label: str, network: str) -> str:
        """Anybody's contract can be read."""
        contract = str(self.do(tool, label=label, network=network))
        asked: JsonObject = {"task": "readState", "contractAddress": contract}
        assert self.read("blockwrightContract", "name", **asked) == label
        return contract

    @rule(tool=tools_for("interact_contract"), contract=contracts,
          place=st.integers(0, 3))  # fmt: skip
    def run_contract(self, tool: str, contract: str, place: int) -> None:
        """Whoever runs an operation, a later read shows it."""
        asked: JsonObject = {"contractAddress": contract}
        read: JsonObject = {"task": "readState", **asked}
        before = self.read("blockwrightContract", "state", **read)
        method = self.read("blockwrightContract", "functions", **read)[place]
        made = self.do(tool, contract=contract, method=method)
        self.runs[contract] += 1
        assert self.read("blockwrightContract", "state", **read) != before
        _, past = self.call("blockwrightContract", task="pastExecutions", **asked)
        assert (past["count"], past["executions"][0]["txHash"]) == (self.runs[contract], made)
        self.keep_hash(str(made))

    @rule(data=st.data())
    @precondition(lambda self: bool(self.seen))
    def look_up_transaction(self, data: st.DataObject) -> None:
        """Every transaction is found by its hash, with more confirmations each time."""
        transaction = data.draw(st.sampled_from(list(self.seen)))
        asked: JsonObject = {"look_up": "transaction", "tx_hash": transaction}
        confirmations = self.read("scanfold_explore", "confirmations", **asked)
        assert confirmations > self.seen[transaction]
        self.seen[transaction] = confirmations

    @rule(wallet=wallets, offset=st.integers(0, 9), limit=st.integers(1, 8))
    def read_history(self, wallet: str, offset: int, limit: int) -> None:
        """A page of a history is as long as it can be, newest first."""
        asked: JsonObject = {"look_up": "history", "address": wallet}
        _, found = self.call("scanfold_explore", offset=offset, limit=limit, **asked)
        ages = [each["confirmations"] for each in found["transactions"]]
        assert ages == sorted(ages)
        assert len(ages) == min(limit, max(0, found["total"] - offset))

    @rule(tool=st.sampled_from(list(TOOLS)), data=st.data())
    def send_nonsense(self, tool: str, data: st.DataObject) -> None:
        """Whatever the arguments are, a call returns, and what it refuses changes nothing."""
        properties: Any = TOOLS[tool].parameters["properties"]
        fields = {name: any_value(schema) for name, schema in properties.items()}
        self.call(tool, **data.draw(st.fixed_dictionaries({}, optional=fields)))
        rows = self.world.tables["wallets"].items()
        self.names = {key: row["label"] for key, row in rows}

    @invariant()
    def no_token_appears_or_vanishes(self) -> None:
        """The sum over all accounts stays, and no account is below zero."""
        assert self.totals() == self.sums
        accounts = self.world.tables["ledger"].values()
        assert all(
            type(units) is int and units >= 0 for each in accounts for units in each.values()
        )

    @invariant()
    def what_is_elsewhere_is_accounted_for(self) -> None:
        """Pool and networks hold what was put there, and the transactions say so."""
        held = {
            (*name.split("@"), token): units
            for name, account in self.world.tables["ledger"].items()
            for token, units in account.items()
            if "@" in name
        }
        assert {place: units for place, units in held.items() if units} == +self.away
        kept = [each.get("kept", 0) for each in self.world.tables["transactions"].values()]
        assert sum(kept) == sum(held.values())


TestCrypto = CryptoMachine.TestCase
TestCrypto.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
