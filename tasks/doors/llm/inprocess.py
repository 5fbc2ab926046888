"""An HTTP client whose server is an ASGI app in this process."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx2

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


class InProcessClient(httpx2.AsyncClient):
    """Hands a request to an app and returns its answer.

    No redirect, cookie, proxy or authentication flow stands between the two: half of what a
    call costs.
    """

    def __init__(self, app: AsgiApp) -> None:
        super().__init__(timeout=None, trust_env=False)
        self._app = app
        self._urls: dict[str, httpx2.URL] = {}

    def build_request(
        self,
        method: str,
        url: httpx2.URL | str,
        *,
        headers: Any = None,  # noqa: ANN401 - httpx2 doesn't export the types it takes here
        content: Any = None,  # noqa: ANN401
        **_unused: Any,  # noqa: ANN401
    ) -> httpx2.Request:
        """Return a request; a URL is parsed once."""
        known = self._urls.get(str(url))
        if known is None:
            known = self._urls[str(url)] = httpx2.URL(url)
        return httpx2.Request(method, known, headers=headers, content=content)

    async def send(self, request: httpx2.Request, **_unused: object) -> httpx2.Response:
        """Return the app's whole answer."""
        body = request.content
        started: Message = {}
        parts: list[bytes] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(_scope(request), receive, send)
        return httpx2.Response(
            started["status"],
            headers=started.get("headers", []),
            content=b"".join(parts),
            request=request,
        )


def _scope(request: httpx2.Request) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, 80),
        "client": ("127.0.0.1", 0),
    }
