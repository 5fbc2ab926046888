"""Contracts and Solana programs: deploying, and calling their operations."""

import random

from tasks.world.contract import Refused
from tasks.world.groups.crypto.addresses import derive
from tasks.world.groups.crypto.ledger import record_transaction
from tasks.world.groups.crypto.pools import NETWORKS, draw_contract_label, draw_program
from tasks.world.groups.records import lacking, require
from tasks.world.state import Record, State

TEMPLATES = {
    "registry": ("add_entry", "renew_entry", "retire_entry", "publish_index"),
    "escrow": ("open_deposit", "release_deposit", "return_deposit", "extend_deadline"),
    "ballot": ("open_poll", "cast_ballot", "close_poll", "count_ballots"),
    "staking": ("join_round", "leave_round", "claim_share", "refresh_round"),
    "membership": ("admit_member", "renew_membership", "pause_membership", "list_dues"),
}
SEEDED = 4


def seed_contracts(world: State) -> None:
    """Deploy a few contracts and programs."""
    for _ in range(SEEDED):
        template = world.rng.choice(list(TEMPLATES))
        network = world.rng.choice(NETWORKS)
        _register(world, draw_contract_label(world.rng), network, template)
        operations = list(TEMPLATES[world.rng.choice(list(TEMPLATES))])
        world.insert("programs", draw_program(world.rng), {"operations": operations})


def deploy(world: State, label: str, network: str, template: str) -> str:
    """Deploy a contract and return its address."""
    address = _register(world, label, network, template)
    world.note(f"contract {address} deployed on {network}")
    return address


def invoke(world: State, table: str, noun: str, key: str, method: str) -> str:
    """Run an operation of a contract or a program; return the transaction.

    Raises:
        Refused: unknown_contract, unknown_program or unknown_operation.
    """
    operations = require(world, table, key, noun)["operations"]
    if method not in operations:
        message = f"{key} has no operation {method[:40]}."
        raise Refused("unknown_operation", message, f"It has: {', '.join(operations)}.")
    world.note(f"{method} run on {noun} {key}")
    return record_transaction(world, noun, target=key, method=method)


def _register(world: State, label: str, network: str, template: str) -> str:
    address = derive("simc0x", world.seed, world.new_id("contract"))
    operations = list(TEMPLATES[template])
    record: Record = {"label": label, "network": network, "operations": operations}
    world.insert("contracts", address, record)
    return address


def _deploy_chainscribe(world: State, arguments: Record) -> Record:
    template = arguments["template"]
    address = deploy(world, arguments["label"], arguments["network"], template)
    return {
        "contract": {"address": address, "template": template},
        "operations": list(TEMPLATES[template]),
        "deployed_at": world.now(),
    }


def _deploy_kite(world: State, arguments: Record) -> Record:
    network = arguments["Chain"].lower()
    address = deploy(world, arguments["ContractName"], network, "membership")
    operations = ", ".join(TEMPLATES["membership"])
    return {"Status": "Deployed", "ContractAddress": address, "Operations": operations}


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


def _draw_deploy(_world: State, _inputs: Record, rng: random.Random) -> Record:
    return {"label": draw_contract_label(rng), "network": rng.choice(NETWORKS)}


def _draw_contract(world: State, inputs: Record, rng: random.Random) -> Record:
    contract = str(inputs.get("contract") or rng.choice(list(world.tables["contracts"])))
    operations = require(world, "contracts", contract, "contract")["operations"]
    return {"contract": contract, "method": rng.choice(operations)}


def _draw_program(world: State, _inputs: Record, rng: random.Random) -> Record:
    program, record = rng.choice(list(world.tables["programs"].items()))
    return {"program": program, "method": rng.choice(record["operations"])}


def _deployed(world: State, needs: Record, _result: Record) -> str | None:
    return lacking(world, "contracts", network=needs["network"], label=needs["label"])


def _called_contract(world: State, needs: Record, _result: Record) -> str | None:
    target, method = needs["contract"], needs["method"]
    return lacking(world, "transactions", kind="contract", target=target, method=method)


def _called_program(world: State, needs: Record, _result: Record) -> str | None:
    target, method = needs["program"], needs["method"]
    return lacking(world, "transactions", kind="program", target=target, method=method)


BEHAVIOURS = {
    "chainscribe-deploy": _deploy_chainscribe,
    "KiteDeployContract": _deploy_kite,
    "chainscribe-call": _call_chainscribe,
    "KiteCallContract": _call_kite,
    "sunline_invoke_program": _call_sunline,
    "solrunCallProgram": _call_solrun,
}
DRAWS = {
    "Crypto.deploy_contract": _draw_deploy,
    "Crypto.interact_contract": _draw_contract,
    "Crypto.interact_solana": _draw_program,
}
EFFECTS = {
    "Crypto.deploy_contract": _deployed,
    "Crypto.interact_contract": _called_contract,
    "Crypto.interact_solana": _called_program,
}
