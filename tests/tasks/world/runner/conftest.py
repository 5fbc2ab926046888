"""Own tools that do what a tool should not, and workers at every level of isolation."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from schemas.messages import ToolCall
from schemas.own_tools import OwnTools
from schemas.params import Workers
from tasks.world.runner import Level, Worlds
from tasks.world.runner.isolation import LEVELS, is_there

CODE = """
import ctypes
import os
import signal
import socket
import subprocess
import time


def reach_out(world, given):
    socket.create_connection(("127.0.0.1", int(given["text"])), timeout=1)


def open_socket(world, given):
    socket.socket()


def read(world, given):
    with open(given["text"]) as file:
        return {"content": file.read()}


def write(world, given):
    with open(given["text"], "w") as file:
        file.write("x")


def fork(world, given):
    children = 0
    while children < 50:
        if os.fork() == 0:
            time.sleep(60)
        children += 1


def start(world, given):
    subprocess.run(["/bin/true"], check=True)


def eat(world, given):
    return {"size": len(bytearray(4 << 30))}


def kill_parent(world, given):
    os.kill(os.getppid(), signal.SIGKILL)


def die(world, given):
    os._exit(3)


def hang(world, given):
    while True:
        time.sleep(0.01)


def spin(world, given):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def fail(world, given):
    world.table("marks")["one"] = {"text": given["text"]}
    raise ValueError("no such thing")


def mark(world, given):
    key = world.new_id("mark")
    world.insert("marks", key, {"text": given["text"]})
    world.note(f"{key} made")
    return {"id": key, "marks": len(world.table("marks")), "at": world.now()}


def flood(world, given):
    return {"text": "x" * 100_000}


def odd(world, given):
    return {"set": {1, 2}}
"""
FUNCTIONS = [line[4:].partition("(")[0] for line in CODE.splitlines() if line.startswith("def ")]

Open = Callable[..., AbstractAsyncContextManager[Worlds]]


def own_tools(code: str = CODE) -> OwnTools:
    """Return a tool for each function, all of one capability that takes a text."""
    text = {"type": "string", "description": "Any text."}
    schema = {"type": "object", "additionalProperties": False, "required": ["text"],
              "properties": {"text": text}}  # fmt: skip
    capability = {"id": "Own.do", "description": "Do something",
                  "needs": [{"name": "text", "kind": "text"}], "yields": []}  # fmt: skip
    tools = [
        {"name": name, "capability": "Own.do", "provider": "Own", "results": {}, "call": name,
         "description": f"A tool for tests: {name}", "parameters": schema,
         "arguments": {"text": {"needs": ["text"]}}}
        for name in FUNCTIONS
    ]  # fmt: skip
    return OwnTools.model_validate({"capabilities": [capability], "tools": tools, "code": code})


def call(name: str, text: str = "x") -> ToolCall:
    """Return a call of one of the tools."""
    return ToolCall(id="c", name=name, arguments={"text": text})


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Level:
    """Return each level of isolation that there is on this machine."""
    if not is_there(request.param):
        pytest.skip(f"{request.param} is not to be had here")
    found: Level = request.param
    return found


@pytest.fixture
def open_worlds() -> Open:
    """Return a function that opens workers with the tools above, one unless said otherwise."""

    @asynccontextmanager
    async def opened(level: Level = "rlimits", **limits: object) -> AsyncIterator[Worlds]:
        workers = Workers.model_validate({"isolation": level, "processes": 1} | limits)
        async with Worlds(own_tools(), workers) as worlds:
            yield worlds

    return opened
