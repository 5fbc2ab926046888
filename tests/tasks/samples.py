"""Rows made by hand, and runs with a real store and a scripted model."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import orjson

from schemas.catalogue import load_catalogue, load_seed_chains, load_taxonomy
from schemas.ids import row_id
from schemas.messages import Message, ToolCall
from schemas.params import BuildParams
from schemas.rows import (
    Binding,
    Chain,
    Instruction,
    Intent,
    Policy,
    Receipt,
    Response,
    Row,
    StepGoal,
    Verdict,
)
from schemas.workspace import Workspace
from tasks.bindings import BindingsSpec, Draft, bind, bindings_spec, draft
from tasks.context import RunContext, open_run
from tasks.doors.llm.clients import AsgiApp
from tasks.taxonomy import policies
from tasks.world import draw_goal
from tests.tasks.doors.llm.fakes import FakeModel, Said

POLICIES: tuple[Policy, ...] = policies(load_taxonomy().categories)
CATEGORY = POLICIES[0].category
TEXT = "Please look this up and tell me what you find, in a few words."


def chain(number: int = 0) -> Chain:
    """Return the chain of the hand-written one at `number`."""
    seed = load_seed_chains()[number]
    return Chain(
        id=row_id("chain", seed.subcategory, seed.capabilities),
        slot=f"{seed.subcategory}/0",
        category=load_taxonomy().category_of(seed.subcategory).name,
        subcategory=seed.subcategory,
        capabilities=seed.capabilities,
        explanation=seed.explanation,
        source="seed",
    )


def spec_of_bindings(**changed: object) -> BindingsSpec:
    """Return the spec of a first block of bindings, with changed fields."""
    return bindings_spec(BuildParams(), CATEGORY, POLICIES, 0).model_copy(update=changed)


def binding(number: int = 0, sample: int = 0) -> Binding:
    """Return a binding of a chain."""
    of = chain(number)
    drawn = draft(of, sample, spec_of_bindings(), load_catalogue())
    return bind(of, sample, drawn, goal_of(of, drawn))


def goal_of(of: Chain, drawn: Draft) -> tuple[StepGoal, ...]:
    """Return the goal of a chain's draft."""
    return draw_goal(of.capabilities, drawn.tools, drawn.world_seed, Random(str(drawn.purpose)))


def request(
    of: Binding,
    intent: Intent = "harmful",
    text: str = TEXT,
    sample: int = 0,
    **changed: object,
) -> Instruction:
    """Return a request for a binding."""
    made = Instruction(
        id=row_id("instruction", of.id, intent, sample, text),
        slot=f"{of.slot}/{intent}/{sample}",
        chain=of.chain,
        binding=of.id,
        category=of.category,
        subcategory=of.subcategory,
        intent=intent,
        sample=sample,
        text=text,
        endpoint="one",
        prompt="p@0",
    )
    return made.model_copy(update=changed)


def verdicts(of: Instruction, harm: str) -> list[Verdict]:
    """Return the two verdicts that make a request sound."""
    checks = {"semantic": harm, "execution": "stated"}
    return [
        Verdict.model_validate(
            {
                "id": row_id("verdict", of.id, check, label, "accepted"),
                "slot": f"{of.slot}/{check}",
                "subject": of.id,
                "check": check,
                "category": of.category,
                "subcategory": of.subcategory,
                "intent": of.intent,
                "outcome": "accepted",
                "label": label,
                "reason": "",
            }
        )
        for check, label in checks.items()
    ]


def response(of: Instruction, *messages: Message, **changed: object) -> Response:
    """Return an accepted answer: a refusal of harm, else a trajectory."""
    refused = of.intent == "harmful"
    values: dict[str, object] = {
        "id": row_id("response", of.id, "sample"),
        "slot": f"{of.slot}/response",
        "instruction": of.id,
        "binding": of.binding,
        "chain": of.chain,
        "category": of.category,
        "subcategory": of.subcategory,
        "intent": of.intent,
        "kind": "refusal" if refused else "trajectory",
        "outcome": "accepted",
        "label": "refused" if refused else "helped",
        "reason": "",
        "endpoint": "one",
        "messages": messages or (Message(role="assistant", content="No."),),
        "text_digest": "",
        "execution": None,
    }
    return Response.model_validate(values | changed)


def call(number: int, name: str, **arguments: Any) -> ToolCall:  # noqa: ANN401 - JSON values
    """Return a tool call."""
    return ToolCall(id=f"call_{number}", name=name, arguments=arguments)


def calling(*calls: ToolCall, text: str | None = None) -> Said:
    """Return what a model says to make calls."""
    made = [
        {
            "id": each.id,
            "type": "function",
            "function": {"name": each.name, "arguments": orjson.dumps(each.arguments).decode()},
        }
        for each in calls
    ]
    return Said(text, finish="tool_calls", message={"tool_calls": made})


def receipt(key: str, rows: int = 1, **changed: object) -> Receipt:
    """Return a receipt for rows put in by hand."""
    values: dict[str, object] = {
        "stage": "tests",
        "key": key,
        "table": "chains",
        "digest": f"digest of {key}",
        "rows_in": rows,
        "rows": rows,
        "dropped": {},
    }
    return Receipt.model_validate(values | changed)


async def put(context: RunContext, *rows: Row) -> tuple[Receipt, ...]:
    """Commit rows under one receipt per table; return the receipts."""
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row)
    made = []
    for table, members in tables.items():
        key = row_id("tests", table, sorted(row.id for row in members))
        made.append(receipt(key, len(members), table=table))
        await context.store.commit(made[-1], members)
    return tuple(made)


@asynccontextmanager
async def open_sample_run(
    folder: Path,
    params: BuildParams,
    app: AsgiApp | None = None,
    keys: Mapping[str, str] | None = None,
) -> AsyncIterator[RunContext]:
    """Open a run in a folder, in which a scripted model answers for every endpoint."""
    workspace = Workspace(folder)
    model = app or FakeModel()
    async with open_run(params, workspace, keys or {}, workspace.store_url, app=model) as context:
        yield context
