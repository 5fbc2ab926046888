"""What a worker is asked to do. A request and its answer are JSON objects."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from schemas import ids
from schemas.incidents import Incident
from schemas.messages import ToolCall
from schemas.rows import CallResult, Execution, StepGoal
from tasks.world.core import World
from tasks.world.planning import UnbindableError, draw_goal, run_plan
from tasks.world.success import record
from tasks.world.toolbox import Toolbox

Json = dict[str, Any]
STEPS = TypeAdapter(tuple[StepGoal, ...])
LOG = TypeAdapter(tuple[CallResult, ...])
INCIDENTS = TypeAdapter(tuple[Incident, ...])


class Jobs:
    """The jobs of one worker, and the worlds of its open sessions."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._worlds: dict[int, World] = {}
        self._jobs: Mapping[str, Callable[[Json], Json]] = {
            "call": self.call, "tell": self.tell, "record": self.record, "open": self.open,
            "close": self.close, "draw": self.draw, "plan": self.plan, "rerun": self.rerun,
        }  # fmt: skip

    def do(self, request: Json) -> Json:
        """Return the answer to a request; `missing` if its session is not known here."""
        if "session" in request and request["op"] != "open" and not self._knows(request):
            return {"missing": True}
        return self._jobs[request["op"]](request)

    def _knows(self, request: Json) -> bool:
        """Whether the session's world is here; a new session's is made."""
        session = request["session"]
        if session not in self._worlds and request.get("made") == 0:
            self._worlds[session] = self._make(request)
        return session in self._worlds

    def _make(self, request: Json) -> World:
        return World(
            request["seed"], self._toolbox, INCIDENTS.validate_python(request["incidents"])
        )

    def open(self, request: Json) -> Json:
        """Make a session's world again, by the calls made so far."""
        log = LOG.validate_python(request["log"])
        self._worlds[request["session"]] = relive(self._make(request), log)
        return {}

    def call(self, request: Json) -> Json:
        """Execute a call; `simulate` where somebody else has to say what comes of it."""
        world, call = self._worlds[request["session"]], ToolCall.model_construct(**request["call"])
        if world.simulates(call):
            return {"simulate": True}
        return _told(world.call(call))

    def tell(self, request: Json) -> Json:
        """Append what came of a simulated call."""
        world, call = self._worlds[request["session"]], ToolCall.model_construct(**request["call"])
        return _told(world.tell(call, request["result"], ok=request["ok"]))

    def record(self, request: Json) -> Json:
        """Return the session's execution, checked against the steps, and close it.

        Also whether its calls come to the same in a second world.
        """
        world = self._worlds.pop(request["session"])
        steps = STEPS.validate_python(request["steps"])
        once = _record(world, steps, request)
        twice = _record(relive(self._make(request), once.steps), steps, request)
        return _dumped(once) | {"replays": once == twice}

    def close(self, request: Json) -> Json:
        """Forget a session."""
        del self._worlds[request["session"]]
        return {}

    def draw(self, request: Json) -> Json:
        """Return the steps of a goal, or why none can be drawn."""
        rng = ids.rng(*request["purpose"])
        chain, tools, seed = request["capabilities"], request["tools"], request["seed"]
        try:
            steps = draw_goal(chain, tools, seed, rng, self._toolbox)
        except UnbindableError as exc:
            return {"unbindable": str(exc)}
        return {"steps": STEPS.dump_python(steps, mode="json")}

    def plan(self, request: Json) -> Json:
        """Return the execution of the steps' own calls."""
        steps = STEPS.validate_python(request["steps"])
        at = {"binding": request["binding"], "slot": request["slot"]}
        return _dumped(run_plan(steps, request["seed"], toolbox=self._toolbox, **at))

    def rerun(self, request: Json) -> Json:
        """Return what the calls of an execution come to now; simulated results are taken over."""
        steps = STEPS.validate_python(request["steps"])
        world = relive(self._make(request), LOG.validate_python(request["log"]))
        return _dumped(_record(world, steps, request))


def relive(world: World, log: tuple[CallResult, ...]) -> World:
    """Return the world after the calls of a log."""
    for done in log:
        if world.simulates(done.call):
            world.tell(done.call, done.result, ok=done.ok)
        else:
            world.call(done.call)
    return world


def _told(done: CallResult) -> Json:
    return {"ok": done.ok, "result": done.result, "changes": done.changes,
            "incident": done.incident}  # fmt: skip


def _record(world: World, steps: tuple[StepGoal, ...], request: Json) -> Execution:
    about = {key: request[key] for key in ("binding", "slot", "aim")}
    return record(world, steps, **about)


def _dumped(execution: Execution) -> Json:
    return {"execution": execution.model_dump(mode="json")}
