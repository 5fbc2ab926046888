"""Contracts and Solana programs: what they keep, and deploying a contract."""

import random

from tasks.world.groups.crypto.addresses import derive
from tasks.world.groups.crypto.pools import NETWORKS, draw_contract_label, draw_program
from tasks.world.groups.records import lacking
from tasks.world.state import Record, State

# the operations of each template, the figure that one counts up, and by how much
TEMPLATES: dict[str, dict[str, tuple[str, int]]] = {
    "registry": {
        "add_entry": ("entries", 1),
        "renew_entry": ("renewals", 1),
        "retire_entry": ("retired", 1),
        "publish_index": ("issues", 1),
    },
    "escrow": {
        "open_deposit": ("deposits", 1),
        "release_deposit": ("released", 1),
        "return_deposit": ("returned", 1),
        "extend_deadline": ("days", 7),
    },
    "ballot": {
        "open_poll": ("opened", 1),
        "cast_ballot": ("ballots", 1),
        "close_poll": ("closed", 1),
        "count_ballots": ("counts", 1),
    },
    "staking": {
        "join_round": ("joined", 1),
        "leave_round": ("left", 1),
        "claim_share": ("claims", 1),
        "refresh_round": ("rounds", 1),
    },
    "membership": {
        "admit_member": ("members", 1),
        "renew_membership": ("renewals", 1),
        "pause_membership": ("pauses", 1),
        "list_dues": ("dues_lists", 1),
    },
}
SEEDED = 4
BUSIEST = 60  # times that an operation of a seeded contract was run before


def seed_contracts(world: State) -> None:
    """Deploy a few contracts and programs, each with something done to it before."""
    rng = world.rng
    for _ in range(SEEDED):
        template, network = rng.choice(_NAMES), rng.choice(NETWORKS)
        state = _draw_state(template, rng)
        _register(world, draw_contract_label(rng), network, template, state)
        template = rng.choice(_NAMES)
        program = {"template": template, "state": _draw_state(template, rng)}
        world.insert("programs", draw_program(rng), program)


def deploy(world: State, label: str, network: str, template: str) -> str:
    """Deploy a contract and return its address."""
    address = _register(world, label, network, template, {})
    world.note(f"contract {address} deployed on {network}")
    return address


def list_operations(record: Record) -> list[str]:
    """Return the operations of a contract or a program."""
    return list(TEMPLATES[record["template"]])


def list_figures(record: Record) -> Record:
    """Return the figures that a contract or a program keeps."""
    first = {figure: 0 for figure, _ in TEMPLATES[record["template"]].values()}
    return {**first, **record["state"]}


def apply(record: Record, operation: str) -> None:
    """Let a contract or a program keep what an operation of its template does."""
    figure, more = TEMPLATES[record["template"]][operation]
    record["state"][figure] = record["state"].get(figure, 0) + more


def _register(world: State, label: str, network: str, template: str, state: Record) -> str:
    address = derive("simc0x", world.seed, "contract", len(world.table("contracts")))
    record: Record = {"label": label, "network": network, "template": template, "state": state}
    world.insert("contracts", address, record)
    return address


def _draw_state(template: str, rng: random.Random) -> Record:
    figure, more = rng.choice(_COUNTED[template])
    return {figure: more * rng.randint(1, BUSIEST)}


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


def _draw_deploy(_world: State, _inputs: Record, rng: random.Random) -> Record:
    return {"label": draw_contract_label(rng), "network": rng.choice(NETWORKS)}


def _deployed(world: State, needs: Record, _yields: Record) -> str | None:
    return lacking(world, "contracts", network=needs["network"], label=needs["label"])


_NAMES = tuple(TEMPLATES)
_COUNTED = {name: tuple(operations.values()) for name, operations in TEMPLATES.items()}

BEHAVIOURS = {"chainscribe-deploy": _deploy_chainscribe, "KiteDeployContract": _deploy_kite}
DRAWS = {"Crypto.deploy_contract": _draw_deploy}
EFFECTS = {"Crypto.deploy_contract": _deployed}
