"""Small questions to a service on this machine."""

import http.client
import json
from typing import Any

_TIMEOUT_S = 5.0


def ask(host: str, port: int, path: str, body: object | None = None) -> tuple[int, Any]:
    """Return status and decoded JSON of an answer; (0, None) if nobody answers."""
    connection = http.client.HTTPConnection(host.strip("[]"), port, timeout=_TIMEOUT_S)
    method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
    try:
        connection.request(method, path, data, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, _decode(answer.read())
    except (OSError, http.client.HTTPException):
        return 0, None
    finally:
        connection.close()


def _decode(text: bytes) -> Any:  # noqa: ANN401  any JSON value
    try:
        return json.loads(text)
    except ValueError:
        return None
