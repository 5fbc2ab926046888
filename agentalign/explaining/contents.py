"""All that an auditor is told of a row: what it rests on, who judged it, and that it replays."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from agentalign.lookup import Found, Trace, mask_found, trace_row
from agentalign.origins import Model, Prompt, models_of, prompts_of
from agentalign.pages.conversation import conversation_of, executions_of
from agentalign.pages.picture import Picture, draw_picture
from schemas.endpoints import Endpoint
from schemas.errors import BadInputError, WorkspaceBusyError, WorkspaceError
from schemas.results import Manifest
from schemas.rows import (
    Chain,
    Dropped,
    Example,
    Execution,
    Imported,
    Instruction,
    Policy,
    Response,
    Review,
    Row,
    Verdict,
)
from schemas.workspace import Workspace, store_url
from tasks.doors.pending import after, read_acts
from tasks.doors.store import Store
from tasks.replaying import Replayed, find_jobs, replay
from tasks.report.talks import Turn, notes_of, turns_of

ABSENT = "There is no store beside this version: what people said since is not here."
HELD = "The store is held by another process: what people said since this version is not here."


@dataclass(frozen=True, slots=True)
class Licence:
    """Under what something stands, as far as it is known."""

    what: str
    says: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the page shows, in its order. Harmful texts are masked unless `revealed`."""

    row: Row
    manifest: Manifest
    revealed: bool
    masked: bool
    notes: tuple[str, ...]
    turns: tuple[Turn, ...]
    picture: Picture
    policy: Policy | None
    chain: Chain | None
    requests: Sequence[Instruction]
    verdicts: Sequence[Verdict]
    answer: Response | None
    reviews: Sequence[Review]
    reviews_lack: str
    executions: Sequence[Execution]
    replayed: Sequence[Replayed]
    not_replayed: str
    prompts: Sequence[Prompt]
    models: Sequence[Model]
    calls: Sequence[dict[str, object]]
    licences: Sequence[Licence]


def gather(workspace: Workspace, found: Found, *, reveal: bool) -> Explanation:
    """Return all that is told of a row; what was executed for it is executed again.

    Raises:
        WorkspaceError: a table of its version is damaged.
    """
    trace, version = trace_row(found), found.version
    row = found.row
    shown = row if reveal else mask_found(version, [row])[0]
    requests = [each for each in (row, *trace.parents) if isinstance(each, Instruction)]
    reviews, lack = _reviews(workspace, trace)
    replayed, why_not = _replay(found)
    return Explanation(
        row=shown,
        manifest=version.manifest,
        revealed=reveal,
        masked=shown != row,
        notes=tuple(notes_of(row)) if isinstance(row, Example) else (),
        turns=turns_of(conversation_of(row), conversation_of(shown)),
        picture=draw_picture(trace),
        policy=trace.parent(Policy),
        chain=trace.parent(Chain),
        requests=requests if reveal else mask_found(version, requests),
        verdicts=[*trace.verdicts, *([row] if isinstance(row, Verdict) else ())],
        answer=trace.parent(Response),
        reviews=[each if reveal else _without_note(each) for each in reviews],
        reviews_lack=lack,
        executions=executions_of(row, trace),
        replayed=replayed,
        not_replayed=why_not,
        prompts=prompts_of(trace),
        models=(models := models_of(trace)),
        calls=trace.calls,
        licences=_licences(version.manifest, models, row, trace.parent(Imported)),
    )


def _without_note(review: Review) -> Review:
    """Return a review without its note, where that may quote a harmful text."""
    return review.model_copy(update={"note": ""}) if review.masked else review


def _reviews(workspace: Workspace, trace: Trace) -> tuple[list[Review], str]:
    """Return what people said of a row's texts, and what is lacking from that, in words."""
    known = {review.id: review for review in trace.reviews}
    lack = ""
    try:
        known |= {review.id: review for review in _stored(workspace)}
    except WorkspaceBusyError:
        lack = HELD
    except WorkspaceError:
        lack = ABSENT
    known = after(read_acts(workspace), known)
    row = trace.found.row
    about = {each.id for each in (row, *trace.parents)}
    about |= {row.instruction, row.subject} if isinstance(row, Dropped) else set()
    return [each for each in known.values() if about & {each.subject, each.instruction}], lack


def _stored(workspace: Workspace) -> list[Review]:
    with Store.open(store_url(workspace), create=False, read_only=True) as store:
        return asyncio.run(store.reviews())


def _replay(found: Found) -> tuple[list[Replayed], str]:
    """Return what became of the row's executions now, or why there is nothing to execute."""
    try:
        jobs = find_jobs(found.version, found.row)
    except BadInputError as nothing:
        return [], f"{nothing}."
    return asyncio.run(replay(found.version, jobs)), ""


def _is_made_of(row: Row, imported: Imported) -> bool:
    return isinstance(row, Example) and row.response == imported.id


def _licences(
    manifest: Manifest, models: Sequence[Model], row: Row, imported: Imported | None
) -> list[Licence]:
    """Return what is known of licences: of the project's own texts, and of each model's words."""
    own = metadata.metadata("agentalign")["License-Expression"]
    found = [Licence("taxonomy, tools, seed chains and prompts of this project", own)]
    if imported is not None:
        what = "the row itself" if row.id == imported.id or _is_made_of(row, imported) else "tools"
        said = imported.licence or "nobody stated one: see what its source says"
        found.append(Licence(f"{what}, from {imported.source}: {imported.place}", said))
    declared = manifest.params.get("endpoints")
    endpoints = {
        endpoint.name: endpoint
        for each in (declared if isinstance(declared, list) else [])
        if (endpoint := Endpoint.model_validate(each))
    }
    for model in models:
        embedded = model.endpoint in endpoints and endpoints[model.endpoint].is_rehearsal
        says = own if embedded else "no build declares it: see the terms of the model"
        found.append(Licence(f"what {model.model} at {model.endpoint} wrote", says))
    return found
