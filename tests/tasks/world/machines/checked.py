"""A call as every machine makes it: what holds of each, whatever the tool and its arguments."""

from collections.abc import Mapping
from typing import Any

import orjson

from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World

LARGEST = 3000  # bytes of a result


def checked_call(world: World, tool: str, arguments: Mapping[str, Any]) -> CallResult:
    """Make a call and return it.

    Its result is small; a refused one says why and changes nothing; one that notes no change
    leaves the world as it was.
    """
    before = world.digest()
    done = world.call(ToolCall.model_construct(id="c", name=tool, arguments=dict(arguments)))
    assert len(orjson.dumps(done.result)) < LARGEST, (tool, arguments)
    assert done.changes or world.digest() == before, (tool, arguments)
    if not done.ok:
        error: Any = done.result
        assert not done.changes
        assert error["error"]["code"]
        assert error["error"]["message"]
    return done
