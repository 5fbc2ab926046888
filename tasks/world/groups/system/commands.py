"""The commands of the shell: all of them only read, and they see what any tool made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tasks.world.contract import Refused
from tasks.world.groups.figures import show_moment
from tasks.world.groups.system.containers import (
    container_rows,
    image_rows,
    log_lines,
    require_container,
)
from tasks.world.groups.system.files import list_folder, read_file, require_file
from tasks.world.groups.system.keys import key_rows, require_access
from tasks.world.groups.system.network import require_interface, resolve
from tasks.world.groups.system.packages import installed_rows, require_package
from tasks.world.groups.system.programs import program_rows, require_program, state_of
from tasks.world.groups.system.repositories import require_repository
from tasks.world.groups.system.repository_tools import changed_rows, commit_rows
from tasks.world.groups.system.web import fetch
from tasks.world.state import Record, State

DAY_MINUTES = 24 * 60
MEMORY_MB = 8192
REMOTE = ("uptime", "hostname")

Print = Callable[[State, list[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Command:
    """What a command prints for its operands, how many it takes, and its options.

    `end` says that `-n` and a number keep so many lines, of the start or of the end.
    """

    prints: Print
    least: int
    most: int
    options: str = ""  # one letter each; they change nothing about what is printed
    end: Literal["none", "first", "last"] = "none"


def _cat(world: State, operands: list[str]) -> list[str]:
    return read_file(world, operands[0]).rstrip("\n").split("\n")


def _wc(world: State, operands: list[str]) -> list[str]:
    content = read_file(world, operands[0])
    return [f"{len(content.split())} words and {len(content)} characters in {operands[0]}"]


def _stat(world: State, operands: list[str]) -> list[str]:
    record = require_file(world, operands[0])
    size = len(record["content"].encode())
    return [f"{operands[0]} {size} bytes, changed {show_moment(record['changed'])}"]


def _grep(world: State, operands: list[str]) -> list[str]:
    word, path = operands
    found = [line for line in read_file(world, path).split("\n") if word.lower() in line.lower()]
    if not found:
        raise Refused("no_match", f"No line of {path} holds {word[:60]}.")
    return found


def _ls(world: State, operands: list[str]) -> list[str]:
    return _counted(list_folder(world, operands[0] if operands else "."))


def _counted(lines: list[str]) -> list[str]:
    return lines if len(lines) == 1 else [*lines, f"{len(lines)} in all"]


def _du(world: State, operands: list[str]) -> list[str]:
    folder = operands[0] if operands else "."
    size = sum(len(read_file(world, path).encode()) for path in list_folder(world, folder))
    return [f"{size} bytes in {folder}"]


def _service_status(world: State, operands: list[str]) -> list[str]:
    program = require_program(world, operands[0])
    word = {"running": "active", "stopped": "inactive"}[state_of(program)]
    since, restarts = show_moment(program["since"]), program["restarts"]
    return [f"{operands[0]} {word} since {since}, restarted {restarts} times"]


def _ps(world: State, _operands: list[str]) -> list[str]:
    rows = [row for row in program_rows(world) if row["process"]]
    return _counted([f"{row['process']} {row['name']}" for row in rows])


def _docker_ps(world: State, _operands: list[str]) -> list[str]:
    rows = container_rows(world)
    return _counted([f"{row['id']} {row['image']} {row['state']}" for row in rows])


def _docker_images(world: State, _operands: list[str]) -> list[str]:
    return _counted([f"{row['image']} {row['megabytes']} MB" for row in image_rows(world)])


def _docker_logs(world: State, operands: list[str]) -> list[str]:
    return log_lines(require_container(world, operands[0]))


def _pip_list(world: State, _operands: list[str]) -> list[str]:
    return _counted([f"{row['name']} {row['version']}" for row in installed_rows(world)])


def _pip_show(world: State, operands: list[str]) -> list[str]:
    record = require_package(world, operands[0])
    version = record["installed"] or "not installed"
    return [f"{operands[0]} for {record['use']}", f"version {version}, latest {record['latest']}"]


def _git_log(world: State, operands: list[str]) -> list[str]:
    rows = commit_rows(world, operands[0])
    return [f"{row['hash']} {row['message']}" for row in reversed(rows)]


def _git_status(world: State, operands: list[str]) -> list[str]:
    rows = changed_rows(world, operands[0])
    branch = require_repository(world, operands[0])["branch"]
    end = f"{len(rows)} changed on branch {branch}"
    return [*(f"{row['state']} {row['file']}" for row in rows), end]


def _git_diff(world: State, operands: list[str]) -> list[str]:
    rows = changed_rows(world, operands[0])
    end = f"{len(rows)} files differ"
    return [*(line for row in rows for line in (row["file"], row["line"])), end]


def _git_branch(world: State, operands: list[str]) -> list[str]:
    repository = require_repository(world, operands[0])
    here = repository["branch"]
    return [*(b for b in repository["branches"] if b != here), f"* {here}"]


def _ip_addr(world: State, operands: list[str]) -> list[str]:
    names = operands or sorted(world.tables["interfaces"])
    return _counted([f"{name} {require_interface(world, name)['address']}" for name in names])


def _dig(world: State, operands: list[str]) -> list[str]:
    return [f"{r['host']} has address {r['address']}" for r in resolve(world, operands[0])]


def _ssh_add(world: State, _operands: list[str]) -> list[str]:
    return _counted([f"{r['fingerprint']} {r['host']} {r['label']}" for r in key_rows(world)])


def _ssh(world: State, operands: list[str]) -> list[str]:
    host, command = operands
    record: Record = require_access(world, host)
    if command not in REMOTE:
        message = f"{command[:40]} is not known on {host}."
        raise Refused("command_not_found", message, f"Known there: {', '.join(REMOTE)}.")
    return [host if command == "hostname" else f"{host} up {record['up_days']} days"]


def _curl(world: State, operands: list[str]) -> list[str]:
    page = fetch(world, operands[0])
    return [*str(page["text"]).split("\n"), str(page["fact"])]


def _df(world: State, _operands: list[str]) -> list[str]:
    gauges = world.tables["gauges"].items()
    return ["home volume 41 percent full", *(f"{name} {g['reading']}" for name, g in gauges)]


def _free(world: State, _operands: list[str]) -> list[str]:
    return [f"{900 + world.seed % 5000} MB free of {MEMORY_MB} MB"]


def _uptime(world: State, _operands: list[str]) -> list[str]:
    days = 1 + world.clock // DAY_MINUTES
    running = sum(row["process"] is not None for row in program_rows(world))
    return [f"up {days} days with {running} programs"]


def _date(world: State, _operands: list[str]) -> list[str]:
    return [world.now()]


COMMANDS = {
    "cat": Command(_cat, 1, 1),
    "head": Command(_cat, 1, 1, end="first"),
    "tail": Command(_cat, 1, 1, end="last"),
    "wc": Command(_wc, 1, 1, "cw"),
    "stat": Command(_stat, 1, 1),
    "grep": Command(_grep, 2, 2, "i"),
    "ls": Command(_ls, 0, 1, "alhR"),
    "du": Command(_du, 0, 1, "sh"),
    "ps": Command(_ps, 0, 0, "aef"),
    "ps aux": Command(_ps, 0, 0),
    "systemctl status": Command(_service_status, 1, 1),
    "docker ps": Command(_docker_ps, 0, 0, "a"),
    "docker images": Command(_docker_images, 0, 0),
    "docker logs": Command(_docker_logs, 1, 1),
    "pip list": Command(_pip_list, 0, 0),
    "pip show": Command(_pip_show, 1, 1),
    "git log": Command(_git_log, 1, 1, end="last"),
    "git status": Command(_git_status, 1, 1),
    "git diff": Command(_git_diff, 1, 1),
    "git branch": Command(_git_branch, 1, 1),
    "ip addr": Command(_ip_addr, 0, 1),
    "dig": Command(_dig, 1, 1),
    "ssh-add": Command(_ssh_add, 0, 0, "l"),
    "ssh": Command(_ssh, 2, 2),
    "curl": Command(_curl, 1, 1, "s"),
    "df": Command(_df, 0, 0, "h"),
    "free": Command(_free, 0, 0, "mh"),
    "uptime": Command(_uptime, 0, 0),
    "date": Command(_date, 0, 0),
}
