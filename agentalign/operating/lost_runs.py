"""Tells the server of runs whose processes are gone: it would take them for running for ever."""

from agentalign.operating.http import ask
from agentalign.operating.record import Record
from agentalign.operating.services import POOL

_STATES = ["PENDING", "RUNNING", "CANCELLING"]
_MOST = 200  # that the server lists at a time


def report_lost_runs(record: Record, why: str) -> int:
    """Return how many runs of the worker were set to crashed; they can be retried from the UI.

    To be called while no run can be under way.
    """
    wanted = {
        "flow_runs": {"state": {"type": {"any_": _STATES}}},
        "work_pools": {"name": {"any_": [POOL]}},
        "limit": _MOST,
    }
    _, found = ask(record.here, record.prefect_port, "/api/flow_runs/filter", wanted)
    runs = found if isinstance(found, list) else []
    state = {"type": "CRASHED", "name": "Crashed", "message": why}
    for run in runs:
        path = f"/api/flow_runs/{run['id']}/set_state"
        ask(record.here, record.prefect_port, path, {"state": state})
    return len(runs)
