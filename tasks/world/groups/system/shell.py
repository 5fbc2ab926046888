"""The shell: a few reading commands over the same files, programs, hosts and repositories."""

from collections.abc import Callable
from random import Random

from tasks.world.contract import Refused
from tasks.world.groups.records import require
from tasks.world.groups.system.files import list_folder, read_file
from tasks.world.state import Record, State

SUMMARY = 80  # characters of the line that stands for the whole output
DAY_MINUTES = 24 * 60


def run(world: State, line: str) -> list[str]:
    """Return the lines a command prints; the last one says the most.

    Raises:
        Refused: command_not_found, missing_operand, or what it names is not there.
    """
    words = line.split()
    for length in (2, 1):  # `git log` before `git`
        command = COMMANDS.get(" ".join(words[:length]))
        if command is not None:
            operands = [word for word in words[length:] if not word.startswith("-")]
            return command(world, operands)
    known = ", ".join(COMMANDS)
    raise Refused("command_not_found", f"{line[:40]} is not known here.", f"Known: {known}.")


def summarise(lines: list[str]) -> str:
    """Return the last line, cut at a word to a length that fits into a sentence."""
    last = lines[-1]
    if len(last) <= SUMMARY:
        return last
    return last[: SUMMARY + 1].rpartition(" ")[0] or last[:SUMMARY]


def _operand(operands: list[str]) -> str:
    if not operands:
        raise Refused("missing_operand", "The command needs the name of what to look at.")
    return operands[0]


def _cat(world: State, operands: list[str]) -> list[str]:
    return read_file(world, _operand(operands)).split("\n")


def _wc(world: State, operands: list[str]) -> list[str]:
    path = _operand(operands)
    content = read_file(world, path)
    return [f"{len(content.split())} words and {len(content)} characters in {path}"]


def _stat(world: State, operands: list[str]) -> list[str]:
    path = _operand(operands)
    size = len(read_file(world, path).encode())
    return [f"{path} {size} bytes, changed {world.tables['files'][path]['changed_at']}"]


def _ls(world: State, operands: list[str]) -> list[str]:
    found = list_folder(world, operands[0] if operands else ".")
    return [*found, f"{len(found)} in all"] if len(found) > 1 else found


def _du(world: State, operands: list[str]) -> list[str]:
    folder = operands[0] if operands else "."
    size = sum(len(read_file(world, path).encode()) for path in list_folder(world, folder))
    return [f"{size} bytes in {folder}"]


def _service_status(world: State, operands: list[str]) -> list[str]:
    name = _operand(operands)
    program = require(world, "programs_running", name, "program")
    return [f"{name} active since {program['since']}, restarted {program['restarts']} times"]


def _dig(world: State, operands: list[str]) -> list[str]:
    name = _operand(operands)
    return [f"{name} has address {require(world, 'hosts', name, 'host')['address']}"]


def _git_log(world: State, operands: list[str]) -> list[str]:
    commits = require(world, "repositories", _operand(operands), "repository")["commits"]
    return [f"{made['hash']} {made['message']}" for made in commits]


def _df(world: State, operands: list[str]) -> list[str]:
    gauges = world.tables["gauges"].items()
    return ["home volume 41 percent full", *(f"{name} {g['reading']}" for name, g in gauges)]


def _free(world: State, operands: list[str]) -> list[str]:
    return [f"{900 + world.seed % 5000} MB free of 8192 MB"]


def _uptime(world: State, operands: list[str]) -> list[str]:
    days = 1 + world.clock // DAY_MINUTES
    return [f"up {days} days with {len(world.tables['programs_running'])} programs"]


COMMANDS: dict[str, Callable[[State, list[str]], list[str]]] = {
    "cat": _cat, "wc": _wc, "stat": _stat, "ls": _ls, "du": _du, "systemctl status":
    _service_status, "dig": _dig, "git log": _git_log, "df": _df, "free": _free, "uptime": _uptime,
}  # fmt: skip


def _hostwright_shell(world: State, given: Record) -> Record:
    lines = run(world, given["command"])
    return {"exit_code": 0, "stdout": "\n".join(lines)[:900], "summary": summarise(lines)}


def _opsdeck_run(world: State, given: Record) -> Record:
    lines = run(world, given["commandLine"])
    return {"exitCode": 0, "output": lines[:20], "lastLine": summarise(lines)}


def _draw_command(world: State, _given: Record, rng: Random) -> Record:
    path = rng.choice(list(world.tables["files"]))
    host = rng.choice(list(world.tables["hosts"]))
    program = rng.choice(list(world.tables["programs_running"]))
    repository = rng.choice(list(world.tables["repositories"]))
    lines = (
        f"cat {path}", f"wc -w {path}", f"stat {path}", f"wc {path}", f"dig {host}",
        f"systemctl status {program}", f"git log {repository}", f"du -s {path.partition('/')[0]}",
    )  # fmt: skip
    return {"command": rng.choice(lines)}


def _ran(_world: State, _needs: Record, _result: Record) -> str | None:
    return None  # these commands only read


BEHAVIOURS = {"hostwright_shell": _hostwright_shell, "opsdeckRun": _opsdeck_run}
DRAWS = {"System.execute_command": _draw_command}
EFFECTS = {"System.execute_command": _ran}
