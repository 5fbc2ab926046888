"""What `doctor` finds out about model endpoints: reach, powers, tools, and missing settings."""

import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from agentalign.findings import Finding
from schemas.endpoints import Endpoint, Roles, Weighted
from schemas.errors import AgentAlignError
from schemas.params import BuildParams
from schemas.workspace import Workspace
from tasks.doors.llm import Engine
from tasks.doors.llm.clients import AsgiApp
from tasks.doors.llm.errand import Errand, run_errand
from tasks.doors.llm.no_store import NoStore
from tasks.doors.llm.powers import Powers

# by what the server calls itself in `system_fingerprint`; without that, all are named
_SETTINGS = {
    "vLLM": "start it with --enable-auto-tool-choice --tool-call-parser NAME",
    "SGLang": "start it with --tool-call-parser NAME",
    "llama.cpp": "start llama-server with --jinja",
    "llama-cpp-python": "start it with --chat_format chatml-function-calling",
    "Ollama": "take a model whose template knows tools",
}
_SIGNS = {"llama.cpp": re.compile(r"b\d+-[0-9a-f]+"), "Ollama": re.compile("fp_ollama")}
_MODES = {
    "json_schema": "response_format json_schema",
    "json_object_schema": "response_format json_object with a schema",
    "json_object": "response_format json_object, the schema in words",
    "tool": "a forced tool call",
    "text": "words alone",
}


def check_endpoints(
    params: BuildParams, keys: Mapping[str, str], folder: Path, app: AsgiApp | None = None
) -> Iterator[Finding]:
    """Yield what was found of each endpoint that plays a role, in their order.

    Args:
        params: the parameters that name the endpoints.
        keys: API keys by endpoint name.
        folder: the workspace; if it is there, it will remember what was found out.
        app: answers in the place of every endpoint.
    """
    for endpoint in params.endpoints:
        if endpoint.name in params.playing:
            yield from asyncio.run(_check(endpoint, params, keys, folder, app))


async def _check(
    endpoint: Endpoint,
    params: BuildParams,
    keys: Mapping[str, str],
    folder: Path,
    app: AsgiApp | None,
) -> list[Finding]:
    alone = (Weighted(endpoint=endpoint.name),)
    roles = Roles(generator=alone, judge=alone, planner=alone, responder=alone)
    only = params.model_copy(update={"endpoints": (endpoint,), "roles": roles})
    memory = Workspace(folder).endpoints if folder.is_dir() else None
    with tempfile.TemporaryDirectory() as journal:
        async with Engine(only, NoStore(), Path(journal), keys, app=app, memory=memory) as engine:
            try:
                powers = await engine.powers(endpoint.name, anew=True)
                if endpoint.is_rehearsal:
                    return [Finding(endpoint.name, "ok", "the embedded model")]
                errand = await run_errand(engine)
            except AgentAlignError as exc:
                return [Finding(endpoint.name, "failed", str(exc))]
    return list(_findings(endpoint, powers, errand))


def _findings(endpoint: Endpoint, powers: Powers, errand: Errand) -> Iterator[Finding]:
    answering = powers.model or "a model without a name"
    if powers.fingerprint:
        answering += f", fingerprint {powers.fingerprint}"
    yield Finding(endpoint.name, "ok", f"answers as {answering} ({powers.calls} calls to find out)")
    yield Finding(f"{endpoint.name}: JSON", "ok", _MODES[powers.structured])
    yield _seeds(endpoint, powers)
    yield _usage(endpoint, powers)
    yield _tools(endpoint, powers, errand)


def _seeds(endpoint: Endpoint, powers: Powers) -> Finding:
    what = f"{endpoint.name}: seeds"
    if powers.seed_name is None:
        return Finding(what, "ok", "takes none; answers are kept in the call cache all the same")
    repeats = "the same answer" if powers.seed_repeats else "other answers"
    return Finding(what, "ok", f"takes {powers.seed_name!r}; one seed gave {repeats} twice")


def _usage(endpoint: Endpoint, powers: Powers) -> Finding:
    what = f"{endpoint.name}: usage"
    if not powers.says_usage:
        advice = "have the server report `usage`; until then its tokens and cost are unknown"
        return Finding(what, "warning", "does not say what a call took", advice)
    priced = None not in (endpoint.prompt_usd_per_million, endpoint.completion_usd_per_million)
    if not priced:
        advice = "give prompt_usd_per_million, completion_usd_per_million and priced_on"
        return Finding(what, "warning", "says its tokens, but has no price", advice)
    return Finding(what, "ok", "says its tokens, and has a price")


def _tools(endpoint: Endpoint, powers: Powers, errand: Errand) -> Finding:
    what = f"{endpoint.name}: tools"
    if errand.failed_at == "done":
        detail = f"looked something up and used it, {errand.latency_s:.2f} s a call"
        return Finding(what, "ok", detail)
    detail = f"a two-step errand failed at its {errand.failed_at}: {errand.detail}"
    if errand.error == "unparsed_call" or powers.tools == "written":
        return Finding(what, "failed", detail, f"no tool parser: {_setting(powers)}")
    if errand.error == "bad_request":
        return Finding(what, "failed", detail, f"tools are turned down: {_setting(powers)}")
    if powers.tools == "forced":
        detail += "; it calls tools only if it is forced to"
    advice = "let another model be planner and responder, or see whether tools are switched on: "
    return Finding(what, "warning", detail, advice + _setting(powers))


def _setting(powers: Powers) -> str:
    """Return the setting of the server that makes it read tool calls."""
    for name, sign in _SIGNS.items():
        if sign.fullmatch(powers.fingerprint):
            return f"{_SETTINGS[name]} ({name})"
    return "; ".join(f"{name}: {setting}" for name, setting in _SETTINGS.items())
