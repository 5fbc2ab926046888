from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schemas.actions import Catalogue
from schemas.base import JsonValue
from schemas.catalogue import load_catalogue
from schemas.dataflow import capabilities_of, stated_needs, wire
from schemas.own_tools.file import read_own_tools
from schemas.params import Rehearsal
from tasks.rehearsal import create_app

Body = dict[str, Any]
Post = Callable[..., Awaitable[httpx.Response]]

PLAIN: dict[str, JsonValue] = {
    "amount": 12.5,
    "quantity": 3,
    "email_address": "robin.vale@example.com",
    "phone_number": "+1 202-555-0143",
    "handle": "@maple_42",
    "city": "Port Alder",
    "currency": "EUR",
    "token": "USDT",
    "network": "Amber Chain",
    "coin_address": "bc1sim7f3k9q2",
    "payee": "Morgan Lee",
    "path": "/srv/sam/notes.txt",
    "url": "https://pages.example/guide?id=7",
    "image_name": "registry.example/web:2.1",
    "command": "ls -la /srv | wc -l",
    "host": "node-3.example.net",
}


@pytest.fixture
def post() -> Post:
    """Send a body to a fresh app and return the response."""

    async def send(
        body: Body, *, attempt: int = 1, catalogue: Catalogue | None = None, **rehearsal: object
    ) -> httpx.Response:
        app = create_app(Rehearsal.model_validate(rehearsal), catalogue)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://rehearsal") as client:
            headers = {"x-attempt": str(attempt)}
            return await client.post("/v1/chat/completions", json=body, headers=headers)

    return send


@pytest.fixture(scope="session")
def own_catalogue() -> Catalogue:
    """Return the catalogue of ten invented functions of somebody's own."""
    return read_own_tools(Path(__file__).parent / "own_tools.json").catalogue()


@pytest.fixture
def asking() -> Callable[..., Body]:
    """Build the body of a request for a structured answer."""

    def build(name: str, facts: Mapping[str, Any], model: str = "rehearsal-brisk") -> Body:
        text = orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode()
        user = {"role": "user", "content": f"Here are the facts.\n```json\n{text}\n```"}
        wanted = {"type": "json_schema", "json_schema": {"name": name, "schema": {}}}
        return {"model": model, "messages": [user], "response_format": wanted}

    return build


@pytest.fixture
def step_facts() -> Callable[[Sequence[str]], list[Body]]:
    """Build the facts of a chain's steps, with plain values for what has to be stated."""

    def build(chain: Sequence[str]) -> list[Body]:
        capabilities = capabilities_of(load_catalogue(), chain)
        return [
            {
                "capability": capability.id,
                "does": capability.description,
                "values": {
                    need.name: PLAIN.get(need.kind, f"{need.name} of step {number} as agreed")
                    for need in stated_needs(capability, inputs)
                },
                "uses": {n: f"step {i.step + 1}'s {i.yields}" for n, i in inputs.items()},
            }
            for number, (capability, inputs) in enumerate(
                zip(capabilities, wire(capabilities), strict=True), start=1
            )
        ]

    return build
