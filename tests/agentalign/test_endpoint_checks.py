from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from agentalign.endpoint_checks import check_endpoints
from agentalign.findings import Finding
from schemas.params import BuildParams
from tests.tasks.doors.llm.fakes import FakeModel, Heard, Said, endpoint, params
from tests.tasks.doors.llm.servers import Server

PRICED: dict[str, Any] = {"prompt_usd_per_million": 1, "completion_usd_per_million": 2}


class Clerk(Server):
    """A server that also runs the errand: looks up, opens, tells."""

    def __call__(self, heard: Heard) -> Said:
        """Answer one request."""
        messages = heard.body["messages"]
        if "Parcel 5512" not in str(messages[0]["content"]):
            return super().__call__(heard)
        step = sum(message["role"] == "tool" for message in messages)
        name, arguments = (("find_parcel", {"parcel": "5512"}), ("open_locker", {"locker": "K7"}),
                           ("", {}))[step]  # fmt: skip
        if not name:
            return Said("The code is 4821.")
        told = orjson.dumps(arguments).decode()
        if self.writes_calls:
            return Said(f'<tool_call>{{"name": "{name}", "arguments": {told}}}</tool_call>')
        call = {"id": "c", "function": {"name": name, "arguments": told}}
        return Said(None, message={"tool_calls": [call]}, finish="tool_calls")


def found(
    server: Server, folder: Path, fingerprint: str = "", asked: BuildParams | None = None
) -> dict[str, Finding]:
    """Return what doctor finds of a server."""

    def script(heard: Heard) -> Said:
        return replace(server(heard), top={"system_fingerprint": fingerprint})

    chosen = asked or params(endpoint("one", structured="auto", **PRICED))
    told = check_endpoints(chosen, {}, folder, FakeModel(script))
    return {each.what: each for each in told}


def test_an_endpoint_that_has_everything_is_ok(tmp_path: Path) -> None:
    """Who answers, how JSON is asked for, seeds, usage and price, and the errand."""
    findings = found(Clerk(), tmp_path)
    assert {each.state for each in findings.values()} == {"ok"}
    assert findings["one"].detail.startswith("answers as m")
    assert findings["one: JSON"].detail == "response_format json_schema"
    assert "looked something up and used it" in findings["one: tools"].detail


@pytest.mark.parametrize(
    ("fingerprint", "setting"),
    [("b4567-0a1b2c3d", "--jinja (llama.cpp)"), ("fp_ollama", "template knows tools (Ollama)"),
     ("", "vLLM: start it with --enable-auto-tool-choice --tool-call-parser")],
)  # fmt: skip
def test_calls_written_as_text_name_the_setting_that_is_missing(
    tmp_path: Path, fingerprint: str, setting: str
) -> None:
    """Of the server that it is, as far as that can be told; else of all that are common."""
    tools = found(Clerk(writes_calls=True), tmp_path, fingerprint)["one: tools"]
    assert tools.state == "failed"
    assert "a tool call was written as text" in tools.detail
    assert setting in tools.advice


def test_a_key_that_is_refused_is_a_finding(tmp_path: Path) -> None:
    """The endpoint and what to do; nothing more is asked of it."""

    def refuse(_: Heard) -> Said:
        return Said(status=401)

    asked = params(endpoint(api_key_env="ONE_KEY", structured="auto"))
    (only,) = check_endpoints(asked, {"one": "wrong"}, tmp_path, FakeModel(refuse))
    assert (only.what, only.state) == ("one", "failed")
    assert "set the environment variable ONE_KEY" in only.detail
    assert "wrong" not in only.detail


def test_an_endpoint_without_a_price_is_told_how_to_give_one(tmp_path: Path) -> None:
    """Its tokens are known, its cost is not."""
    usage = found(Clerk(), tmp_path, asked=params(endpoint(structured="auto")))["one: usage"]
    assert (usage.state, "priced_on" in usage.advice) == ("warning", True)


def test_the_embedded_model_needs_no_check(tmp_path: Path) -> None:
    """It is named, once for each of its endpoints that play a role."""
    findings = list(check_endpoints(BuildParams(), {}, tmp_path))
    assert {each.detail for each in findings} == {"the embedded model"}
