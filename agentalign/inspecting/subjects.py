"""What of a row can be judged by a person: its request, its answer, or both."""

from collections.abc import Iterator

from agentalign.lookup import Trace
from agentalign.reviewing.frame import Subject
from schemas.rows import Dropped, Example, Instruction, Outcome, Policy, Response
from tasks.formats.versions import Version

_OF_REQUESTS = ("semantic", "surface", "execution")


def subjects_of(trace: Trace) -> list[Subject]:
    """Return what can be judged of a row or of what was left out: an answer first."""
    row, policy = trace.found.row, trace.parent(Policy)
    if policy is None:
        return []
    if isinstance(row, Example):
        return list(_of_example(row, trace, policy))
    return list(_of_dropped(row, trace, policy)) if isinstance(row, Dropped) else []


def _of_example(row: Example, trace: Trace, policy: Policy) -> Iterator[Subject]:
    requests = {each.id: each for each in trace.parents if isinstance(each, Instruction)}
    answer, request = trace.parent(Response), requests.get(row.instruction)
    if request is None:
        return
    opening = requests.get(row.opening)
    if answer is not None and answer.messages:
        masked = row.holds_harm
        yield Subject("response", answer, request, opening, policy, "accepted", masked)
    harmful = "harmful" in (row.label, row.intent)
    yield Subject("semantic", request, request, None, policy, "accepted", harmful)


def _of_dropped(row: Dropped, trace: Trace, policy: Policy) -> Iterator[Subject]:
    if not row.text:
        return
    request = _request(row)
    if row.messages:
        answer = _answer(row)
        yield Subject("response", answer, request, None, policy, row.outcome, row.harmful)
    said = _said_of_request(row, trace.found.version)
    yield Subject("semantic", request, request, None, policy, said, row.harmful)


def _said_of_request(row: Dropped, version: Version) -> Outcome:
    """Return what the semantic filter said of a request, whatever left the row out."""
    if row.of_stage == "semantic":
        return row.outcome
    others = version.rows(Dropped, "instruction", [row.instruction])
    return next((each.outcome for each in others if each.of_stage == "semantic"), "accepted")


def _request(row: Dropped) -> Instruction:
    slot = row.slot.removesuffix("/dropped").removesuffix("/response")
    for check in _OF_REQUESTS:
        slot = slot.removesuffix(f"/{check}")
    known = _shared(row) | {"id": row.instruction, "slot": slot, "sample": 0}
    known |= {"text": row.text, "later": row.later, "prompt": row.prompt}
    return Instruction.model_validate(known | {"situation": row.situation or "plain"})


def _answer(row: Dropped) -> Response:
    known = _shared(row) | {"id": row.subject, "slot": row.slot.removesuffix("/dropped")}
    known |= {"instruction": row.instruction, "kind": "dropped", "outcome": row.outcome}
    known |= {"label": row.label, "reason": row.reason, "messages": row.messages}
    return Response.model_validate(known | {"text_digest": "", "execution": None})


def _shared(row: Dropped) -> dict[str, object]:
    names = ("chain", "binding", "category", "subcategory", "intent", "endpoint")
    return {name: getattr(row, name) for name in names}
