"""Runs a flow beside the terminal: the event loop in a thread, signals and display in this one."""

import asyncio
import concurrent.futures
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from schemas.errors import StoppedError

R = TypeVar("R")
Work = Callable[[], Coroutine[Any, Any, R]]

KEPT = "everything made so far is kept: run the same command to resume"
RESUME = f"stopped; {KEPT}"
_REFRESH_S = 0.25
_STOP_TIMEOUT_S = 20.0


def run_watched(work: Work[R], watch: Callable[[], None]) -> R:
    """Return what the coroutine returns; `watch` is called in this thread while it runs.

    Prefect takes SIGTERM over in the main thread and raises out of whatever runs there, so the
    loop has a thread of its own: Ctrl-C and SIGTERM then cancel the flow, which closes its
    files and reports its state.

    Raises:
        StoppedError: it was cancelled by Ctrl-C or SIGTERM.
    """
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[R]]] = []
    stopping = threading.Event()

    async def start() -> R:
        task = asyncio.ensure_future(work())
        started.append((asyncio.get_running_loop(), task))
        if stopping.is_set():
            task.cancel()
        return await task

    def stop() -> None:
        stopping.set()
        for loop, task in started:
            loop.call_soon_threadsafe(task.cancel)

    try:
        return call_watched(lambda: asyncio.run(start()), watch, stop)
    except asyncio.CancelledError:
        raise StoppedError(RESUME) from None


def call_watched(
    function: Callable[[], R], watch: Callable[[], None], stop: Callable[[], None] | None = None
) -> R:
    """Return what a function returns that runs in a thread, while `watch` is called in this one.

    Raises:
        StoppedError: Ctrl-C came.
        AgentAlignError: `watch` ended it.

    A function that can be told to `stop` is waited for in both cases, a while.
    """
    outcome: concurrent.futures.Future[R] = concurrent.futures.Future()

    def run() -> None:
        try:
            outcome.set_result(function())
        except BaseException as exc:  # noqa: BLE001  handed to the waiting thread as it is
            outcome.set_exception(exc)

    try:
        # a daemon, so that a second Ctrl-C ends the process whatever the thread is doing
        threading.Thread(target=run, name="work", daemon=True).start()
        return _wait(outcome, watch)
    except BaseException as exc:
        if stop is not None and not outcome.done():
            stop()
            concurrent.futures.wait([outcome], timeout=_STOP_TIMEOUT_S)
        if isinstance(exc, KeyboardInterrupt):
            raise StoppedError(RESUME) from None
        raise


def _wait(outcome: "concurrent.futures.Future[R]", watch: Callable[[], None]) -> R:
    while not outcome.done():
        watch()
        concurrent.futures.wait([outcome], timeout=_REFRESH_S)
    watch()
    return outcome.result()


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C inside the block, and either as a clean stop.

    Raises:
        StoppedError: a signal came, whatever the interrupted code made of it (an interrupted
            import may well fail with an error of its own).
    """
    received: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _stop_signals()}
    try:
        yield
    except BaseException:
        if received:
            raise StoppedError(RESUME) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_signals() -> Iterator[signal.Signals]:
    """Yield the signals to take over; a build in the background of a shell ignores Ctrl-C."""
    yield signal.SIGTERM
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield signal.SIGINT
