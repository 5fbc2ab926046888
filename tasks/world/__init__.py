"""The simulated world that tool calls are executed in."""

from tasks.world.core import World
from tasks.world.independence import independent_steps
from tasks.world.planning import UnbindableError, call_of, draw_goal, run_plan
from tasks.world.success import check, done_steps, record
from tasks.world.toolbox import Toolbox, builtin_toolbox, describe_toolbox, world_code

__all__ = [
    "Toolbox",
    "UnbindableError",
    "World",
    "builtin_toolbox",
    "call_of",
    "check",
    "describe_toolbox",
    "done_steps",
    "draw_goal",
    "independent_steps",
    "record",
    "run_plan",
    "world_code",
]
