"""A row's origin, as a tree for people and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from rich.text import Text
from rich.tree import Tree

from agentalign.lookup import Trace, mask_found
from agentalign.origins import Model, files_of, models_of, prompts_of
from schemas.rows import (
    Binding,
    Chain,
    Dropped,
    Example,
    Execution,
    Imported,
    Instruction,
    Plan,
    Policy,
    Response,
    Review,
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
    for file in files_of(trace):
        root.add(Text(f"file {file.name}, sha256 {file.sha256}", style="dim"))
    for prompt in prompts_of(trace):
        root.add(Text(f"prompt {prompt.ref}", style="dim"))
    for model in models_of(trace):
        root.add(Text(_model(model), style="dim"))
    version = trace.found.version
    root.add(Text(f"version {version.name}, code {version.manifest.code_version}", style="dim"))
    return root


def _model(model: Model) -> str:
    revision = f" revision {model.revision}" if model.revision else ""
    roles = ", ".join(model.roles)
    return f"model {model.model}{revision} at {model.endpoint}: {roles}, {model.calls} calls"


def lineage_object(trace: Trace, *, reveal: bool = False) -> dict[str, object]:
    """Return the same as one object: one entry per kind of row, lists where there are several."""
    row, *parents = _shown(trace, reveal=reveal)
    entries: dict[str, object] = {"row": row.model_dump(mode="json")}
    for kind in (Imported, Response, Instruction, Binding, Chain, Policy):
        found = [parent for parent in parents if isinstance(parent, kind)]
        name = "subcategory" if kind is Policy else kind.stage
        entries[name] = found[0].model_dump(mode="json") if found else None
        if found[1:]:
            entries["opening"] = found[1].model_dump(mode="json")
    plans = [parent for parent in parents if isinstance(parent, Plan)]
    return entries | {
        "plans": [plan.model_dump(mode="json") for plan in plans],
        "verdicts": [verdict.model_dump(mode="json") for verdict in trace.verdicts],
        "reviews": [_review(review) for review in trace.reviews],
        "files": [file.model_dump(mode="json") for file in files_of(trace)],
        "prompts": [prompt.ref for prompt in prompts_of(trace)],
        "models": [asdict(model) for model in models_of(trace)],
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
    for verdict in trace.verdicts:
        if verdict.subject == row.id:
            _grow(at.add(_label(verdict)), verdict, (), trace)
    for place, parent in enumerate(parents):
        branch = at.add(_label(parent))
        if _stands_beside(parent, parents[place + 1 :]):
            _grow(branch, parent, (), trace)
            continue
        _grow(branch, parent, parents[place + 1 :], trace)
        return


def _stands_beside(parent: Row, others: Sequence[Row]) -> bool:
    """Whether other rows rest on the same.

    A plan stands beside its binding, a request before another, and whose tools were lent beside
    the answer.
    """
    lends = isinstance(parent, Imported) and bool(others)
    return isinstance(parent, Plan) or lends or any(type(each) is type(parent) for each in others)


def _evidence(row: Row, trace: Trace) -> Iterator[Text]:
    if isinstance(row, Plan | Response) and row.execution is not None:
        yield _execution(row.execution)
    yield from (_label(each) for each in trace.reviews if each.subject == row.id)
    keys = set(getattr(row, "calls", ()))
    yield from (_call(call) for call in trace.calls if call["key"] in keys)


def _label(row: Row) -> Text:
    return Text(f"{row.id}  ", style="bold") + Text(
        "  ".join(filter(None, _facts(row))), style="not bold"
    )


def _facts(row: Row) -> Iterable[str]:
    match row:
        case Example():
            lent = f"tools of {row.tools_of}" if row.tools_of else ""
            return row.row_class, row.intent, row.kind, row.split, f"pair {row.pair}", lent
        case Imported():
            licence = row.licence or "no licence stated"
            calls = f"{row.call_count} call{'s' if row.call_count != 1 else ''}"
            return row.source, licence, row.place, calls, *row.changed[:1]
        case Response():
            return row.kind, row.outcome, row.label, f"by {row.endpoint}", _judged_by(row)
        case Instruction():
            return row.intent, f"by {row.endpoint}", f"prompt {row.prompt}", repr(_cut(row.text))
        case Verdict():
            return row.check, row.outcome, row.label, row.reason, _judged_by(row)
        case Dropped():
            told = (f"by {row.by}", row.detail, repr(_cut(row.text)))
            return f"dropped at {row.of_stage}", row.reason, *told
        case Review():
            return "by a person", row.check, row.verdict, row.label, row.reviewed_at[:10]
        case _:
            return _facts_before_requests(row)


def _judged_by(row: Verdict | Response) -> str:
    if row.by_people:
        return "judged by people"
    return ", ".join(f"{v.seat}: {v.answer or v.error} ({v.endpoint})" for v in row.votes)


def _review(review: Review) -> dict[str, object]:
    """Return a review as an object; its note may quote what it is about."""
    return review.model_dump(mode="json", exclude={"note"})


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
