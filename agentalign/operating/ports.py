"""Whether a port can be served on, and who has it if not."""

import errno
import socket
from dataclasses import dataclass

import psutil

from schemas.errors import AgentAlignError


class PortTakenError(AgentAlignError):
    """Something else listens on a port that a service was to have."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who listens on a port, as far as this user may know."""

    pid: int | None
    name: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.name} (process {self.pid})" if self.pid else self.name


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        try:
            probe.bind((host, port))
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                return False
            msg = f"{host}:{port} can't be listened on ({exc.strerror}); give another --host"
            raise AgentAlignError(msg) from exc
        return True


def find_holder(port: int) -> Holder:
    """Return who listens on a port."""
    try:
        found = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return Holder(None, "another program")
    listening = (each for each in found if each.status == psutil.CONN_LISTEN)
    pids = (each.pid for each in listening if getattr(each.laddr, "port", None) == port)
    pid = next((pid for pid in pids if pid), None)
    return Holder(pid, _name(pid) if pid else "another user's program")


def check_free(host: str, port: int, option: str) -> None:
    """Return if a port is free. Raises: PortTakenError."""
    if not is_free(host, port):
        raise PortTakenError(
            f"port {port} is taken by {find_holder(port)}; end that, or give another with {option}"
        )


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "another program"
