"""The simulated world: seeded by its groups, changed by calls alone."""

import orjson

from schemas.base import JsonObject
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world.contract import Refused, validated
from tasks.world.groups import BEHAVIOURS, GROUPS
from tasks.world.state import State


class World(State):
    """A seeded state that answers tool calls. No call raises: an error is an observation.

    `initial_digest` is the digest before any call.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        for name, group in GROUPS.items():
            self.reseed("seed", name)
            group.seed(self)
        self.initial_digest = self.digest()

    def call(self, call: ToolCall) -> CallResult:
        """Execute a call, append it to the log, return what came of it.

        A refused call leaves the state as it was.
        """
        self.reseed("call", len(self.log))
        self.take_changes()
        done = self._execute(call)
        self.log.append(done)
        return done

    def _execute(self, call: ToolCall) -> CallResult:
        try:
            arguments = validated(call.name, call.arguments)
            result = _detached(BEHAVIOURS[call.name](self, arguments))
        except Refused as refused:
            return _result(call, ok=False, result=refused.observation(), changes=())
        return _result(call, ok=True, result=result, changes=self.take_changes())


def _detached(result: JsonObject) -> JsonObject:
    # behaviours hand out rows of the tables; what was observed must not change with them
    copy: JsonObject = orjson.loads(orjson.dumps(result))
    return copy


def _result(
    call: ToolCall, *, ok: bool, result: JsonObject, changes: tuple[str, ...]
) -> CallResult:
    # not validated again: it was just made here, and half of a call's time would go into it
    return CallResult.model_construct(call=call, ok=ok, result=result, changes=changes)
