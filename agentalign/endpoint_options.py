"""Endpoints as options of a command declare them: NAME=MODEL@URL, or a mapping in YAML."""

from typing import TYPE_CHECKING, Any

import yaml

from schemas.errors import BadInputError

if TYPE_CHECKING:
    from schemas.endpoints import Endpoint


def read_endpoint(text: str) -> "Endpoint":
    """Return the endpoint that an option declares. Raises: BadInputError."""
    from pydantic import ValidationError

    from schemas.endpoints import Endpoint

    try:
        return Endpoint.model_validate(_fields(text))
    except (ValidationError, yaml.YAMLError) as exc:
        wrong = str(exc).splitlines()[-1].strip() if isinstance(exc, yaml.YAMLError) else "; ".join(
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors()
        )  # fmt: skip
        msg = f"--endpoint {text!r}: {wrong}; write it as NAME=MODEL@URL"
        raise BadInputError(msg) from exc


def _fields(text: str) -> Any:  # noqa: ANN401  whatever the YAML holds
    if text.startswith("{"):
        return yaml.safe_load(text)
    name, _, rest = text.partition("=")
    model, at, url = rest.partition("@http")
    return {"name": name, "model": model} | ({"base_url": f"http{url}"} if at else {})
