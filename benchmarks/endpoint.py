"""An OpenAI-compatible endpoint on loopback that costs as little as Python can."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field

import orjson

from benchmarks.table import Outcome, Table

ROW = re.compile(rb"row-(\d{6})")
# of a verdict, of the schema that curator probes with, and of the engine's own probe
CONTENT = {
    "signs_of_harm": "none",
    "reason": "An everyday errand.",
    "name": "Jason",
    "age": 25,
    "colour": "green",
    "letters": 5,
}
GOOD = orjson.dumps(CONTENT).decode()
ERRORS = {"429": "rate_limit_exceeded", "500": "server_error"}


def completion(content: str) -> bytes:
    """Return the body of a completion."""
    message = {"role": "assistant", "content": content, "refusal": None}
    return orjson.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "bench",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 500, "completion_tokens": 12, "total_tokens": 512},
        }
    )


def response(status: int, body: bytes, *extra: str) -> bytes:
    """Return a whole HTTP response."""
    head = [f"HTTP/1.1 {status} X", "content-type: application/json", *extra]
    return "\r\n".join([*head, f"content-length: {len(body)}", "", ""]).encode() + body


ANSWERS = {
    "good": response(200, completion(GOOD)),
    "malformed": response(200, completion(GOOD[: len(GOOD) // 2])),
}
MODELS = response(200, orjson.dumps({"object": "list", "data": [{"id": "bench"}]}))
EMPTY = response(200, b"{}")


@dataclass(slots=True)
class State:
    """What has been asked since the last configuration."""

    table: Table
    attempts: Counter[int] = field(default_factory=Counter)
    good: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0
    first: float = 0.0
    last: float = 0.0
    tokens: float = 0.0
    filled_at: float = 0.0

    def begin(self, row: int) -> Outcome:
        """Count an attempt and return what it meets."""
        now = time.monotonic()
        self.first = self.first or now
        self.attempts[row] += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.table.rate is not None and not self._take_token(now):
            return Outcome("429", 0.002)
        return self.table.outcome(row, self.attempts[row])

    def end(self, row: int, outcome: Outcome) -> None:
        """Count what an attempt met."""
        self.in_flight -= 1
        self.kinds[outcome.kind] += 1
        self.good[row] += outcome.kind == "good"
        self.last = time.monotonic()

    def report(self) -> bytes:
        """Return the counts as JSON."""
        counts = {
            "calls": self.attempts.total(),
            "rows_good": sum(n > 0 for n in self.good.values()),
            "bought_twice": sum(n - 1 for n in self.good.values() if n > 1),
            "kinds": dict(self.kinds),
            "most_in_flight": self.most_in_flight,
            "seconds": self.last - self.first,
        }
        return orjson.dumps(counts)

    def _take_token(self, now: float) -> bool:
        rate, burst = self.table.rate or 0.0, self.table.burst
        if not self.filled_at:
            self.tokens, self.filled_at = burst, now
        self.tokens = min(burst, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Server:
    """The state that all connections share."""

    def __init__(self) -> None:
        self.state = State(Table())

    def configure(self, body: bytes) -> None:
        """Start anew with another table."""
        self.state = State(Table.model_validate_json(body))


class Connected(asyncio.Protocol):
    """One connection: requests come one after the other."""

    def __init__(self, server: Server) -> None:
        self._server, self._buffer = server, bytearray()
        self._transport: asyncio.Transport
        self._is_last = False
        self._asked: tuple[State, int, Outcome] | None = None  # and not yet answered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once a request is whole."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end])
        found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        whole = end + 4 + (int(found[1]) if found else 0)
        if len(self._buffer) >= whole:
            body = bytes(self._buffer[end + 4 : whole])
            del self._buffer[:whole]
            self._is_last = b"connection: close" in head.lower()
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, path: str, body: bytes) -> None:
        if path.endswith("/chat/completions"):
            self._complete(body)
        elif path == "/config":
            self._server.configure(body)
            self._write(EMPTY)
        elif path == "/stats":
            self._write(response(200, self._server.state.report()))
        else:
            self._write(MODELS)

    def _complete(self, body: bytes) -> None:
        found = ROW.search(body)
        if found is None:  # a client's own probe
            self._write(ANSWERS["good"])
            return
        row, state = int(found[1]), self._server.state
        outcome = state.begin(row)
        self._asked = (state, row, outcome)
        if outcome.seconds:
            asyncio.get_running_loop().call_later(outcome.seconds, self._finish)
        else:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count what its asker has given up as no longer in flight."""
        if self._asked is not None:
            self._asked[0].in_flight -= 1
            self._asked = None

    def _finish(self) -> None:
        if self._asked is None:
            return
        state, row, outcome = self._asked
        self._asked = None
        state.end(row, outcome)
        self._write(ANSWERS.get(outcome.kind) or _refusal(outcome, state.table))

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)
            if self._is_last:
                self._transport.close()


def _refusal(outcome: Outcome, table: Table) -> bytes:
    status = int(outcome.kind) if outcome.kind.isdigit() else 500
    error = {"message": "no", "type": ERRORS[str(status)], "code": ERRORS[str(status)]}
    says_when = status == 429 and table.retry_after_s is not None
    extra = [f"retry-after: {table.retry_after_s:g}"] if says_when else []
    return response(status, orjson.dumps({"error": error}), *extra)


async def serve() -> None:
    """Serve until the process is ended; print the port that was found."""
    server = Server()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Connected(server), "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
