"""What may befall a build from outside: its Prefect server ends, the disk fills up."""

import http.client
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agentalign.running import KEPT
from schemas.errors import AgentAlignError, ServerLostError, StoppedError, WorkspaceError
from schemas.workspace import Workspace

_FULL_BYTES = 4 * 2**20  # with less than this DuckDB, SQLite and logs can't go on
_EVERY_S = 2.0  # that a server is asked whether it is there
_GONE_AFTER = 3  # times in a row that nothing is there: it may just be starting anew
_TIMEOUT_S = 5.0


@dataclass(slots=True)
class ServerWatch:
    """Looks from time to time whether a Prefect server answers."""

    api_url: str
    clock: Callable[[], float] = time.monotonic
    _asked_at: float = field(default=0.0, init=False)
    _missed: int = field(default=0, init=False)

    def check(self) -> None:
        """Ask if it is time to. Raises: ServerLostError after a few misses in a row."""
        if self.clock() < self._asked_at + _EVERY_S:
            return
        self._missed = 0 if answers(self.api_url) else self._missed + 1
        self._asked_at = self.clock()
        if self._missed >= _GONE_AFTER:
            raise self.lost()

    def lost(self) -> ServerLostError:
        """Return what to say where the server is gone."""
        return ServerLostError(f"the Prefect server at {self.api_url} is gone; {KEPT}")


def answers(api_url: str) -> bool:
    """Return whether there is anything at the address of a Prefect API, be it busy."""
    where = urlsplit(api_url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    connection = kind(where.netloc, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", f"{where.path}/health")
        connection.getresponse()
    except (TimeoutError, http.client.HTTPException):
        return True
    except OSError:
        return False
    else:
        return True
    finally:
        connection.close()


@contextmanager
def name_the_cause(workspace: Workspace, watch: ServerWatch) -> Iterator[None]:
    """Say of what fails in the block whether a full disk or a lost server is the cause.

    Raises:
        WorkspaceError: the disk is full.
        ServerLostError: the server does not answer any more.
    """
    try:
        yield
    except (StoppedError, ServerLostError):
        raise
    except Exception as exc:
        if (free := shutil.disk_usage(workspace.root).free) < _FULL_BYTES:
            raise WorkspaceError(
                f"the disk of {workspace.root} is full ({free / 2**20:.1f} MiB are left);"
                f" make room: {KEPT}"
            ) from exc
        if not isinstance(exc, AgentAlignError) and not answers(watch.api_url):
            raise watch.lost() from exc
        raise
