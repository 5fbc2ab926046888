"""Bytes to an endpoint and back through the openai client: no retry, no judgement."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

import httpx2
from openai import APIError, APIStatusError, Omit

from schemas.calls import ErrorClass
from schemas.endpoints import Endpoint
from schemas.errors import BadInputError
from tasks.doors.llm.clients import AsgiApp, HttpClient, InProcessClient, content_of
from tasks.doors.llm.prepared import PreparedOpenAI

IN_PROCESS_URL = "http://rehearsal.invalid/v1"
IN_PROCESS_TIMEOUT_S = 2.0  # the embedded model answers at once, or was told to stall
NO_KEY = "none"
# what the client says of this machine is nobody's business and costs a tenth of a call
_UNSAID = dict.fromkeys(
    (
        *(f"X-Stainless-{what}" for what in ("Lang", "Package-Version", "OS", "Arch", "Async")),
        *("X-Stainless-Runtime", "X-Stainless-Runtime-Version", "User-Agent"),
    ),
    Omit(),
)
_UNSAID_PER_CALL = {"x-stainless-retry-count": Omit(), "x-stainless-read-timeout": Omit()}


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: a status with its body, or (status 0) why nothing did."""

    status: int = 0
    content: bytes = b""
    retry_after_s: float | None = None
    error: ErrorClass | None = None  # timeout or connection
    detail: str = ""
    seconds: float = 0.0


class Transport:
    """The way to one endpoint. It owns the time-out, which an in-process app can't enforce."""

    def __init__(self, endpoint: Endpoint, api_key: str | None, app: AsgiApp | None) -> None:
        self._timeout_s = endpoint.timeout_s
        if endpoint.is_rehearsal:
            self._timeout_s = min(endpoint.timeout_s, IN_PROCESS_TIMEOUT_S)
        base_url = endpoint.base_url if app is None else IN_PROCESS_URL
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        try:
            self._client = PreparedOpenAI(
                api_key=_check_key(endpoint, api_key),
                base_url=base_url,
                timeout=None,
                max_retries=0,
                default_headers=_UNSAID,  # type: ignore[arg-type]  # takes Omit undeclared
                http_client=HttpClient(base_url) if app is None else InProcessClient(app),
            )
        except httpx2.InvalidURL as exc:
            msg = f"endpoint {endpoint.name!r}: base_url is no URL ({exc}); http://host:port/v1"
            raise BadInputError(msg) from exc

    async def send(self, body: bytes, attempt: int) -> Answered:
        """Return what the endpoint says to a request body; `attempt` counts from 1."""
        clock = asyncio.get_running_loop().time
        began = clock()
        answered = await self._exchange(body, attempt)
        return replace(answered, seconds=round(clock() - began, 4))

    async def _exchange(self, body: bytes, attempt: int) -> Answered:
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.complete(self._url, body, attempt, _UNSAID_PER_CALL)
        except APIStatusError as exc:
            return _refused(exc)
        except TimeoutError:
            return Answered(error="timeout", detail=f"no answer within {self._timeout_s:g} s")
        except APIError as exc:
            # a client without time-outs of its own calls a refused connection a time-out
            return Answered(error="connection", detail=_root_of(exc))
        return Answered(response.status_code, content_of(response))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _check_key(endpoint: Endpoint, api_key: str | None) -> str:
    key = (api_key or NO_KEY).strip()
    if not key.isascii() or not key.isprintable():
        where = f"endpoint {endpoint.name!r}: the key in {endpoint.api_key_env}"
        msg = f"{where} has characters that no key has"
        raise BadInputError(msg)
    return key


def _root_of(exc: BaseException) -> str:
    while exc.__cause__ is not None:
        exc = exc.__cause__
    return type(exc).__name__


def _refused(exc: APIStatusError) -> Answered:
    response = exc.response
    return Answered(
        status=exc.status_code,
        content=response.content,
        retry_after_s=retry_after_s(response.headers),
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds an endpoint asks to wait; None if it doesn't say, or not legibly.

    A date is read against the answer's own `Date`, so that no clock here matters.
    """
    try:
        if "retry-after-ms" in headers:
            return _not_negative(float(headers["retry-after-ms"]) / 1000)
        asked = headers.get("retry-after")
        if asked is None:
            return None
        if asked[:1].isdigit():
            return _not_negative(float(asked))
        until, now = (parsedate_to_datetime(at) for at in (asked, headers.get("date", "")))
        return _not_negative((until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _not_negative(seconds: float) -> float | None:
    return seconds if 0 <= seconds < float("inf") else None
