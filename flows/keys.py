"""Where API keys come from: the environment, or Secret blocks of the Prefect server in use."""

import os

from prefect.blocks.system import Secret

from schemas.endpoints import Endpoint
from schemas.errors import BadInputError
from schemas.params import BuildParams


async def resolve_keys(params: BuildParams) -> dict[str, str]:
    """Return API keys by endpoint name, of the endpoints that play a role.

    Raises:
        BadInputError: a variable is not set, or there is no such block.
    """
    keys: dict[str, str] = {}
    for endpoint in params.endpoints:
        if endpoint.name not in params.playing:
            continue
        if endpoint.api_key_env is not None:
            keys[endpoint.name] = _from_environment(endpoint, endpoint.api_key_env)
        elif endpoint.api_key_block is not None:
            keys[endpoint.name] = await _from_block(endpoint, endpoint.api_key_block)
    return keys


def _from_environment(endpoint: Endpoint, variable: str) -> str:
    if key := os.environ.get(variable):
        return key
    raise BadInputError(
        f"endpoint {endpoint.name}: environment variable {variable} is not set; export the key"
        " under that name, or change endpoints' api_key_env"
    )


async def _from_block(endpoint: Endpoint, name: str) -> str:
    try:
        block: object = await Secret.aload(name)
    except ValueError as exc:
        raise _no_block(endpoint, name) from exc
    key = block.get() if isinstance(block, Secret) else None
    if not isinstance(key, str) or not key:
        msg = f"endpoint {endpoint.name}: the Secret block {name!r} holds no text"
        raise BadInputError(msg)
    return key


def _no_block(endpoint: Endpoint, name: str) -> BadInputError:
    own = "" if "PREFECT_API_URL" in os.environ else (
        ". A build's own server knows no blocks: set PREFECT_API_URL to the server that holds it"
    )  # fmt: skip
    return BadInputError(
        f"endpoint {endpoint.name}: the Prefect server in use has no Secret block {name!r}{own};"
        " create it there, or name an environment variable as api_key_env"
    )
