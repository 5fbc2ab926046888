"""What an endpoint's refusal means: try again, give this call up, or stop the run."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from schemas.calls import ErrorClass
from schemas.endpoints import Endpoint
from schemas.errors import EndpointError
from tasks.doors.llm.transport import Answered

TRANSIENT: frozenset[ErrorClass] = frozenset(
    {"rate_limited", "server_error", "timeout", "connection"}
)
_RETRIED = {408, 409, 425}
_FULL = {429, 503, 529}
_FILTERED = ("content_filter", "content_policy", "content management policy", "content exists risk",
             "data_inspection_failed", "moderation")  # fmt: skip
_MOST_QUOTED = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call was not answered."""

    error: ErrorClass
    detail: str

    @property
    def passes(self) -> bool:
        """Whether trying again can help."""
        return self.error in TRANSIENT


def says_full(answered: Answered) -> bool | None:
    """Return whether the endpoint is asked too much; None where the answer doesn't tell."""
    if answered.status in _FULL:
        return True
    return False if answered.status == 200 else None


def find_fault(answered: Answered, *, quote: bool) -> Fault:
    """Return why an answer that is not a 200 is none.

    What the endpoint says is quoted only if `quote`: it may repeat the request.
    """
    if answered.error is not None:
        return Fault(answered.error, answered.detail)
    said = _error_object(answered.content)
    words = str(said.get("message") or "")[:_MOST_QUOTED] if quote else ""
    code = said.get("code") or said.get("type") or ""
    detail = " ".join(str(part) for part in (f"HTTP {answered.status}", code, words) if part)
    if answered.status in (400, 422, 451) and _is_filtered(answered.content):
        return Fault("content_filtered", detail)
    return Fault(_classify(answered.status), detail)


def _is_filtered(content: bytes) -> bool:
    """Whether the endpoint's filter turned the request down, by the code or words it names."""
    said = _error_object(content)
    told = " ".join(str(said.get(name) or "") for name in ("code", "type", "message")).lower()
    return any(word in told for word in _FILTERED)


def _classify(status: int) -> ErrorClass:
    if status == 429:
        return "rate_limited"
    return "server_error" if status >= 500 or status in _RETRIED else "bad_request"


def find_fatal(endpoint: Endpoint, answered: Answered) -> EndpointError | None:
    """Return the error that ends the run: no later call to this endpoint can do better."""
    if answered.status in (0, 200):
        return None
    code = str(_error_object(answered.content).get("code") or "")
    where = f"endpoint {endpoint.name!r} ({host(endpoint)})"
    key = f"the environment variable {endpoint.api_key_env}" if endpoint.api_key_env else (
        "api_key_env of the endpoint, to name the variable that holds its key"
    )  # fmt: skip
    if answered.status in (401, 403) and not _is_filtered(answered.content):
        return EndpointError(f"{where} refuses the key (HTTP {answered.status}): set {key}")
    if answered.status == 404 or code == "model_not_found":
        return EndpointError(
            f"{where} does not know the model {endpoint.model!r} or the path "
            f"(HTTP {answered.status}): check model and base_url (it usually ends in /v1)"
        )
    if 300 <= answered.status < 400:
        return EndpointError(
            f"{where} redirects elsewhere (HTTP {answered.status}): correct base_url"
        )
    if answered.status == 402 or code == "insufficient_quota":
        return EndpointError(
            f"{where} says that its quota is used up (HTTP {answered.status}): "
            "top it up, or give the role to another endpoint; everything received is kept"
        )
    return None


def never_answered(endpoint: Endpoint, fault: Fault) -> EndpointError:
    """Return the error for an endpoint that no connection can be made to."""
    return EndpointError(
        f"endpoint {endpoint.name!r} ({host(endpoint)}) can't be reached ({fault.detail}): "
        "start the server, or correct base_url"
    )


def host(endpoint: Endpoint) -> str:
    """Return the endpoint's host and port, without what may be secret in its URL."""
    if endpoint.is_rehearsal:
        return "embedded model"
    parts = urlsplit(endpoint.base_url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _error_object(content: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    error = body.get("error", body) if isinstance(body, dict) else {}
    return error if isinstance(error, dict) else {}
