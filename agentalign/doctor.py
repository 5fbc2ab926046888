"""The `doctor` command: what of the machine and of the endpoints works, and what to do."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import orjson

from agentalign.endpoint_checks import check_endpoints
from agentalign.findings import Finding
from agentalign.machine_checks import check_machine
from agentalign.operating_checks import check_operating
from schemas.errors import AgentAlignError
from schemas.params import BuildParams


def diagnose(params: BuildParams, folder: Path, *, json: bool) -> None:
    """Print what was found. Raises: AgentAlignError if something does not work."""
    found = list(_check(params, folder))
    if json:
        print(orjson.dumps([asdict(each) for each in found]).decode())
    for each in () if json else found:
        print(draw(each))
    if any(each.state == "failed" for each in found):
        raise AgentAlignError("something can't be used as it is, see above")


def _check(params: BuildParams, folder: Path) -> Iterator[Finding]:
    import asyncio

    from flows.keys import resolve_keys

    yield from check_machine(folder)
    yield from check_operating(folder)
    yield from check_endpoints(params, asyncio.run(resolve_keys(params)), folder)


def draw(found: Finding) -> str:
    """Return a finding as a line, and one more where there is something to do."""
    advice = f"\n{'':11}{found.advice}" if found.advice else ""
    return f"{found.state:8}   {found.what}: {found.detail}{advice}"
