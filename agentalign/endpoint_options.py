"""Endpoints as options of a command declare them: NAME=MODEL@URL, or a mapping in YAML."""

from typing import TYPE_CHECKING, Any

import yaml

from schemas.errors import BadInputError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from schemas.endpoints import Endpoint


def read_endpoint(text: str) -> "Endpoint":
    """Return the endpoint that an option declares. Raises: BadInputError."""
    from pydantic import ValidationError

    from schemas.endpoints import Endpoint

    try:
        return Endpoint.model_validate(_fields(text))
    except ValidationError as exc:
        wrong = say_wrong(exc)
    except yaml.YAMLError as exc:
        wrong = " ".join(str(exc).split())
    raise BadInputError(f"--endpoint {text!r}: {wrong}; write it as NAME=MODEL@URL")


def _fields(text: str) -> Any:  # noqa: ANN401  whatever the YAML holds
    if text.startswith("{"):
        return yaml.safe_load(text)
    name, _, rest = text.partition("=")
    model, at, url = rest.partition("@http")
    found = {"name": name, "model": model, "base_url": f"http{url}" if at else ""}
    return {field: value for field, value in found.items() if value}


def say_wrong(exc: "ValidationError") -> str:
    """Return all that is wrong, in one line."""
    found = ((".".join(map(str, each["loc"])), each["msg"]) for each in exc.errors())
    return "; ".join(": ".join(filter(None, parts)) for parts in found)
