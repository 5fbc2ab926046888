"""A world to act in, and the two ways a call can end."""

from contextlib import suppress
from typing import Any, Protocol

import pytest

from schemas.base import JsonObject, JsonValue
from schemas.catalogue import load_catalogue
from schemas.dataflow import yielded
from schemas.messages import ToolCall
from tasks.world.core import World


class Act(Protocol):
    """Call a tool by name in the test's world."""

    def __call__(self, tool: str, **arguments: JsonValue) -> Any:  # noqa: ANN401  any JSON
        """Return the result, or the code of the error."""


def yields_of(capability: str, result: JsonObject) -> JsonObject:
    """Return what a result of one of a capability's tools yields."""
    for tool in load_catalogue().tools_for(capability):
        with suppress(KeyError):
            return yielded(tool, result)
    raise LookupError(capability)


@pytest.fixture
def world() -> World:
    """Return a world."""
    return World(20)


@pytest.fixture
def act(world: World) -> Act:
    """Return a function that makes a call, which has to succeed, and returns its result."""

    def do(tool: str, **arguments: JsonValue) -> JsonValue:
        done = world.call(ToolCall(id="c", name=tool, arguments=arguments))
        assert done.ok, done.result
        return done.result

    return do


@pytest.fixture
def refusal(world: World) -> Act:
    """Return a function that makes a call, which must be refused and leave the state alone."""

    def do(tool: str, **arguments: JsonValue) -> str:
        before = world.digest()
        done = world.call(ToolCall(id="c", name=tool, arguments=arguments))
        assert not done.ok
        assert world.digest() == before
        result: Any = done.result
        error: JsonObject = result["error"]
        return str(error["code"])

    return do
