"""Harmful rows that offer tools of other datasets: who is drawn to, and whose tools they get."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.actions import Catalogue
from schemas.base import JsonObject, JsonValue
from schemas.ids import rank, share
from schemas.rows import Chain, Imported, Receipt, Response
from tasks.audit.splits import Split
from tasks.borrowing import Lender, Wish, lend, names_any
from tasks.doors.store import Store
from tasks.mixing import Mixed, read_pieces
from tasks.selection import Candidate

TOOLS_ALONE: Mapping[str, JsonValue] = {"messages": [], "changed": []}


def draw_borrowers(
    harmful: Iterable[Candidate], seed: int, harmful_share: float
) -> list[Candidate]:
    """Return the plain harmful rows that are drawn to offer foreign tools, by hash rank.

    The draw is a row's own: how many there are has no say in it.
    """
    drawn = [
        candidate
        for candidate in harmful
        if candidate.request.situation == "plain"
        and share(seed, "foreign tools", candidate.response.id) < harmful_share
    ]
    return sorted(drawn, key=lambda c: rank(seed, "foreign tools", c.response.id))


async def without_own_names(
    drawn: Sequence[Candidate], store: Store, upstream: Sequence[Receipt]
) -> list[Candidate]:
    """Return the rows that name no tool of those that they would no longer offer."""
    ids = [candidate.response.id for candidate in drawn]
    whole = {row.id: row for row in await store.rows(Response, upstream, ids=ids)}
    return [each for each in drawn if not _names_own_tools(each, whole[each.response.id])]


def _names_own_tools(candidate: Candidate, whole: Response) -> bool:
    said = [turn.content or "" for turn in whole.messages]
    said += [candidate.request.text, candidate.binding.system_prompt or ""]
    return names_any(said, candidate.binding.tool_order)


def to_wish(candidate: Candidate, chain: Chain, split: Split, catalogue: Catalogue) -> Wish:
    """Return what a row wishes for: tools for what its request says, and for its capabilities."""
    told = [catalogue.capabilities[name].description for name in chain.capabilities]
    return Wish(candidate.response.id, split, " ".join([candidate.request.text, *told]))


async def lend_tools(
    wishes: Sequence[Wish], mixed: Mixed, store: Store, upstream: Sequence[Receipt]
) -> dict[str, str]:
    """Return for each answer that gets foreign tools the imported row that they are of."""
    ids = [row.id for row in mixed.taken]
    lenders: dict[str, Lender] = {}
    async for piece in read_pieces(store, upstream, ids, TOOLS_ALONE):
        for row in piece:
            lenders[row.id] = Lender(row.id, mixed.split_of(row), _about(row.tools))
    return lend(wishes, [lenders[each] for each in ids])


async def read_tools(
    ids: Sequence[str], store: Store, upstream: Sequence[Receipt]
) -> dict[str, tuple[JsonObject, ...]]:
    """Return the tools of imported rows by their ids."""
    rows = await store.rows(Imported, upstream, ids=ids, blank=TOOLS_ALONE) if ids else []
    return {row.id: row.tools for row in rows}


def _about(tools: Sequence[JsonObject]) -> str:
    """Return what tools say of themselves, their names in plain words; order is no matter."""
    functions: list[Any] = [tool["function"] for tool in tools]
    told = sorted(f"{_words(each['name'])} {each.get('description', '')}" for each in functions)
    return " ".join(told).lower()


def _words(name: str) -> str:
    return " ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))
