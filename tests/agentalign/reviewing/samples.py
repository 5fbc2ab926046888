"""Rows by hand as filters left them, and a workspace whose version was selected from them."""

import asyncio
from pathlib import Path

from agentalign.reviewing.frame import Subject
from agentalign.reviewing.opinion import make_review
from schemas.messages import Message
from schemas.results import CallCounts, Manifest
from schemas.rows import (
    Instruction,
    Intent,
    Opinion,
    Policy,
    Receipt,
    Response,
    Review,
    Row,
    Verdict,
)
from schemas.workspace import Workspace
from tasks.doors.store import Store

POLICY = Policy(
    id="policy-1", slot="doxing", category="privacy", subcategory="doxing",
    definition="Publishing where a private person lives.", refuse_if="it is", allow_if="it isn't",
)  # fmt: skip
VERSION = "rehearsal-0123456789ab"


def request(number: int, intent: Intent = "benign") -> Instruction:
    """Return a request that says its intent and number."""
    return Instruction(
        id=f"instruction-{intent}-{number}", slot=f"{intent}/{number}", chain="chain-1",
        binding="binding-1", category="privacy", subcategory="doxing", intent=intent,
        sample=number, text=f"the {intent} text {number}", endpoint="one", prompt="p@0",
    )  # fmt: skip


def verdict(of: Instruction, label: str, *, accepted: bool = True) -> Verdict:
    """Return the semantic verdict on a request."""
    return Verdict(
        id=f"verdict-{of.id}", slot=f"{of.slot}/semantic", subject=of.id, check="semantic",
        category=of.category, subcategory=of.subcategory, intent=of.intent,
        outcome="accepted" if accepted else "rejected", label=label,
        reason="" if accepted else "signs_of_harm",
    )  # fmt: skip


def answer(of: Instruction, *said: str, accepted: bool = True) -> Response:
    """Return an answer in texts; none of them is left where there is none."""
    harmful = of.intent == "harmful"
    kind = ("refusal" if harmful else "trajectory") if accepted else "dropped"
    return Response.model_validate(
        {
            "id": f"response-{of.id}", "slot": f"{of.slot}/response", "instruction": of.id,
            "binding": of.binding, "chain": of.chain, "category": of.category,
            "subcategory": of.subcategory, "intent": of.intent, "kind": kind,
            "outcome": "accepted" if accepted else "rejected",
            "label": "refused" if harmful else "helped", "reason": "" if accepted else "why",
            "endpoint": "one", "text_digest": "d", "execution": None,
            "messages": [Message(role="assistant", content=text) for text in said],
        }
    )  # fmt: skip


def subject(number: int, intent: Intent = "benign", *, accepted: bool = True) -> Subject:
    """Return a request as it is reviewed."""
    row = request(number, intent)
    return Subject(
        check="semantic", row=row, request=row, opening=None, policy=POLICY,
        outcome="accepted" if accepted else "rejected", masked=intent == "harmful",
    )  # fmt: skip


def reviewed(of: Subject, opinion: Opinion) -> Review:
    """Return what a person said of a row."""
    return make_review(of, opinion, "borderline" if opinion == "relabel" else "")


def receipt(table: str, rows: int) -> Receipt:
    """Return the receipt of a stage run of this many rows of a table."""
    return Receipt(
        stage="tests", key=f"tests/v1/{table}", table=table, digest=table, rows_in=rows,
        rows=rows, dropped={},
    )  # fmt: skip


def make_workspace(folder: Path, *rows: Row) -> Workspace:
    """Fill a store, and write a version that says it was selected from it."""
    place = Workspace(folder)
    tables: dict[str, list[Row]] = {}
    for row in (POLICY, *rows):
        tables.setdefault(row.table, []).append(row)
    receipts = [receipt(table, len(members)) for table, members in tables.items()]
    with Store.open(place.store_url) as store:
        for each, members in zip(receipts, tables.values(), strict=True):
            asyncio.run(store.commit(each, members))
    manifest = Manifest(
        version=VERSION, digest="0" * 64, schema_version=1, rehearsal=True,
        created_at="2030-01-01T00:00:00+00:00", code_version="0", rows={}, by_category={},
        by_intent_and_category={}, by_subcategory={}, splits={}, short={}, blocks={}, params={},
        receipts=tuple(each.key for each in receipts), stages=(), calls=CallCounts(), files={},
    )  # fmt: skip
    (place.versions / VERSION).mkdir(parents=True)
    (place.versions / VERSION / "manifest.json").write_text(manifest.model_dump_json())
    return place
