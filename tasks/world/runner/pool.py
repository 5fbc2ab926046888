"""The world from outside: its jobs are done by worker processes, each call shut off and limited."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from schemas.base import JsonValue
from schemas.incidents import Incident
from schemas.messages import ToolCall
from schemas.own_tools import OwnTools
from schemas.params import Workers
from schemas.rows import Aim, CallResult, Execution, StepGoal
from tasks.world.planning import UnbindableError
from tasks.world.runner.isolation import Level, find_level
from tasks.world.runner.process import WorkerProcess
from tasks.world.toolbox import Toolbox, describe_toolbox
from tasks.world.worker.jobs import INCIDENTS, LOG, STEPS

Json = dict[str, Any]


class Worlds:
    """Does what is to be done in worlds, in processes that start when they are first needed.

    What a job comes to does not depend on how many workers there are, nor on their isolation.
    """

    def __init__(self, own: OwnTools | None = None, workers: Workers | None = None) -> None:
        """Prepare the workers. Raises: BadInputError if the isolation is not to be had."""
        limits = workers or Workers()
        self.level: Level = find_level(limits.isolation)
        self.toolbox: Toolbox = describe_toolbox(own)
        self._workers = [
            WorkerProcess(self.level, limits, own, self.toolbox) for _ in range(limits.processes)
        ]
        self._turn = itertools.cycle(self._workers)
        self._numbers = itertools.count()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            await worker.close()

    async def rest(self) -> None:
        """End the processes, which have nothing to do, until they are needed again."""
        for worker in self._workers:
            await worker.rest()

    @property
    def pids(self) -> list[int]:
        """Ids of the processes that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def session(self, seed: int, incidents: Iterable[Incident] = ()) -> "Session":
        """Return a world of its own, to make calls in one after the other.

        `incidents` are what is planned to happen to them.
        """
        planned = dump_incidents(incidents)
        return Session(self, next(self._turn), next(self._numbers), seed, planned)

    async def draw(
        self,
        capabilities: Sequence[str],
        tools: Sequence[str],
        world_seed: int,
        purpose: Sequence[JsonValue],
    ) -> tuple[StepGoal, ...]:
        """Return a goal; all draws depend on `purpose` alone, its first part is the run's seed.

        Raises:
            UnbindableError: the chain does not flow, or the world holds nothing it could act on.
            ExecutionLostError: somebody's code took the worker down.
        """
        request = {"op": "draw", "capabilities": capabilities, "tools": tools,
                   "seed": world_seed, "purpose": purpose}  # fmt: skip
        answer = await self._ask(request, f"drawing a goal in world {world_seed}")
        if "unbindable" in answer:
            raise UnbindableError(answer["unbindable"])
        return STEPS.validate_python(answer["steps"])

    async def plan(
        self, steps: Sequence[StepGoal], world_seed: int, *, binding: str, slot: str
    ) -> Execution:
        """Return the execution of the steps' own calls. Raises: ExecutionLostError."""
        request = {"op": "plan", "steps": dump_steps(steps), "seed": world_seed,
                   "binding": binding, "slot": slot}  # fmt: skip
        return self.executed(await self._ask(request, f"the plan of {binding}"))

    async def rerun(self, execution: Execution, steps: Sequence[StepGoal]) -> Execution:
        """Return what the calls of an execution come to now. Raises: ExecutionLostError."""
        request = {"op": "rerun", "steps": dump_steps(steps), "seed": execution.world_seed,
                   "incidents": dump_incidents(execution.incidents),
                   "log": dump_log(execution.steps), "binding": execution.binding,
                   "slot": execution.slot, "aim": execution.aim}  # fmt: skip
        return self.executed(await self._ask(request, execution.id))

    async def _ask(self, request: Json, what: str) -> Json:
        return await next(self._turn).ask(request, what)

    def executed(self, answer: Json) -> Execution:
        """Return the execution in an answer, with the isolation it ran under."""
        return Execution.model_validate(answer["execution"] | {"isolation": self.level})


@dataclass(slots=True)
class Session:
    """One world and the calls made in it so far. A lost worker's world is made again from them.

    `incidents` are those that are planned, as JSON.
    """

    worlds: Worlds
    worker: WorkerProcess
    number: int
    seed: int
    incidents: list[Json]
    log: list[CallResult] = field(default_factory=list)
    replays: bool = False  # known once it is recorded: the calls come to the same a second time

    @property
    def revealed(self) -> bool:
        """Whether a note that a reveal put there was observed."""
        return any(done.incident == "reveal" for done in self.log)

    @property
    def struck(self) -> frozenset[str]:
        """The ids of the calls that a fault kept from being done."""
        return frozenset(done.call.id for done in self.log if done.incident == "fault")

    async def open(self) -> None:
        """Make the world now, not with its first call."""
        await self._ask({"op": "open", "log": dump_log(self.log)}, f"world {self.seed}")

    async def call(self, call: ToolCall) -> CallResult | None:
        """Return what came of a call; None if it is sound, but `tell` has to say what comes of it.

        Raises:
            ExecutionLostError: the call took the worker down.
        """
        answer = await self._ask({"op": "call", "call": _plain(call)}, call.name)
        return None if "simulate" in answer else self._keep(call, answer)

    async def tell(self, call: ToolCall, result: JsonValue, *, ok: bool) -> CallResult:
        """Say what came of a simulated call, and return it as it is observed."""
        request = {"op": "tell", "call": _plain(call), "result": result, "ok": ok}
        return self._keep(call, await self._ask(request, call.name))

    async def record(
        self, steps: Sequence[StepGoal], *, binding: str, slot: str, aim: Aim = "all"
    ) -> Execution:
        """Return what was executed, checked against the steps, and close the world.

        Success means that all of them were done or, if the aim is a part, nothing else.
        """
        request = {"op": "record", "steps": dump_steps(steps), "binding": binding,
                   "slot": slot, "aim": aim}  # fmt: skip
        answer = await self._ask(request, f"the record of {slot}")
        self.replays = answer["replays"]
        return self.worlds.executed(answer)

    async def close(self) -> None:
        """Forget the world."""
        if self.log:
            await self._ask({"op": "close"}, "closing a world")

    def _keep(self, call: ToolCall, answer: Json) -> CallResult:
        done = CallResult.model_construct(
            call=call, ok=answer["ok"], result=answer["result"],
            changes=tuple(answer["changes"]), incident=answer["incident"],
        )  # fmt: skip
        self.log.append(done)
        return done

    async def _ask(self, request: Json, what: str) -> Json:
        at = {"session": self.number, "seed": self.seed, "incidents": self.incidents,
              "made": len(self.log)}  # fmt: skip
        answer = await self.worker.ask(request | at, what)
        while "missing" in answer:
            again = {"op": "open", "log": dump_log(self.log)}
            await self.worker.ask(again | at, f"world {self.seed}, made again")
            answer = await self.worker.ask(request | at, what)
        return answer


def _plain(call: ToolCall) -> Json:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def dump_steps(steps: Sequence[StepGoal]) -> list[Json]:
    """Return steps as JSON."""
    return [step.model_dump(mode="json") for step in steps]


def dump_incidents(incidents: Iterable[Incident]) -> list[Json]:
    """Return incidents as JSON."""
    dumped: list[Json] = INCIDENTS.dump_python(tuple(incidents), mode="json")
    return dumped


def dump_log(log: Sequence[CallResult]) -> list[Json]:
    """Return calls and their results as JSON."""
    dumped: list[Json] = LOG.dump_python(tuple(log), mode="json")
    return dumped
