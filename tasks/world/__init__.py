"""The simulated world that tool calls are executed in."""

from tasks.world.code import code_digest
from tasks.world.core import World
from tasks.world.planning import UnbindableError, draw_goal, run_plan
from tasks.world.success import check, record

__all__ = ["UnbindableError", "World", "check", "code_digest", "draw_goal", "record", "run_plan"]
