"""A row's origin, as a tree for people and as JSON."""

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text
from rich.tree import Tree

from agentalign.lookup import Trace, mask_found
from schemas.rows import (
    Binding,
    Chain,
    Example,
    Execution,
    Instruction,
    Plan,
    Policy,
    Response,
    Row,
    Verdict,
)
from tasks.formats.versions import Record

_LONGEST = 160


def lineage_tree(trace: Trace, *, reveal: bool = False) -> Tree:
    """Return the row with what it rests on below it, up to its subcategory."""
    row, *parents = _shown(trace, reveal=reveal)
    root = Tree(_label(row))
    _grow(root, row, parents, trace)
    if trace.examples:
        root.add(Text(f"{len(trace.examples)} examples rest on it: {_some(trace.examples)}"))
    version = trace.found.version
    root.add(Text(f"version {version.name}, code {version.manifest.code_version}", style="dim"))
    return root


def lineage_object(trace: Trace, *, reveal: bool = False) -> dict[str, object]:
    """Return the same as one object: one entry per kind of row, lists where there are several."""
    row, *parents = _shown(trace, reveal=reveal)
    entries: dict[str, object] = {"row": row.model_dump(mode="json")}
    for kind in (Response, Instruction, Binding, Chain, Policy):
        found = next((parent for parent in parents if isinstance(parent, kind)), None)
        name = "subcategory" if kind is Policy else kind.stage
        entries[name] = found and found.model_dump(mode="json")
    plans = [parent for parent in parents if isinstance(parent, Plan)]
    return entries | {
        "plans": [plan.model_dump(mode="json") for plan in plans],
        "verdicts": [verdict.model_dump(mode="json") for verdict in trace.verdicts],
        "prompts": sorted({r.prompt for r in (row, *parents) if isinstance(r, Instruction)}),
        "calls": list(trace.calls),
        "examples": list(trace.examples),
        "version": trace.found.version.name,
        "code_version": trace.found.version.manifest.code_version,
    }


def _shown(trace: Trace, *, reveal: bool) -> list[Row]:
    rows = [trace.found.row, *trace.parents]
    return rows if reveal else mask_found(trace.found.version, rows)


def _grow(at: Tree, row: Row, parents: Sequence[Row], trace: Trace) -> None:
    """Hang below a row its own evidence, then the row it rests on."""
    for leaf in _evidence(row, trace):
        at.add(leaf)
    for place, parent in enumerate(parents):
        branch = at.add(_label(parent))
        if isinstance(parent, Plan):  # stands beside the binding it carries out
            _grow(branch, parent, (), trace)
            continue
        _grow(branch, parent, parents[place + 1 :], trace)
        return


def _evidence(row: Row, trace: Trace) -> Iterator[Text]:
    if isinstance(row, Plan | Response) and row.execution is not None:
        yield _execution(row.execution)
    yield from (_label(verdict) for verdict in trace.verdicts if verdict.subject == row.id)
    keys = set(getattr(row, "calls", ()))
    yield from (_call(call) for call in trace.calls if call["key"] in keys)


def _label(row: Row) -> Text:
    return Text(f"{row.id}  ", style="bold") + Text("  ".join(_facts(row)), style="not bold")


def _facts(row: Row) -> Iterable[str]:
    match row:
        case Example():
            return row.label, row.intent, row.kind, row.split, f"pair {row.pair}"
        case Response():
            facts = (row.kind, row.outcome, row.label, f"by {row.endpoint}")
            return (*facts, _judged_by(row)) if row.by_people else facts
        case Instruction():
            return row.intent, f"by {row.endpoint}", f"prompt {row.prompt}", repr(_cut(row.text))
        case Verdict():
            return row.check, row.outcome, row.label, row.reason, _judged_by(row)
        case _:
            return _facts_before_requests(row)


def _judged_by(row: Verdict | Response) -> str:
    return "judged by people" if row.by_people else f"{len(row.votes)} votes"


def _facts_before_requests(row: Row) -> Iterable[str]:
    match row:
        case Binding():
            tools = " → ".join(step.tool for step in row.steps)
            return tools, f"world {row.world_seed}", f"system prompt {row.system_prompt_name}"
        case Plan():
            return row.maker, "success" if row.execution.success else "failed"
        case Chain():
            return row.source, " → ".join(row.capabilities), _cut(row.explanation)
        case Policy():
            return f"{row.category} / {row.subcategory}", _cut(row.definition)
        case _:
            return (row.slot,)


def _execution(execution: Execution) -> Text:
    state = "success" if execution.success else f"failed: {', '.join(execution.failures)}"
    calls = f"{len(execution.steps)} calls in world {execution.world_seed}"
    return Text(f"{execution.id}  {state}, {calls}, ends at {execution.final_digest[:12]}")


def _call(call: Record) -> Text:
    tokens = f"{call['prompt_tokens']} + {call['completion_tokens']} tokens"
    removed = f"  removed: {call['tombstone']}" if call["tombstone"] else ""
    who = f"{call['role']} {call['model']} at {call['endpoint']}"
    return Text(f"call {str(call['key'])[:12]}  {who}  {tokens}{removed}", style="dim")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (", …" if len(ids) > 3 else "")
