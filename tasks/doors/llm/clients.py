"""The HTTP clients below the openai client: to a server, and to an app in this process.

No redirect, cookie or authentication flow stands in them: that is half of what a call costs.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

Message = MutableMapping[str, Any]
AsgiApp = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]
HTTP_OK = 200
# of an answer whose encoding has been undone
_ENCODING = {"content-encoding", "content-length", "transfer-encoding"}


def whole(content: bytes, request: httpx2.Request) -> httpx2.Response:
    """Return a good answer; its headers say nothing that anyone reads. See `content_of`."""
    return httpx2.Response(HTTP_OK, stream=httpx2.ByteStream(content), request=request)


def content_of(response: httpx2.Response) -> bytes:
    """Return the bytes of a good answer as they came, where httpx would decode and count."""
    stream = response.stream
    return b"".join(stream) if isinstance(stream, httpx2.ByteStream) else response.content


class LeanClient(httpx2.AsyncClient, ABC):
    """Sends a request and returns the whole answer."""

    def __init__(self) -> None:
        super().__init__(timeout=None, trust_env=False)

    def build_request(
        self,
        method: str,
        url: httpx2.URL | str,
        *,
        headers: Any = None,  # noqa: ANN401 - httpx2 doesn't export the types it takes here
        content: Any = None,  # noqa: ANN401
        **_unused: Any,  # noqa: ANN401
    ) -> httpx2.Request:
        """Return a request with the headers it is given and no others."""
        return httpx2.Request(method, url, headers=headers, content=content)

    async def send(self, request: httpx2.Request, **_unused: object) -> httpx2.Response:
        """Return the whole answer."""
        return await self.exchange(request)

    @abstractmethod
    async def exchange(self, request: httpx2.Request) -> httpx2.Response:
        """Return the answer to a request."""


class HttpClient(LeanClient):
    """Speaks HTTP by aiohttp. It has no time-out and no limit: both are the door's."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        url = httpx2.URL(base_url)
        # the same certificates as any httpx client; a tenth of a second that http can do without
        context = httpx2.create_ssl_context() if url.scheme == "https" else True
        self._proxy = find_proxy(url)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=context),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent",),
        )

    async def exchange(self, request: httpx2.Request) -> httpx2.Response:
        """Return the server's answer. Raises: httpx2.ConnectError if there is none."""
        try:
            async with self._session.request(
                request.method,
                str(request.url),
                data=request.content,
                headers=request.headers.multi_items(),
                allow_redirects=False,
                proxy=self._proxy,
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, OSError) as exc:
            raise httpx2.ConnectError(type(exc).__name__, request=request) from exc
        if answer.status == HTTP_OK:
            return whole(content, request)
        headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in _ENCODING]
        return httpx2.Response(answer.status, headers=headers, content=content, request=request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        await super().aclose()


def find_proxy(url: httpx2.URL) -> str | None:
    """Return the proxy that the environment names for a URL: once, not with every call."""
    return None if proxy_bypass(url.host) else getproxies().get(url.scheme)


class InProcessClient(LeanClient):
    """Hands a request to an app."""

    def __init__(self, app: AsgiApp) -> None:
        super().__init__()
        self._app = app

    async def exchange(self, request: httpx2.Request) -> httpx2.Response:
        """Return the app's answer."""
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
        if started["status"] == HTTP_OK:
            return whole(b"".join(parts), request)
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
