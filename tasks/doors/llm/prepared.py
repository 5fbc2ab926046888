"""The openai client, told that all calls of an endpoint differ in body and attempt alone."""

from collections.abc import Mapping

import httpx2
from openai import AsyncOpenAI, Omit
from openai._models import FinalRequestOptions, SecurityOptions

ATTEMPT = "x-attempt"


class PreparedOpenAI(AsyncOpenAI):
    """Builds options and request of each attempt number once, and fills in the bodies after that.

    Building them is half of what a call costs this client. What it is built from is the client's
    own: its auth, headers, errors and transport stay in force.
    """

    async def complete(
        self, url: str, body: bytes, attempt: int, unsaid: Mapping[str, Omit]
    ) -> httpx2.Response:
        """Return the answer to a body; `unsaid` headers are left out. Raises: APIError."""
        known: dict[int, FinalRequestOptions] = self.__dict__.setdefault("_options", {})
        like = known.get(attempt)
        if like is None:
            like = known[attempt] = FinalRequestOptions.construct(
                method="post",
                url=url,
                headers={ATTEMPT: str(attempt), **unsaid},
                max_retries=0,
                timeout=None,
                idempotency_key="",
                follow_redirects=False,
                security=SecurityOptions(bearer_auth=True),
            )
        options = like.model_copy(update={"content": body})
        return await self.request(httpx2.Response, options)

    def _build_request(
        self, options: FinalRequestOptions, *, retries_taken: int = 0
    ) -> httpx2.Request:
        built: dict[str, httpx2.Request] = self.__dict__.setdefault("_built", {})
        headers, body = options.headers, options.content
        assert isinstance(body, bytes)  # as `complete` gives it
        attempt = str(headers[ATTEMPT]) if isinstance(headers, dict) else ""
        like = built.get(attempt)
        if like is None:
            like = built[attempt] = super()._build_request(options, retries_taken=retries_taken)
            like.headers.pop("content-length", None)
        request = httpx2.Request(
            like.method, like.url, headers=like.headers, stream=httpx2.ByteStream(body)
        )
        request.headers.encoding = like.headers.encoding
        request.read()
        return request
