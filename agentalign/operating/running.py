"""Whether a workspace is up."""

from agentalign.operating.http import ask
from agentalign.operating.record import Record, load_record
from schemas.workspace import Workspace

_OK = 200


def find_up(workspace: Workspace) -> Record | None:
    """Return the record of an `up` whose Prefect server answers, else None.

    Raises:
        WorkspaceError: the record can't be read.
    """
    record = load_record(workspace)
    if record is None:
        return None
    status, _ = ask(record.here, record.prefect_port, "/api/health")
    return record if status == _OK else None
