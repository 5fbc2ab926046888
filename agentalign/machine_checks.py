"""What `doctor` finds out about the machine: versions, isolation of workers, room on the disk."""

import asyncio
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from agentalign.findings import Finding
from schemas.errors import AgentAlignError
from schemas.messages import ToolCall
from schemas.params import Workers
from schemas.version import code_version
from tasks.world.runner import Level, Worlds
from tasks.world.runner.isolation import INSTALL, LEVELS, find_level, is_there

LIBRARIES = ("prefect", "duckdb", "openai", "mlflow", "great-expectations", "pydantic")
LEAST_FREE_GB = 5
PROBE = ToolCall(id="doctor", name="none", arguments={})


def check_machine(folder: Path) -> Iterator[Finding]:
    """Yield what was found, in the order it is shown."""
    yield _versions()
    yield _isolation()
    for level in LEVELS:
        yield _worker(level)
    yield _disk(folder)


def _versions() -> Finding:
    pins = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    python = f"Python {platform.python_version()} on {sys.platform} {platform.machine()}"
    return Finding("versions", "ok", f"agentalign {code_version()}, {python}; {pins}")


def _isolation() -> Finding:
    level = find_level()
    if level == "bubblewrap":
        return Finding("isolation", "ok", "tool calls run in bubblewrap")
    detail = f"tool calls run under {level}; bubblewrap would shut them off further"
    return Finding("isolation", "warning", detail, INSTALL["bubblewrap"])


def _worker(level: Level) -> Finding:
    name = f"worker: {level}"
    if not is_there(level):
        return Finding(name, "warning", "not to be had here", INSTALL[level])
    started = time.monotonic()
    try:
        asyncio.run(_call_once(level))
    except AgentAlignError as exc:
        return Finding(name, "failed", str(exc), f"set workers.isolation to another than {level}")
    return Finding(
        name, "ok", f"a worker started and answered in {time.monotonic() - started:.2f} s"
    )


async def _call_once(level: Level) -> None:
    async with Worlds(None, Workers(isolation=level, processes=1)) as worlds:
        await worlds.session(0).call(PROBE)


def _disk(folder: Path) -> Finding:
    there = next(each for each in (folder, *folder.resolve().parents) if each.exists())
    free = shutil.disk_usage(there).free / 1e9
    detail = f"{free:,.0f} GB free at the workspace"
    if free < LEAST_FREE_GB:
        return Finding("disk", "warning", detail, f"make room: {LEAST_FREE_GB} GB are soon used")
    return Finding("disk", "ok", detail)
