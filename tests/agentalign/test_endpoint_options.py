"""Endpoints as `--endpoint` declares them."""

import pytest

from agentalign.endpoint_options import read_endpoint
from schemas.errors import BadInputError


def test_an_endpoint_in_one_word() -> None:
    """Name, model and address; a model's name may hold an @ and slashes."""
    found = read_endpoint("tuned=org/model@v2@http://127.0.0.1:8000/v1")
    assert (found.name, found.model) == ("tuned", "org/model@v2")
    assert found.base_url == "http://127.0.0.1:8000/v1"
    assert read_endpoint("dry=rehearsal-refuses").is_rehearsal


def test_an_endpoint_with_more_to_it() -> None:
    """As YAML it has all fields of the parameters."""
    found = read_endpoint(
        "{name: a, model: m, base_url: 'https://example.org/v1', api_key_env: KEY}"
    )
    assert found.api_key_env == "KEY"


@pytest.mark.parametrize("text", ["tuned", "=m", "{name: a", "{name: a, modell: m}", "Big=m"])
def test_an_endpoint_that_can_t_be_used_is_said(text: str) -> None:
    """The message quotes it and gives the form."""
    with pytest.raises(BadInputError, match="write it as NAME=MODEL@URL"):
        read_endpoint(text)
