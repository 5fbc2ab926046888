"""What `evaluate` takes from the command line, and what it says of what it can't use."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentalign.evaluating_commands import _endpoint
from schemas.endpoints import REHEARSAL_ENDPOINTS
from schemas.errors import BadInputError
from schemas.params import BuildParams
from schemas.settings import change_params
from tasks.formats.versions import Version

Command = Callable[..., tuple[int, str, str]]


def test_an_endpoint_in_one_word() -> None:
    """Name, model and address; a model's name may hold an @ and slashes."""
    found = _endpoint("tuned=org/model@v2@http://127.0.0.1:8000/v1")
    assert (found.name, found.model) == ("tuned", "org/model@v2")
    assert found.base_url == "http://127.0.0.1:8000/v1"
    assert _endpoint("dry=rehearsal-refuses").is_rehearsal


def test_an_endpoint_with_more_to_it() -> None:
    """As YAML it has all fields of the parameters."""
    found = _endpoint("{name: a, model: m, base_url: 'https://example.org/v1', api_key_env: KEY}")
    assert found.api_key_env == "KEY"


@pytest.mark.parametrize("text", ["tuned", "=m", "{name: a", "{name: a, modell: m}", "Big=m"])
def test_an_endpoint_that_can_t_be_used_is_said(text: str) -> None:
    """The message quotes it and gives the form."""
    with pytest.raises(BadInputError, match="write it as NAME=MODEL@URL"):
        _endpoint(text)


def test_a_file_adds_endpoints_to_those_there_are(tmp_path: Path) -> None:
    """One with a known name takes its place; roles that it does not name stay."""
    file = tmp_path / "mine.yaml"
    file.write_text(
        "endpoints: [{name: rehearsal-judge, model: rehearsal-formal}, {name: a, model: m}]\n"
        "roles: {judge: [{endpoint: a}]}\n"
    )
    found = change_params(BuildParams(), file, ["limits.in_flight=3"])
    assert {each.name: each.model for each in found.endpoints} == {
        **{each.name: each.model for each in REHEARSAL_ENDPOINTS},
        "rehearsal-judge": "rehearsal-formal",
        "a": "m",
    }
    assert [each.endpoint for each in found.roles.judge] == ["a"]
    assert found.roles.responder == BuildParams().roles.responder
    assert found.limits.in_flight == 3
    assert change_params(BuildParams()) == BuildParams()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--baseline", "pormpt"), "baselines"),
        (("a", "--against", "a"), "which is the endpoint itself"),
        (("--split", "tset"), "splits"),
        (("--version", "nothing"), "no version 'nothing'"),
        (("--set", "limits.in_flight=0"), "limits.in_flight"),
    ],
)
def test_what_can_t_be_used_is_said_at_once(
    version: Version, command: Command, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 2 and a line, before anything is started."""
    assert version.name
    code, _, error = command("evaluate", *arguments)
    assert code == 2
    assert said in error


def test_where_none_was_made_the_list_says_how(version: Version, command: Command) -> None:
    """It is empty as JSON, too."""
    assert version.name
    assert "agentalign evaluate ENDPOINT" in command("evaluations")[1]
    assert command("evaluations", "--json")[1].strip() == "[]"
