"""One worker as its owner sees it: requests go in, answers come back in the same order."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, cast

import orjson

from schemas.errors import BadInputError
from schemas.own_tools import OwnTools
from schemas.params import Workers
from tasks.world.runner.isolation import Level, worker_command, worker_environment
from tasks.world.runner.lost import ExecutionLostError, Loss, WorkerError
from tasks.world.toolbox import Toolbox

START_S = 30.0
CHECKS = 8  # looks at a call within its time-out
LONGEST_COMPLAINT = 2_000  # characters of what a worker wrote before it ended

Json = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """A request on its way, what waits for its answer, and what it is, in words."""

    line: bytes
    answer: asyncio.Future[Json]
    what: str


@dataclass(slots=True)
class Pipes(asyncio.SubprocessProtocol):
    """The worker's ends of the pipes: whole lines are handed to the worker's owner."""

    owner: "WorkerProcess"
    rest: bytes = b""
    complaint: str = ""

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        """Take bytes of the worker's output or of its complaints."""
        raw = cast("bytes", data)
        if fd == 2:
            self.complaint = (self.complaint + raw.decode(errors="replace"))[-LONGEST_COMPLAINT:]
            return
        *lines, self.rest = (self.rest + raw).split(b"\n")
        for line in lines:
            self.owner.take(orjson.loads(line))

    def process_exited(self) -> None:
        """Hand on that the process is gone."""
        self.owner.lose()


class WorkerProcess:
    """A worker that is started when it is needed, and again after it was lost.

    Only the request it was lost at fails; those behind it are sent to the next process.
    """

    def __init__(
        self, level: Level, limits: Workers, own: OwnTools | None, toolbox: Toolbox
    ) -> None:
        self._level, self._limits, self._own, self._toolbox = level, limits, own, toolbox
        self._transport: asyncio.SubprocessTransport | None = None
        self._pipes: Pipes | None = None
        self._sent: deque[Asked] = deque()
        self._head_since = 0.0
        self._loss: Loss = "worker_died"
        self._ready = False  # greeted, and not lost since
        self._starting = asyncio.Lock()
        self._gone = asyncio.Event()
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The process's id, None before it is started."""
        return self._transport.get_pid() if self._transport else None

    async def ask(self, request: Json, what: str) -> Json:
        """Return the answer to a request.

        Raises:
            ExecutionLostError: the worker was lost at this request.
            WorkerError: no worker can be started, or it met a defect.
        """
        if not self._ready:
            await self._start()
        asked = Asked(orjson.dumps(request) + b"\n", self._loop.create_future(), what)
        self._send(asked)
        answer = await asked.answer
        if "fault" in answer:
            raise WorkerError(f"{what}: a defect of the world, {answer['fault']}")
        return answer

    @property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def _send(self, asked: Asked) -> None:
        if self._transport is None:  # lost since: goes to the next process
            self._sent.append(asked)
            return
        if not self._sent:
            self._head_since = self._loop.time()
        self._sent.append(asked)
        self._stdin.write(asked.line)

    @property
    def _stdin(self) -> asyncio.WriteTransport:
        assert self._transport is not None
        return cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))

    def take(self, answer: Json) -> None:
        """Give an answer to the request that has waited longest."""
        if "lost" in answer:
            self._loss = answer["lost"]
            return
        self._head_since = self._loop.time()
        asked = self._sent.popleft()
        if not asked.answer.done():
            asked.answer.set_result(answer)

    def lose(self) -> None:
        """Fail the request the process ended at; start another for those behind it."""
        self._transport, self._ready = None, False
        self._gone.set()
        loss, self._loss = self._loss, "worker_died"
        if self._closing:
            return
        if self._sent:
            culprit = self._sent.popleft()
            _fail([culprit], ExecutionLostError(loss, culprit.what))
        if self._sent:
            self._run(self._restart())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _restart(self) -> None:
        with contextlib.suppress(WorkerError, BadInputError):  # told to those that wait
            await self._start()

    async def _start(self) -> None:
        """Start a process for those that wait and those to come. Raises as `_greet` does."""
        async with self._starting:
            if self._ready:
                return
            waiting, self._sent = self._sent, deque()
            transport, self._pipes = await self._loop.subprocess_exec(
                lambda: Pipes(self), *worker_command(self._level), env=worker_environment()
            )
            self._gone.clear()
            try:
                await self._greet(transport)
            except (WorkerError, BadInputError) as exc:
                _fail(waiting, exc)
                raise
            self._ready = True
            self._run(self._watch(transport))
            for asked in waiting:
                self._send(asked)

    async def _greet(self, transport: asyncio.SubprocessTransport) -> None:
        """Tell a new process what tools there are. Raises: WorkerError, BadInputError."""
        own = self._own.model_dump(mode="json") if self._own else None
        tools = {"catalogue": self._toolbox.catalogue.model_dump(mode="json")}
        hello = tools | {
            "code": self._toolbox.code,
            "own": own,
            "memory_mb": self._limits.memory_mb,
            "cpu_s": self._limits.call_cpu_s,
        }
        asked = Asked(orjson.dumps(hello) + b"\n", self._loop.create_future(), "a worker's start")
        self._transport = transport
        self._send(asked)
        try:
            answer = await asyncio.wait_for(asked.answer, START_S)
        except (ExecutionLostError, TimeoutError) as exc:
            self._kill()
            complaint = self._pipes.complaint if self._pipes else ""
            msg = f"no worker can be started ({self._level}): {complaint.strip() or 'it ended'}"
            raise WorkerError(msg) from exc
        if "failed" in answer:
            await self._gone.wait()
            raise BadInputError(answer["failed"])

    async def _watch(self, transport: asyncio.SubprocessTransport) -> None:
        """End the process if it gives no answer in time."""
        while self._transport is transport:
            await asyncio.sleep(self._limits.call_timeout_s / CHECKS)
            waited = self._loop.time() - self._head_since
            if self._sent and self._transport is transport and waited > self._limits.call_timeout_s:
                self._loss = "worker_hung"
                self._kill()

    def _kill(self) -> None:
        if self._transport is not None:
            with contextlib.suppress(ProcessLookupError):
                self._transport.kill()

    async def close(self) -> None:
        """End the process, and wait until it is gone."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await self.rest()

    async def rest(self) -> None:
        """End the process, which has nothing to do; the next request starts another."""
        transport = self._transport
        if transport is not None:
            self._kill()
            await self._gone.wait()
            transport.close()


def _fail(waiting: Iterable[Asked], exc: Exception) -> None:
    for asked in waiting:
        if not asked.answer.done():
            asked.answer.set_exception(exc)
