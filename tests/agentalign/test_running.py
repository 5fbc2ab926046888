import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from agentalign.running import run_watched, stop_on_signals
from schemas.errors import BadInputError, StoppedError


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    """Hear Ctrl-C as in a terminal: a shell's background jobs are started deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_result_comes_back_and_is_watched() -> None:
    """What the coroutine returns is returned; watching goes on in this thread."""
    watchers: list[str] = []

    async def work() -> str:
        return threading.current_thread().name

    name = run_watched(work, lambda: watchers.append(threading.current_thread().name))
    assert name == "work"
    assert set(watchers) == {threading.current_thread().name}


def test_errors_come_back_as_they_are() -> None:
    """An error in the loop's thread reaches the caller with its class and message."""

    async def work() -> None:
        raise BadInputError("no such thing")

    with pytest.raises(BadInputError, match="no such thing"):
        run_watched(work, lambda: None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_cancels_the_work(number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C let the coroutine close its things, then stop the run."""
    closed: list[bool] = []

    async def work() -> None:
        os.kill(os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    with pytest.raises(StoppedError, match="run the same command to resume"), stop_on_signals():
        run_watched(work, lambda: None)
    assert closed == [True]


def test_a_signal_is_a_stop_whatever_the_code_makes_of_it() -> None:
    """Code that turns the interruption into an error of its own still stops cleanly."""

    def interrupted() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        except KeyboardInterrupt:
            raise ValueError("half an import") from None

    with pytest.raises(StoppedError), stop_on_signals():
        interrupted()


def test_handlers_are_given_back() -> None:
    """After the block signals do what they did before."""
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_ignored_interrupt_stays_ignored() -> None:
    """A build that a shell put in the background is not stopped by Ctrl-C at the terminal."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_on_signals():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
