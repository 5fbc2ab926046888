"""A lineage as a picture: the row on top, what it rests on below it, evidence at its side."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentalign.lookup import Trace
from agentalign.origins import prompt_names, revisions_of
from schemas.rows import (
    Binding,
    Chain,
    Dropped,
    Example,
    Execution,
    Imported,
    Instruction,
    Mutation,
    Plan,
    Policy,
    Response,
    Row,
    Verdict,
)

WIDTH, HEIGHT = 250, 38  # of a node
_ACROSS, _DOWN, _EDGE = 40, 12, 1  # between nodes
_LONGEST = 34  # characters of a line

_WORDS: dict[type[Row], str] = {
    Example: "row",
    Imported: "imported row",
    Dropped: "left out",
    Response: "answer",
    Instruction: "request",
    Plan: "plan",
    Binding: "binding",
    Chain: "chain",
    Policy: "policy",
    Verdict: "verdict",
    Mutation: "spoilt copy",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A box: what it is, what is said of it, and where it stands.

    `kind` is `row` or what else it stands for: `execution`, `prompt`, `model`, `calls`,
    `category`; `name` is its id or name.
    """

    kind: str
    name: str
    word: str
    says: str
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one point to another."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Nodes and lines between them, in pixels."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int


def draw_picture(trace: Trace) -> Picture:
    """Return the picture of a row's lineage. No text of a request is in it."""
    levels = [(_node(row), list(_evidence(row, trace))) for row in _spine(trace)]
    policy = trace.parent(Policy)
    if policy is not None:
        levels.append((Node("category", policy.category, "category", _plain(policy.category)), []))
    return _place(levels)


def _spine(trace: Trace) -> list[Row]:
    """Return the rows that rest on each other; plans stand beside their binding.

    So does the imported row whose tools a row of our own offers.
    """
    row, parents = trace.found.row, trace.parents
    return [row, *(each for each in parents if not (isinstance(each, Plan) or _lends(each, row)))]


def _lends(parent: Row, row: Row) -> bool:
    return isinstance(parent, Imported) and isinstance(row, Example) and row.tools_of == parent.id


def _place(levels: Sequence[tuple[Node, list[Node]]]) -> Picture:
    nodes, edges = list[Node](), list[Edge]()
    y, above = _EDGE, None
    for main, beside in levels:
        nodes.append(_at(main, _EDGE, y))
        if above is not None:
            middle = _EDGE + WIDTH // 2
            edges.append(Edge(middle, above + HEIGHT, middle, y))
        for place, node in enumerate(beside):
            side = y + place * (HEIGHT + _DOWN)
            nodes.append(_at(node, _EDGE + WIDTH + _ACROSS, side))
            edges.append(
                Edge(_EDGE + WIDTH, y + HEIGHT // 2, _EDGE + WIDTH + _ACROSS, side + HEIGHT // 2)
            )
        above, y = y, y + max(1, len(beside)) * (HEIGHT + _DOWN) + _DOWN
    height = y - 2 * _DOWN + _EDGE
    return Picture(tuple(nodes), tuple(edges), 2 * (WIDTH + _EDGE) + _ACROSS, height)


def _at(node: Node, x: int, y: int) -> Node:
    return Node(node.kind, node.name, node.word, node.says, x, y)


def _node(row: Row) -> Node:
    return Node("row", row.id, _WORDS.get(type(row), row.stage), _cut(_says(row)))


def _says(row: Row) -> str:
    match row:
        case Imported():
            return f"{row.source}, {row.source_id}"
        case Example():
            return f"{row.row_class}, {_plain(row.situation)}, {row.split}"
        case Dropped():
            return f"{row.of_stage}: {_plain(row.reason)}"
        case Response():
            return f"{row.kind}, {_plain(row.label)}"
        case Instruction():
            return f"{row.intent}, {_plain(row.situation)}"
        case Verdict():
            return f"{row.check}: {_plain(row.outcome)}, {_plain(row.label)}"
        case _:
            return _says_of_task(row)


def _says_of_task(row: Row) -> str:
    match row:
        case Binding():
            return " → ".join(step.tool for step in row.steps)
        case Chain():
            return f"{row.source}, {len(row.capabilities)} steps"
        case Policy():
            return _plain(row.subcategory)
        case Plan():
            return f"{row.maker}, {'success' if row.execution.success else 'failed'}"
        case _:
            return row.slot


def _evidence(row: Row, trace: Trace) -> Iterator[Node]:
    """Yield what stands beside a row: plans, executions, verdicts, prompts, models, calls."""
    if isinstance(row, Binding):
        for plan in (each for each in trace.parents if isinstance(each, Plan)):
            yield _node(plan)
            yield _execution(plan, plan.execution)
    if isinstance(row, Response) and row.execution is not None:
        yield _execution(row, row.execution)
    yield from (_node(each) for each in trace.parents if _lends(each, row))
    yield from (_node(verdict) for verdict in trace.verdicts if verdict.subject == row.id)
    for prompt in dict.fromkeys(prompt_names(row)):
        name, _, digest = prompt.partition("@")
        yield Node("prompt", name, "prompt", _cut(f"{name} {digest}".strip()))
    yield from _models(row, trace)


def _execution(holder: Row, execution: Execution) -> Node:
    done = "success" if execution.success else "failed"
    return Node("execution", holder.id, "execution", f"{len(execution.steps)} calls, {done}")


def _models(row: Row, trace: Trace) -> Iterator[Node]:
    keys = set(getattr(row, "calls", ()))
    calls = [call for call in trace.calls if call["key"] in keys]
    revisions = revisions_of(trace.found.version)
    for endpoint in dict.fromkeys(str(call["endpoint"]) for call in calls):
        yield Node("model", endpoint, "model", _cut(f"{endpoint} {revisions.get(endpoint, '')}"))
    if calls:
        yield Node("calls", row.id, "calls to models", f"{len(calls)}")


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _cut(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def words_of(kinds: Iterable[type[Row]]) -> dict[str, str]:
    """Return what kinds of rows are called, by the prefix of their ids."""
    return {kind.stage: _WORDS.get(kind, kind.stage) for kind in kinds}
