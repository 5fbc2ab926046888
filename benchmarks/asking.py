"""The requests of the benchmarks, and an engine for a loopback endpoint."""

from schemas.answers import HarmVerdict, response_schema
from schemas.calls import Request
from schemas.endpoints import Endpoint, Roles, Weighted
from schemas.params import BuildParams, Limits

SYSTEM = "Read the request and say what it asks for. " * 30


def make_requests(calls: int, first: int = 0) -> list[Request]:
    """Return requests of about 2 KB for rows `first` to `first + calls`, all different."""
    return [make_request(row) for row in range(first, first + calls)]


def make_request(row: int) -> Request:
    """Return the request for a row."""
    text = f"row-{row:06d} " + "and what else there is to say of an errand " * 14
    return Request(
        role="judge",
        stage="bench",
        item=f"row-{row:06d}",
        messages=({"role": "system", "content": SYSTEM}, {"role": "user", "content": text}),
        response_schema=response_schema(HarmVerdict),
    )


def params_for(url: str, in_flight: int, **endpoint: object) -> BuildParams:
    """Return parameters whose only endpoint is at a URL."""
    values = {"name": "one", "model": "bench", "base_url": url, "structured": "json_schema"}
    limits = {"max_in_flight": in_flight, "timeout_s": 60}
    one = Endpoint.model_validate(values | limits | endpoint)
    role = (Weighted(endpoint="one"),)
    roles = Roles(generator=role, judge=role, planner=role, responder=role)
    return BuildParams(endpoints=(one,), roles=roles, limits=Limits(in_flight=in_flight))
