"""Running operations of contracts and Solana programs, and reading what came of them."""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto import transactions
from tasks.world.groups.crypto.contracts import apply, list_figures, list_operations
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.paging import cut_page
from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

PAST_SHOWN = 8
CONTRACTS_SHOWN = 4


def invoke(world: State, table: str, noun: str, key: str, method: str) -> str:
    """Run an operation of a contract or a program; return the transaction.

    Raises:
        Refused: unknown_contract, unknown_program or unknown_operation.
    """
    record = require(world, table, key, noun)
    operations = list_operations(record)
    if method not in operations:
        message = f"{key} has no operation {method[:40]}."
        raise Refused("unknown_operation", message, f"It has: {', '.join(operations)}.")
    apply(record, method)
    world.note(f"{method} run on {noun} {key}")
    return transactions.record(world, noun, target=key, method=method)


def _page_after(keys: list[str], last: str | None, size: int) -> tuple[list[str], str | None]:
    """Return the keys that follow `last` (None: all), and the last of them if more follow."""
    if last is not None and last not in keys:
        raise Refused("unknown_cursor", f"No page ends at {last[:40]}.", "Leave it out to start.")
    start = 0 if last is None else keys.index(last) + 1
    page, more = cut_page(keys, start, size)
    return list(page), page[-1] if more is not None else None


def _call_chainscribe(world: State, arguments: Record) -> Record:
    contract, method = arguments["contract"], arguments["method"]
    transaction = invoke(world, "contracts", "contract", contract, method)
    return {"call": {"transaction": transaction, "method": method, "status": "confirmed"}}


def _call_kite(world: State, arguments: Record) -> Record:
    contract, method = arguments["ContractAddress"], arguments["Operation"]
    transaction = invoke(world, "contracts", "contract", contract, method)
    return {"Status": "Confirmed", "TransactionId": transaction, "At": world.now()}


def _call_sunline(world: State, arguments: Record) -> Record:
    program, method = arguments["program"], arguments["instruction"]
    transaction = invoke(world, "programs", "program", program, method)
    return {"signature": transaction, "log": [f"{program} ran {method}"], "error_count": 0}


def _call_solrun(world: State, arguments: Record) -> Record:
    program, method = arguments["programName"], arguments["operation"]
    transaction = invoke(world, "programs", "program", program, method)
    return {"confirmation": {"signature": transaction, "level": arguments["commitment"]}}


def _call_blockwright(world: State, arguments: Record) -> Record:
    contract, method = arguments["contractAddress"], arguments["functionName"]
    transaction = invoke(world, "contracts", "contract", contract, method)
    state = list_figures(world.tables["contracts"][contract])
    return {"execution": {"txHash": transaction, "stateAfter": state}}


def _state_blockwright(world: State, arguments: Record) -> Record:
    record = require(world, "contracts", arguments["contractAddress"], "contract")
    return {
        "name": record["label"],
        "chain": record["network"],
        "functions": list_operations(record),
        "state": list_figures(record),
    }


def _past_blockwright(world: State, arguments: Record) -> Record:
    contract = arguments["contractAddress"]
    require(world, "contracts", contract, "contract")
    hashes = transactions.list_hashes(world, contract)
    page, cursor = _page_after(hashes, arguments.get("cursor"), PAST_SHOWN)
    return {
        "executions": [_execution(world, each) for each in page],
        "count": len(hashes),
        "nextCursor": cursor,
    }


def _execution(world: State, transaction: str) -> Record:
    found = transactions.read(world, transaction)
    method = world.tables["transactions"][transaction]["method"]
    return {"txHash": transaction, "function": method, "at": found["at"]}


def _list_blockwright(world: State, arguments: Record) -> Record:
    newest = list(reversed(world.tables["contracts"]))
    page, cursor = _page_after(newest, arguments.get("cursor"), CONTRACTS_SHOWN)
    contracts: list[Record] = [_contract(world, address) for address in page]
    return {"contracts": contracts, "count": len(newest), "nextCursor": cursor}


def _contract(world: State, address: str) -> Record:
    record = world.tables["contracts"][address]
    return {"contractAddress": address, "name": record["label"], "chain": record["network"]}


def _call_solmere(world: State, arguments: Record) -> Record:
    program, method = arguments["program_id"], arguments["handler"]
    transaction = invoke(world, "programs", "program", program, method)
    return {"invocation": {"sig": transaction, "slot": world.clock}}


def _data_solmere(world: State, arguments: Record) -> Record:
    program = arguments["program_id"]
    record = require(world, "programs", program, "program")
    return {"data": list_figures(record), "handlers": list_operations(record)}


def _log_solmere(world: State, arguments: Record) -> Record:
    program = arguments["program_id"]
    require(world, "programs", program, "program")
    hashes = transactions.list_hashes(world, program)
    shown, more = cut_page(hashes, arguments.get("from_entry", 0), PAST_SHOWN)
    entries = [{"sig": each, "text": transactions.read(world, each)["text"]} for each in shown]
    return {"entries": entries, "entries_in_all": len(hashes), "continue_from": more}


def _programs_solmere(world: State, _arguments: Record) -> Record:
    return {"programs": list(world.tables["programs"])}


def _draw_contract(world: State, inputs: Record, rng: random.Random) -> Record:
    contract = str(inputs.get("contract") or rng.choice(list(world.tables["contracts"])))
    record = require(world, "contracts", contract, "contract")
    return {"contract": contract, "method": rng.choice(list_operations(record))}


def _draw_program(world: State, _inputs: Record, rng: random.Random) -> Record:
    program, record = rng.choice(list(world.tables["programs"].items()))
    return {"program": program, "method": rng.choice(list_operations(record))}


def _called_contract(world: State, needs: Record, _yields: Record) -> str | None:
    target, method = needs["contract"], needs["method"]
    return lacking(world, "transactions", kind="contract", target=target, method=method)


def _called_program(world: State, needs: Record, _yields: Record) -> str | None:
    target, method = needs["program"], needs["method"]
    return lacking(world, "transactions", kind="program", target=target, method=method)


BEHAVIOURS = {
    "chainscribe-call": _call_chainscribe,
    "KiteCallContract": _call_kite,
    "sunline_invoke_program": _call_sunline,
    "solrunCallProgram": _call_solrun,
    "blockwrightContract": desk(
        "task",
        {
            "execute": Way(_call_blockwright, ("contractAddress", "functionName")),
            "readState": Way(_state_blockwright, ("contractAddress",)),
            "pastExecutions": Way(_past_blockwright, ("contractAddress",), ("cursor",)),
            "listContracts": Way(_list_blockwright, (), ("cursor",)),
        },
    ),
    "solmere_program": desk(
        "command",
        {
            "invoke": Way(_call_solmere, ("program_id", "handler")),
            "data": Way(_data_solmere, ("program_id",)),
            "log": Way(_log_solmere, ("program_id",), ("from_entry",)),
            "programs": Way(_programs_solmere),
        },
    ),
}
DRAWS = {
    "Crypto.interact_contract": _draw_contract,
    "Crypto.interact_solana": _draw_program,
}
EFFECTS = {
    "Crypto.interact_contract": _called_contract,
    "Crypto.interact_solana": _called_program,
}
