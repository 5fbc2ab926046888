"""Commands that operate a workspace's servers: up, down.

What a command needs is imported when it runs, so that the others start fast.
"""

import ipaddress
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agentalign.options import DEFAULT_FOLDER, AsJson, Folder

if TYPE_CHECKING:
    from rich.table import Table

    from agentalign.operating.starting import Up

Host = Annotated[
    str | None, typer.Option("--host", help="Address to listen on; 127.0.0.1 if not said.")
]
PrefectPort = Annotated[
    int | None, typer.Option("--prefect-port", min=1, max=65535, help="4200 if not said.")
]
MlflowPort = Annotated[
    int | None, typer.Option("--mlflow-port", min=1, max=65535, help="5000 if not said.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, down):
        app.command(command.__name__)(command)


def up(
    workspace: Folder = DEFAULT_FOLDER,
    host: Host = None,
    prefect_port: PrefectPort = None,
    mlflow_port: MlflowPort = None,
    json: AsJson = False,
) -> None:
    """Start what is missing: Prefect server, worker, deployments, MLflow UI; print addresses."""
    from rich.console import Console

    from agentalign.operating.starting import bring_up
    from agentalign.workspace import prepare_workspace

    started, place = time.monotonic(), prepare_workspace(workspace)
    if host is not None and not _is_loopback(host):
        _warn(Console(stderr=True), host)
    found = bring_up(place, host, prefect_port, mlflow_port)
    seconds = round(time.monotonic() - started, 1)
    if json:
        print(orjson.dumps(_describe(found, str(place.root), seconds)).decode())
        return
    console = Console()
    console.print(_draw(found))
    print(f"{len(found.deployments)} deployments; ready in {seconds:.1f} s, logs in {place.logs}")
    print(f"For Prefect's own commands: export PREFECT_API_URL={found.record.api_url}")
    print(f"To end it all: agentalign down{_option(workspace)}")


def down(workspace: Folder = DEFAULT_FOLDER, json: AsJson = False) -> None:
    """End what `up` started, and nothing else."""
    from agentalign.operating.ending import bring_down
    from agentalign.workspace import find_workspace

    started = time.monotonic()
    ended = bring_down(find_workspace(workspace))
    seconds = round(time.monotonic() - started, 1)
    if json:
        told = asdict(ended) if ended else {"processes": 0, "killed": 0, "runs": 0}
        print(orjson.dumps(told | {"seconds": seconds}).decode())
    elif ended is None:
        print("nothing is up in this workspace")
    else:
        print(f"ended {ended.processes} processes in {seconds:.1f} s")
        if ended.runs:
            print(f"{ended.runs} runs were under way; retry them in the UI to go on")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _option(workspace: object) -> str:
    return "" if workspace == DEFAULT_FOLDER else f" --workspace {workspace}"


def _warn(console: object, host: str) -> None:
    from rich.console import Console

    assert isinstance(console, Console)
    console.print(
        f"warning: {host} is no loopback address. Whoever reaches this machine there can read the"
        " datasets, harmful requests included, and start runs on it: neither server asks for a"
        " password. Keep it behind a firewall, or a proxy that does.",
        style="yellow",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _draw(found: "Up") -> "Table":
    from rich.table import Table

    table = Table("service", "state", "address", "process", "log", box=None, padding=(0, 2, 0, 0))
    for each in found.running:
        service = each.service
        table.add_row(service.name, each.state, service.address, str(each.pid), service.log.name)
    return table


def _describe(found: "Up", workspace: str, seconds: float) -> dict[str, object]:
    return {
        "workspace": workspace,
        "api_url": found.record.api_url,
        "services": {
            each.service.name: {
                "state": each.state,
                "address": each.service.address,
                "pid": each.pid,
                "log": str(each.service.log),
            }
            for each in found.running
        },
        "deployments": list(found.deployments),
        "seconds": seconds,
    }
