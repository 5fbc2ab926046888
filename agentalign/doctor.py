"""The `doctor` command over endpoints: which of them can play which part, and what they lack."""

from dataclasses import asdict
from pathlib import Path

import orjson

from agentalign.endpoint_checks import check_endpoints
from agentalign.findings import Finding
from schemas.errors import AgentAlignError
from schemas.params import BuildParams


def diagnose_endpoints(params: BuildParams, folder: Path, *, json: bool) -> None:
    """Print what was found. Raises: AgentAlignError if an endpoint can't be used."""
    import asyncio

    from flows.keys import resolve_keys

    found = list(check_endpoints(params, asyncio.run(resolve_keys(params)), folder))
    if json:
        print(orjson.dumps([asdict(each) for each in found]).decode())
    for each in () if json else found:
        print(draw(each))
    if any(each.state == "failed" for each in found):
        raise AgentAlignError("an endpoint can't be used as it is, see above")


def draw(found: Finding) -> str:
    """Return a finding as a line, and one more where there is something to do."""
    advice = f"\n{'':11}{found.advice}" if found.advice else ""
    return f"{found.state:8}   {found.what}: {found.detail}{advice}"
