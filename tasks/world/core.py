"""The simulated world: seeded by its groups, changed by calls alone."""

from collections.abc import Iterable

import orjson

from schemas.base import JsonValue
from schemas.incidents import Incident
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world.contract import MOST_CALLS, Refused, detached
from tasks.world.incidents import Agenda, fault_observation, with_note
from tasks.world.state import Record, State
from tasks.world.toolbox import Toolbox, builtin_toolbox


class World(State):
    """A seeded state that answers tool calls. No call raises: an error is an observation.

    `incidents` are what is planned to happen in it, the earlier of two of a kind first.
    `initial_digest` is the digest before any call; `told` whether some result was not made
    here, but by whoever simulates a tool.
    """

    def __init__(
        self, seed: int, toolbox: Toolbox | None = None, incidents: Iterable[Incident] = ()
    ) -> None:
        super().__init__(seed)
        self.toolbox = toolbox or builtin_toolbox()
        self.incidents = tuple(incidents)
        self._agenda = Agenda(self.incidents)
        self.told = False
        for name, fill in self.toolbox.seeds.items():
            self.reseed("seed", name)
            fill(self)
        self.initial_digest = self.digest()

    def call(self, call: ToolCall) -> CallResult:
        """Execute a call, append it to the log, return what came of it.

        A call that is refused, or that a fault strikes, leaves the state as it was.
        """
        fault = self._agenda.due("fault", self.log) if self._agenda.waiting else None
        if fault is not None and self._is_sound(call):
            return self._strike(call, fault)
        self.reseed("call", self.turn)
        self._changes.clear()  # a refused call may have left some
        return self._enter(self._execute(call))

    def simulates(self, call: ToolCall) -> bool:
        """Whether the call is sound, but nobody here can do it: `tell` what comes of it.

        One that a fault strikes is not simulated: `call` answers it.
        """
        return (
            self.toolbox.simulates(call.name)
            and self._agenda.due("fault", self.log) is None
            and self._is_sound(call)
        )

    def _is_sound(self, call: ToolCall) -> bool:
        """Whether there is such a tool, the arguments fit it, and one more call is allowed."""
        if len(self.log) >= MOST_CALLS:
            return False
        try:
            self.toolbox.contract.validated(call.name, call.arguments)
        except Refused:
            return False
        return True

    def _strike(self, call: ToolCall, fault: Incident) -> CallResult:
        """Append a call that is not done to the log."""
        self._agenda.strike_off(fault)
        told = fault_observation(fault)
        done = CallResult(call=call, ok=False, result=told, incident="fault")
        self.log.append(done)
        return done

    def _enter(self, done: CallResult) -> CallResult:
        """Append a call to the log, with the note that lies on what it found, if any does."""
        reveal = self._agenda.due("reveal", self.log) if self._agenda.waiting and done.ok else None
        if reveal is not None:
            self._agenda.strike_off(reveal)
            seen = with_note(done.result, reveal.text)
            done = done.model_copy(update={"result": seen, "incident": reveal.kind})
        self.log.append(done)
        self.turn += 1
        return done

    def tell(self, call: ToolCall, result: JsonValue, *, ok: bool) -> CallResult:
        """Append a simulated call to the log and return it; a result that is too large is refused.

        Unless its tool only reads, it counts as a change.
        """
        self.told = True
        try:
            observed, fine = detached(result), ok
        except Refused as refused:
            observed, fine = refused.observation(), False
        reads = self.toolbox.catalogue.tools[call.name].reads
        changes = (f"{call.name}: simulated",) if fine and not reads else ()
        return self._enter(_result(call, ok=fine, result=observed, changes=changes))

    def _execute(self, call: ToolCall) -> CallResult:
        try:
            result = self._run(call)
        except Refused as refused:
            return _result(call, ok=False, result=refused.observation(), changes=())
        return _result(call, ok=True, result=result, changes=self.take_changes())

    def _run(self, call: ToolCall) -> JsonValue:
        if len(self.log) >= MOST_CALLS:
            raise Refused("too_many_calls", f"{MOST_CALLS} calls are the most in one task")
        arguments = self.toolbox.contract.validated(call.name, call.arguments)
        behave = self.toolbox.behaviours.get(call.name)
        if behave is None:
            raise Refused("not_simulated", f"nobody here can say what comes of {call.name}")
        if call.name in self.toolbox.foreign:
            return self._run_foreign(call.name, arguments)
        return detached(behave(self, arguments))

    def _run_foreign(self, name: str, arguments: Record) -> JsonValue:
        """Run somebody's own code: whatever it raises is refused, and undone."""
        before = orjson.dumps([self.tables, self._counters])
        try:
            return detached(self.toolbox.behaviours[name](self, arguments))
        except MemoryError:
            raise  # the worker's to answer for
        except Exception as exc:
            self.tables, self._counters = orjson.loads(before)
            if isinstance(exc, Refused):
                raise
            message = f"{name} failed: {type(exc).__name__}: {str(exc)[:200]}"
            raise Refused("tool_failed", message) from exc


def _result(call: ToolCall, *, ok: bool, result: JsonValue, changes: tuple[str, ...]) -> CallResult:
    # not validated again: it was just made here, and half of a call's time would go into it;
    # nor is the default looked up
    return CallResult.model_construct(call=call, ok=ok, result=result, changes=changes, incident="")
