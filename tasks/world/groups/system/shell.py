"""The shell: one command a line, out of a small list; nothing else is ever done."""

import shlex
from random import Random

from tasks.world.contract import Refused
from tasks.world.groups.excerpts import cut_text
from tasks.world.groups.system.commands import COMMANDS, Command
from tasks.world.groups.system.fitting import clip, fit_rows
from tasks.world.state import Record, State

SUMMARY = 80  # characters of the line that stands for the whole output
LINES = 20  # lines of a page of output
LINE = 600  # bytes of a line that are shown
TAKEN = 10  # lines that head, tail and git log keep if nothing is said
MOST = 30_000  # lines of an output
JOINING = "|<>;&$`\n"


def run(world: State, line: str) -> list[str]:
    """Return the lines a command prints; the last one says the most.

    Raises:
        Refused: not_one_command, command_not_found, unknown_option, missing_operand,
            too_many_operands, bad_number, or what the command names is not there.
    """
    words = _split(line)
    name, command = _find(words, line)
    return _printed(world, name, command, words[len(name.split()) :])


def _split(line: str) -> list[str]:
    if any(sign in line for sign in JOINING):
        message = "Pipes, redirection, variables and second commands are not known here."
        raise Refused("not_one_command", message, "Run one plain command a line.")
    try:
        return shlex.split(line)
    except ValueError as exc:
        raise Refused("open_quotes", "A quotation mark is not closed.") from exc


def _find(words: list[str], line: str) -> tuple[str, Command]:
    for length in (2, 1):  # `git log` before `git`
        name = " ".join(words[:length])
        if name in COMMANDS:
            return name, COMMANDS[name]
    known = ", ".join(COMMANDS)
    raise Refused("command_not_found", f"{line[:40]} is not known here.", f"Known: {known}.")


def _printed(world: State, name: str, command: Command, words: list[str]) -> list[str]:
    words, count = _count(command, words)
    options = [word for word in words if word.startswith("-") and len(word) > 1]
    for option in options:
        if not set(option[1:]) <= set(command.options):
            known = [f"-{letter}" for letter in (*command.options, *"n" * (command.end != "none"))]
            hint = f"It takes {', '.join(known)}." if known else "It takes none."
            raise Refused("unknown_option", f"{name} has no option {option[:20]}.", hint)
    operands = [word for word in words if word not in options]
    if len(operands) < command.least:
        raise Refused("missing_operand", f"{name} needs the name of what to look at.")
    if len(operands) > command.most:
        raise Refused("too_many_operands", f"{name} takes {command.most or 'no'} operands.")
    lines = command.prints(world, operands)
    return lines[-count:] if command.end == "last" else lines[:count]


def _count(command: Command, words: list[str]) -> tuple[list[str], int]:
    if command.end == "none" or "-n" not in words:
        return words, MOST if command.end == "none" else TAKEN
    place = words.index("-n")
    number = words[place + 1 : place + 2]
    if not number or not number[0].isdecimal() or not 1 <= int(number[0]) <= MOST:
        raise Refused("bad_number", f"After -n comes a number from 1 to {MOST}.")
    return words[:place] + words[place + 2 :], int(number[0])


def summarise(lines: list[str]) -> str:
    """Return the last line that says anything, cut at a word to fit into a sentence."""
    said = [line for line in lines if line.strip()]
    return clip(said[-1], SUMMARY) if said else "no output"


def _shown(lines: list[str], start: int) -> tuple[list[str], int | None]:
    rows = [{"line": cut_text(line, LINE)} for line in lines[start - 1 : start - 1 + LINES]]
    page, _ = fit_rows(rows, 0, LINES)
    following = start + len(page)
    return [str(row["line"]) for row in page], following if following <= len(lines) else None


def _hostwright_shell(world: State, given: Record) -> Record:
    lines = run(world, given["command"])
    shown, following = _shown(lines, given["from_line"])
    return {
        "exit_code": 0, "stdout": "\n".join(shown), "lines": len(lines),
        "next_from_line": following, "summary": summarise(lines),
    }  # fmt: skip


def _opsdeck_run(world: State, given: Record) -> Record:
    lines = run(world, given["commandLine"])
    shown, following = _shown(lines, given["firstLine"])
    return {
        "exitCode": 0, "output": shown, "lineCount": len(lines), "nextFirstLine": following,
        "lastLine": summarise(lines),
    }  # fmt: skip


def _draw_command(world: State, _given: Record, rng: Random) -> Record:
    path, host, program, repository, nic, package = (
        rng.choice(list(world.tables[table]))
        for table in (
            "files", "hosts", "programs_running", "repositories", "interfaces", "packages",
        )
    )  # fmt: skip
    lines = (
        f"cat {path}", f"wc -w {path}", f"stat {path}", f"wc {path}", f"dig {host}",
        f"systemctl status {program}", f"git log {repository}", f"du -s {path.partition('/')[0]}",
        f"git status {repository}", f"ip addr {nic}", f"pip show {package}",
    )  # fmt: skip
    return {"command": rng.choice(lines)}


def _ran(_world: State, _needs: Record, _yields: Record) -> str | None:
    return None  # these commands only read


BEHAVIOURS = {"hostwright_shell": _hostwright_shell, "opsdeckRun": _opsdeck_run}
DRAWS = {"System.execute_command": _draw_command}
EFFECTS = {"System.execute_command": _ran}
