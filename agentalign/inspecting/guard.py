"""Keeps other sites out: who asks has to name this server, and what is sent has to be its own."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SAFE = frozenset({"GET", "HEAD"})
HEADERS: Sequence[tuple[bytes, bytes]] = (
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; script-src 'self'; "
     b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # with `no-referrer` a browser would not say where a form was sent from
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)  # fmt: skip


class Guard:
    """An ASGI app before another one.

    A name that somebody else's DNS makes point here is no name of this server, and a form of
    another page has another origin: both get 403.
    """

    def __init__(self, app: App, hosts: Sequence[str]) -> None:
        """Guard an app that is reached at `hosts`, each `name:port`."""
        self._app = app
        self._hosts = frozenset(host.encode() for host in hosts)
        self._origins = frozenset(f"http://{host}".encode() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._may(scope):
            await self._app(scope, receive, _with_headers(send))
        else:
            await _refuse(_with_headers(send))

    def _may(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        if headers.get(b"host") not in self._hosts:
            return False
        return scope["method"] in _SAFE or headers.get(b"origin") in self._origins


def _with_headers(send: Send) -> Send:
    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return send_with


async def _refuse(send: Send) -> None:
    text = b"This address is for pages of this server alone."
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": text})
