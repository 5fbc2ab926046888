"""Running programs: started, stopped and restarted, each time under a new process id."""

from random import Random

from tasks.world.contract import Refused
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.figures import show_moment
from tasks.world.groups.records import require
from tasks.world.groups.system.fitting import fit_page, fit_rows
from tasks.world.groups.system.machine import PARTS
from tasks.world.state import Record, State

ROLES = (
    "worker", "indexer", "watcher", "relay", "cleaner", "notifier", "renderer", "exporter",
    "mirror",
    "collector", "scheduler", "importer",
)  # fmt: skip
RUNNING = (4, 6)
IDLE = 2  # programs that do not run, at most
ROWS = 8  # programs a page


def seed_programs(world: State) -> None:
    """Fill programs, most of which run."""
    rng = world.rng
    for _ in range(rng.randint(0, IDLE)):
        _seed_program(world, rng, None)
    for _ in range(rng.randint(*RUNNING)):
        _seed_program(world, rng, f"proc-{rng.getrandbits(32):08x}")


def _seed_program(world: State, rng: Random, process: str | None) -> None:
    name = f"{rng.choice(PARTS)}-{rng.choice(ROLES)}-{rng.randint(1, 9)}".replace(" ", "-")
    record = {"process": process, "since": world.clock, "restarts": 0}
    world.insert("programs_running", name, record)


def require_program(world: State, name: str) -> Record:
    """Return a program; its process is None while it stands still.

    Raises:
        Refused: unknown_program.
    """
    return require(world, "programs_running", name, "program")


def start(world: State, name: str) -> Record:
    """Start a program. Raises: Refused (`unknown_program`, `already_running`)."""
    program = require_program(world, name)
    if program["process"]:
        raise Refused("already_running", f"{name} runs already. Restart it if need be.")
    return _run(world, name, program)


def restart(world: State, name: str) -> Record:
    """Restart a program that runs. Raises: Refused (`unknown_program`, `not_running`)."""
    program = _require_running(world, name)
    program["restarts"] += 1
    return _run(world, name, program)


def stop(world: State, name: str) -> Record:
    """Stop a program that runs. Raises: Refused (`unknown_program`, `not_running`)."""
    program = _require_running(world, name)
    program |= {"process": None, "since": world.clock}
    world.note(f"{name} stopped")
    return program


def _require_running(world: State, name: str) -> Record:
    program = require_program(world, name)
    if not program["process"]:
        raise Refused("not_running", f"{name} does not run. Start it first.")
    return program


def _run(world: State, name: str, program: Record) -> Record:
    program |= {"process": world.new_id("proc"), "since": world.clock}
    world.note(f"{name} runs as {program['process']}")
    return program


def program_rows(world: State) -> list[Record]:
    """Return a row for each program, by name."""
    rows = sorted(world.tables["programs_running"].items())
    return [{"name": name, **shown(record)} for name, record in rows]


def shown(program: Record) -> Record:
    """Return a program as it is shown: with its state and since when."""
    since = show_moment(program["since"])
    return {
        "state": state_of(program), "process": program["process"], "since": since,
        "restarts": program["restarts"],
    }  # fmt: skip


def state_of(program: Record) -> str:
    """Return `running` or `stopped`."""
    return "running" if program["process"] else "stopped"


def _hostwright_restart(world: State, given: Record) -> Record:
    started = restart(world, given["name"])
    restarts = started["restarts"]
    return {"name": given["name"], "process_id": started["process"], "restarts": restarts}


def _hostwright_start(world: State, given: Record) -> Record:
    return {"name": given["name"], "started_as": start(world, given["name"])["process"]}


def _hostwright_stop(world: State, given: Record) -> Record:
    stop(world, given["name"])
    return {"name": given["name"], "state": "stopped", "stopped_at": world.now()}


def _hostwright_status(world: State, given: Record) -> Record:
    found = require_program(world, given["name"])
    return {"name": given["name"], **shown(found)}


def _hostwright_list(world: State, given: Record) -> Record:
    rows = program_rows(world)
    page, following = fit_rows(rows, given.get("offset", 0), ROWS)
    return {"programs": page, "total": len(rows), "next_offset": following}


def _rackmate_restart(world: State, given: Record) -> Record:
    started = restart(world, given["Process"])
    return {"Restarted": {"ProcessId": started["process"], "Since": world.now()}}


def _opsdeck_restart(world: State, given: Record) -> Record:
    return {"restarted": {"pid": restart(world, given["programName"])["process"]}}


def _opsdeck_start(world: State, given: Record) -> Record:
    started = start(world, given["programName"])
    return {"started": {"programName": given["programName"], "pid": started["process"]}}


def _opsdeck_stop(world: State, given: Record) -> Record:
    stop(world, given["programName"])
    return {"stopped": given["programName"]}


def _opsdeck_inspect(world: State, given: Record) -> Record:
    found = require_program(world, given["programName"])
    return {"programName": given["programName"], **shown(found)}


def _opsdeck_list(world: State, given: Record) -> Record:
    state = given.get("stateFilter", "any")
    rows = [row for row in program_rows(world) if state in ("any", row["state"])]
    page, following = fit_page(rows, given.get("page", 1), ROWS)
    return {"programs": page, "total": len(rows), "nextPage": following}


def _draw_process(world: State, _given: Record, rng: Random) -> Record:
    running = [name for name, r in world.tables["programs_running"].items() if r["process"]]
    if not running:
        raise Refused("not_running", "No program runs.")
    return {"process_name": rng.choice(running)}


def _restarted(world: State, needs: Record, _yields: Record) -> str | None:
    # restarted again is restarted all the same
    program = world.tables["programs_running"].get(needs["process_name"], {})
    return None if program.get("process") else f"{needs['process_name']} does not run"


BEHAVIOURS = {
    "hostwright_service": desk(
        "operation",
        {
            "restart": Way(_hostwright_restart, ("name",)),
            "start": Way(_hostwright_start, ("name",)),
            "stop": Way(_hostwright_stop, ("name",)),
            "status": Way(_hostwright_status, ("name",)),
            "list": Way(_hostwright_list, takes=("offset",)),
        },
    ),
    "RackmateRestart": _rackmate_restart,
    "opsdeckProcess": desk(
        "action",
        {
            "restart": Way(_opsdeck_restart, ("programName",)),
            "start": Way(_opsdeck_start, ("programName",)),
            "stop": Way(_opsdeck_stop, ("programName",)),
            "inspect": Way(_opsdeck_inspect, ("programName",)),
            "list": Way(_opsdeck_list, takes=("stateFilter", "page")),
        },
    ),
}
DRAWS = {"System.manage_process": _draw_process}
EFFECTS = {"System.manage_process": _restarted}
