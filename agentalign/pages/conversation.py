"""What was said and executed in a row of any kind."""

from agentalign.lookup import Trace
from schemas.messages import Message
from schemas.rows import (
    Dropped,
    Example,
    Execution,
    Imported,
    Instruction,
    Plan,
    Response,
    Row,
)


def conversation_of(row: Row) -> tuple[Message, ...]:
    """Return the conversation of a row; of one that is none, what it quotes of one."""
    if isinstance(row, Example | Response | Imported):
        return row.messages
    if isinstance(row, Instruction | Dropped):
        said = [text for text in (row.text, row.later) if text]
        more = row.messages if isinstance(row, Dropped) else ()
        if more:  # an answer goes on with what was said later
            said = said[:1]
        return (*(Message(role="user", content=text, train=False) for text in said), *more)
    return ()


def executions_of(row: Row, trace: Trace) -> list[Execution]:
    """Return the executions of a row itself: an example's are its answer's."""
    holder = trace.parent(Response) if isinstance(row, Example) else row
    if not isinstance(holder, Response | Plan) or holder.execution is None:
        return []
    return [holder.execution]
