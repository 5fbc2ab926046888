"""The final rows: conversations put together of what was selected, a piece at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from schemas.actions import Catalogue
from schemas.ids import row_id
from schemas.messages import Message
from schemas.rows import Binding, Chain, Example, Receipt, Response
from tasks.audit.splits import Split
from tasks.context import RunContext
from tasks.conversation import offered_tools
from tasks.lending import read_tools
from tasks.mixing import Mixed, read_pieces
from tasks.mixing import to_example as imported_to_example
from tasks.selection import Candidate
from tasks.situations import offered
from tasks.stage import Made, in_pieces

CANARY = "agentalign-canary-9b1f7c52e0d84a3695c4"
PIECE = 1000  # answers that are read whole at a time


def to_example(candidate: Candidate, chain: Chain, split: Split, catalogue: Catalogue) -> Example:
    """Return the final row of a candidate."""
    response, request, binding = candidate.response, candidate.request, candidate.binding
    first = candidate.opening or request
    opening = [Message(role="user", content=first.text, train=False)]
    if binding.system_prompt:
        opening.insert(0, Message(role="system", content=binding.system_prompt, train=False))
    harmful = "harmful" in (candidate.label, request.intent, first.intent)
    execution = response.execution
    tools = offered(binding, request.situation, request.gap)
    row = Example.model_validate(
        {
            "id": row_id("example", response.id),
            "slot": request.slot,
            "label": candidate.label,
            "intent": request.intent,
            "kind": response.kind,
            "situation": request.situation,
            "category": request.category,
            "subcategory": request.subcategory,
            "pattern": chain.capabilities,
            "pair": binding.id,
            "chain": chain.id,
            "binding": binding.id,
            "instruction": request.id,
            "opening": response.opening,
            "response": response.id,
            "split": split,
            "messages": (*opening, *response.messages),
            "tools": (),
            "grounding": execution.grounding if execution and execution.steps else "none",
            "responder": response.endpoint,
            "style": response.style,
            "recovered": bool(execution and any(s.incident == "fault" for s in execution.steps)),
            "parallel": any(len(turn.tool_calls) > 1 for turn in response.messages),
            "holds_harm": harmful,
            "canary": CANARY if harmful else None,
        }
    )
    # the catalogue's own schemas, as they are: validation would make copies of all of them
    return row.model_copy(update={"tools": offered_tools(tools, catalogue)})


async def add_examples(
    taken: Sequence[Candidate],
    splits: Mapping[str, Split],
    lent: Mapping[str, str],
    upstream: Sequence[Receipt],
    context: RunContext,
    made: Made,
) -> None:
    """Make examples of the candidates that were taken, a piece of the answers at a time.

    `lent` names the imported rows whose tools are offered in the place of a row's own.
    """
    store = context.store
    chains = {chain.id: chain for chain in await store.rows(Chain, upstream)}
    places = {i: place for place, i in enumerate(await store.ids(Response, upstream))}
    ordered = sorted(taken, key=lambda candidate: places[candidate.response.id])
    for start in range(0, len(ordered), PIECE):
        piece = ordered[start : start + PIECE]
        ids = [candidate.response.id for candidate in piece]
        whole = {r.id: r for r in await store.rows(Response, upstream, ids=ids)}
        of = [*{candidate.binding.id for candidate in piece}]
        bindings = {b.id: b for b in await store.rows(Binding, upstream, ids=of)}
        lenders = [lent[i] for i in ids if i in lent]
        foreign = await read_tools(lenders, store, upstream)
        examples = []
        async for candidate in in_pieces(piece):
            full = replace(
                candidate,
                response=whole[candidate.response.id],
                binding=bindings[candidate.binding.id],
            )
            chain = chains[candidate.request.chain]
            row = to_example(full, chain, splits[chain.id], context.catalogue)
            if lender := lent.get(candidate.response.id):
                row = row.model_copy(update={"tools": foreign[lender], "tools_of": lender})
            examples.append(row)
        await made.keep(examples)


async def add_imported(
    mixed: Mixed, upstream: Sequence[Receipt], context: RunContext, made: Made
) -> None:
    """Make examples of the imported rows that were taken."""
    ids = [row.id for row in mixed.taken]
    async for piece in read_pieces(context.store, upstream, ids, {}):
        await made.keep(
            [imported_to_example(r, mixed.families[r.id], mixed.split_of(r)) for r in piece]
        )
