import pytest
from prefect.blocks.system import Secret

from flows.keys import resolve_keys
from schemas.errors import BadInputError
from schemas.params import BuildParams
from tests.tasks.doors.llm.fakes import endpoint, params

VARIABLE = "AGENTALIGN_TEST_KEY"


def with_key(**source: str) -> BuildParams:
    """Return parameters whose endpoint has a key."""
    return params(endpoint(**source))


async def test_a_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters name the variable; one that is not set is named to the user."""
    monkeypatch.setenv(VARIABLE, "sesame")
    assert await resolve_keys(with_key(api_key_env=VARIABLE)) == {"one": "sesame"}
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(BadInputError, match=f"endpoint one: .* {VARIABLE} is not set"):
        await resolve_keys(with_key(api_key_env=VARIABLE))


async def test_a_key_comes_from_a_secret_block(prefect_api: str) -> None:
    """The parameters name the block; what is not there, or holds no text, is said."""
    assert prefect_api
    await Secret(value="sesame").save("one-key", overwrite=True)
    assert await resolve_keys(with_key(api_key_block="one-key")) == {"one": "sesame"}
    with pytest.raises(BadInputError, match="has no Secret block 'other-key'"):
        await resolve_keys(with_key(api_key_block="other-key"))


async def test_keys_of_endpoints_that_play_no_role_are_not_asked_for() -> None:
    """A file may list more endpoints than a build uses."""
    asked = with_key()
    spare = endpoint("spare", api_key_env=VARIABLE)
    assert (
        await resolve_keys(asked.model_copy(update={"endpoints": (*asked.endpoints, spare)})) == {}
    )
