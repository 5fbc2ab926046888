"""The door to language models: one engine for every stage."""

from tasks.doors.llm.archive import ReplyStore
from tasks.doors.llm.asked import noting_calls
from tasks.doors.llm.bounded import map_bounded
from tasks.doors.llm.endpoints import endpoint_identity
from tasks.doors.llm.engine import Engine, Parsed
from tasks.doors.llm.tally import Progress

__all__ = [
    "Engine",
    "Parsed",
    "Progress",
    "ReplyStore",
    "endpoint_identity",
    "map_bounded",
    "noting_calls",
]
