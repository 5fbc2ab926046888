"""Ends what an `up` started, and nothing else."""

import time
from dataclasses import dataclass

from agentalign.operating.lost_runs import report_lost_runs
from agentalign.operating.ports import find_holder, is_free
from agentalign.operating.processes import end, find, is_of
from agentalign.operating.record import Record, drop_record, load_record, one_at_a_time
from schemas.errors import AgentAlignError
from schemas.workspace import Workspace

_RUNS_S = 3.0  # in which a run closes its store and reports
_SERVERS_S = 2.0
_PORT_S = 2.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Ended:
    """How many processes were ended, how many had to be killed, and runs that this cut off."""

    processes: int
    killed: int
    runs: int


def bring_down(workspace: Workspace) -> Ended | None:
    """End all processes of this workspace's `up`; None if there is none.

    Raises:
        AgentAlignError: a port is still open: something that `up` did not start serves there.
    """
    with one_at_a_time(workspace):
        record = load_record(workspace)
        if record is None:
            return None
        ended = _end_all(record)
        drop_record(workspace)
        _check_ports(record)
        return ended


def _end_all(record: Record) -> Ended:
    """End the worker and its runs first, so that they can still tell the server."""
    processes = find(record.token)
    runners = [each for each in processes if is_of(each, "worker") or is_of(each, "warm")]
    killed = end(runners, _RUNS_S)
    runs = (
        report_lost_runs(record, "ended by `agentalign down`; retry it to go on") if runners else 0
    )
    while left := find(record.token):  # what was started meanwhile has the mark as well
        killed += end(left, _SERVERS_S)
    return Ended(len(processes), killed, runs)


def _check_ports(record: Record) -> None:
    deadline = time.monotonic() + _PORT_S
    for port in (record.prefect_port, record.mlflow_port):
        while not is_free(record.host, port):
            if time.monotonic() > deadline:
                who = find_holder(port)
                raise AgentAlignError(f"port {port} is still served, by {who}: not ours to end")
            time.sleep(_POLL_S)
