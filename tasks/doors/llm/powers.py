"""What an endpoint understands and how it says it; remembered from one run to the next."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import orjson
from pydantic import ValidationError

from schemas.base import Declared
from schemas.calls import Usage
from schemas.endpoints import Endpoint, StructuredMode
from schemas.ids import digest

EDITION = 1  # raised when the probe learns to tell more


class Powers(Declared):
    """How one endpoint has to be asked, and who answered there when it was tried."""

    structured: StructuredMode = "json_schema"
    limit_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True  # whether it may be set
    seed_name: Literal["seed", "random_seed"] | None = None
    seed_repeats: bool | None = None  # whether one seed gave one answer; None: not tried
    tool_choice: Literal["named", "required"] | None = None  # how a call can be forced
    # with tools offered, and asked for a call: it calls, only if forced, in words, or never
    tools: Literal["called", "forced", "written", "none"] | None = None
    says_usage: bool | None = None
    model: str = ""  # the answering model's own name
    fingerprint: str = ""
    calls: int = 0  # that finding this out took
    usage: Usage = Usage()


def declared(endpoint: Endpoint) -> Powers:
    """Return what the parameters say of an endpoint; what they leave open is as OpenAI has it."""
    seeded = endpoint.send_seed or endpoint.is_rehearsal
    return Powers(
        structured="json_schema" if endpoint.structured == "auto" else endpoint.structured,
        seed_name="seed" if seeded else None,
    )


class Memory:
    """Powers by endpoint, in a file; without a file, for the run alone."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known = _read(path) if path is not None and path.exists() else {}

    def recall(self, endpoint: Endpoint) -> Powers | None:
        """Return what was found out of an endpoint at this URL, with this model."""
        return self._known.get(_name(endpoint))

    def keep(self, endpoint: Endpoint, powers: Powers) -> None:
        """Remember; the file is replaced as a whole."""
        self._known[_name(endpoint)] = powers
        if self._path is not None:
            _write_whole(self._path, self._known)


def _name(endpoint: Endpoint) -> str:
    """Return the endpoint's name in the file; a URL may hold a secret and is only hashed."""
    told = (EDITION, endpoint.base_url, endpoint.model, endpoint.revision)
    return f"{endpoint.name}@{digest(*told)[:12]}"


def _read(path: Path) -> dict[str, Powers]:
    try:
        found = orjson.loads(path.read_bytes())
        return {name: Powers.model_validate(each) for name, each in found.items()}
    except (orjson.JSONDecodeError, ValidationError, AttributeError):
        return {}  # of another release, or damaged: it is found out anew


def _write_whole(path: Path, known: Mapping[str, Powers]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    said = {name: each.model_dump(mode="json") for name, each in sorted(known.items())}
    with temporary.open("wb") as file:
        file.write(orjson.dumps(said, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
