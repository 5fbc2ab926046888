"""Worker processes that tool calls run in, shut off from the machine around them."""

from tasks.world.runner.isolation import Level, find_level
from tasks.world.runner.lost import ExecutionLostError
from tasks.world.runner.pool import Session, Worlds

__all__ = ["ExecutionLostError", "Level", "Session", "Worlds", "find_level"]
