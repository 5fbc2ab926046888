"""The worker process: reads requests and writes answers, a JSON object a line, in order.

Usage: python -m tasks.world.worker LEVEL
"""

import gc
import os
import signal
import sys
from typing import Any, BinaryIO

import orjson

from schemas.actions import Catalogue
from schemas.base import JsonObject
from schemas.errors import BadInputError
from schemas.messages import ToolCall
from schemas.own_tools import OwnTools
from tasks.world.core import World
from tasks.world.own_code import import_libraries, load_functions
from tasks.world.success import record
from tasks.world.toolbox import Toolbox, assemble
from tasks.world.worker.jobs import Jobs
from tasks.world.worker.lockdown import lock_down

COLLECT_AFTER = 20_000  # objects more than before

Json = dict[str, Any]


class OutOfTimeError(BaseException):
    """A call used up its processor time. No `except Exception` of a tool's can catch it."""


def main() -> None:
    """Serve until the input ends. The first request says what tools there are, and the limits."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a tool prints is no answer
    hello = orjson.loads(source.readline())
    try:
        jobs = Jobs(_prepare(sys.argv[1], hello))
    except (BadInputError, OSError) as exc:
        _write(target, {"failed": str(exc)})
        return
    gc.freeze()  # what was imported stays; worlds hold no cycles
    gc.set_threshold(COLLECT_AFTER)
    _write(target, {"ready": True})
    signal.signal(signal.SIGPROF, _run_out)
    for line in source:
        _write(target, _answer(jobs, orjson.loads(line), hello["cpu_s"]))


def _prepare(level: str, hello: Json) -> Toolbox:
    """Return the tools, with this process shut off before anybody's code has run."""
    own = OwnTools.model_validate(hello["own"]) if hello["own"] else None
    catalogue = Catalogue.model_validate(hello["catalogue"])
    toolbox = assemble(catalogue, hello["code"], own)
    _warm_up(toolbox)
    if own:
        import_libraries(own.code)
    lock_down(level, hello["memory_mb"])
    return assemble(catalogue, hello["code"], own, load_functions(own)) if own else toolbox


def _warm_up(toolbox: Toolbox) -> None:
    """Do once what imports something when it is first done: no file can be opened afterwards."""
    world = World(0, toolbox)
    tries: tuple[JsonObject, ...] = ({}, {"query": 1}, {"query": "a"}, {"query": "a", "limit": 2.0})
    for name in (next(iter(toolbox.catalogue.tools)), "lumenfind_web_search"):
        for arguments in tries:
            world.call(ToolCall(id="", name=name, arguments=arguments))
    record(world, (), binding="", slot="")


def _answer(jobs: Jobs, request: Json, cpu_s: float) -> Json:
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return jobs.do(request)
    except MemoryError:
        return {"lost": "out_of_memory"}
    except OutOfTimeError:
        return {"lost": "out_of_time"}
    except Exception as exc:  # noqa: BLE001  a defect, for the process that asked to name
        return {"fault": f"{type(exc).__name__}: {exc}"}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _write(target: BinaryIO, answer: Json) -> None:
    target.write(orjson.dumps(answer) + b"\n")
    target.flush()
    if "lost" in answer:  # what is left of this process is not to be trusted
        os._exit(1)


def _run_out(_number: int, _frame: object) -> None:
    raise OutOfTimeError


if __name__ == "__main__":
    main()
