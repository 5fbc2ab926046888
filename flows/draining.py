"""Sends what Prefect still has in its queues while its server is there."""

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

_TIMEOUT_S = 10.0


def drain_queues() -> None:
    """Return when events and logs are sent; not to be called from an event loop."""
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=_TIMEOUT_S, at_exit=False)
