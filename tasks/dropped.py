"""What a dataset left out: gathered from the stages that left it out, a piece at a time."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from schemas.base import JsonValue
from schemas.ids import row_id
from schemas.rows import (
    Binding,
    Dropped,
    DroppedBy,
    Failure,
    Imported,
    Instruction,
    Policy,
    Receipt,
    Response,
    Row,
    Verdict,
)
from tasks.doors.store import Store
from tasks.situations import OPENINGS

R = TypeVar("R", bound=Row)
PIECE = 1000  # rows that are read whole at a time
_UNREAD: Mapping[str, JsonValue] = {"execution": None}
_UNREAD_IMPORTS: Mapping[str, JsonValue] = {"messages": [], "tools": [], "changed": []}
_LOST = "answer_removed"


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Reads what stage runs left out. `harmful` are the requests whose text names harm."""

    store: Store
    upstream: Sequence[Receipt]
    harmful: Collection[str]

    async def all(self) -> AsyncIterator[list[Dropped]]:
        """Yield requests, answers, what was not selected, and what could not be made."""
        parts = (self._requests, self._alone, self._answers, self._unselected, self._failed)
        for part in parts:
            async for piece in part():
                yield piece

    async def _requests(self) -> AsyncIterator[list[Dropped]]:
        found = await self.store.tally(Verdict, self.upstream, "id", "outcome")
        async for verdicts in self._pieces(Verdict, _not_accepted(found)):
            asked = await self._asked(v.subject for v in verdicts)
            yield [self._of_verdict(v, asked[v.subject]) for v in verdicts if v.subject in asked]

    async def _alone(self) -> AsyncIterator[list[Dropped]]:
        """Yield sound requests that were put to nobody, as what comes before them was not sound."""
        asked = await self.store.tally(Instruction, self.upstream, "id", "situation")
        judged = await self.store.tally(Verdict, self.upstream, "subject", "outcome")
        answered = await self.store.tally(Response, self.upstream, "instruction")
        failed = {row.item for row in await self.store.rows(Failure, self.upstream)}
        done = failed | {*_not_accepted(judged)} | {each for (each,) in answered}
        ids = [each for each, situation in asked if situation in OPENINGS and each not in done]
        async for requests in self._pieces(Instruction, ids):
            yield [self._of_request(row) for row in requests]

    async def _answers(self) -> AsyncIterator[list[Dropped]]:
        found = await self.store.tally(Response, self.upstream, "id", "outcome")
        async for answers in self._pieces(Response, _not_accepted(found), _UNREAD):
            asked = await self._asked(row.instruction for row in answers)
            yield [self._of_answer(row, asked[row.instruction]) for row in answers]

    async def _unselected(self) -> AsyncIterator[list[Dropped]]:
        found = await self.store.tally(Dropped, self.upstream, "id")
        async for rows in self._pieces(Dropped, [each for (each,) in found]):
            asked = await self._asked(row.instruction for row in rows if row.instruction)
            imported = await self._imported(row.subject for row in rows if not row.instruction)
            yield [
                self._of_selection(row, asked[row.instruction])
                if row.instruction
                else row.model_copy(update={"text": imported.get(row.subject, "")})
                for row in rows
            ]

    async def _failed(self) -> AsyncIterator[list[Dropped]]:
        rows = await self.store.rows(Failure, self.upstream)
        parents = await self._parents({row.item for row in rows})
        yield [self._of_failure(row, parents[row.item]) for row in rows if row.item in parents]

    async def _pieces(
        self, kind: type[Row], ids: Sequence[str], blank: Mapping[str, JsonValue] | None = None
    ) -> AsyncIterator[list]:  # type: ignore[type-arg]  # of the kind that is asked for
        for start in range(0, len(ids), PIECE):
            piece = ids[start : start + PIECE]
            yield await self.store.rows(kind, self.upstream, ids=piece, blank=blank or {})

    async def _asked(self, ids: Iterable[str]) -> dict[str, Instruction]:
        wanted = sorted(set(ids))
        rows = await self.store.rows(Instruction, self.upstream, ids=wanted)
        return {row.id: row for row in rows}

    async def _imported(self, ids: Iterable[str]) -> dict[str, str]:
        """Return what users say in other datasets' rows, by id; of unsound ones nothing is known.

        The rows themselves are in no version: there may be ten times as many as were taken.
        """
        wanted = sorted(set(ids))
        rows = await self.store.rows(Imported, self.upstream, ids=wanted, blank=_UNREAD_IMPORTS)
        return {row.id: row.asked for row in rows}

    async def _parents(self, ids: Collection[str]) -> dict[str, Policy | Binding | Instruction]:
        """Return the rows that items were to be made for; of spoilt copies there are none."""
        at = (self.store, self.upstream)
        policies = {row.id: row for row in await _rows_among(Policy, ids, *at)}
        bindings = {row.id: row for row in await _rows_among(Binding, ids, *at)}
        requests = {row.id: row for row in await _rows_among(Instruction, ids, *at)}
        return {**policies, **bindings, **requests}

    def _said(self, request: Instruction) -> dict[str, object]:
        harmful = request.intent == "harmful" or request.id in self.harmful
        return {"text": request.text, "later": request.later, "harmful": harmful}

    def _of_request(self, row: Instruction) -> Dropped:
        more = {
            "slot": f"{row.slot}/dropped",
            "outcome": "accepted",
            "by": "rules",
            "endpoint": row.endpoint,
            "calls": row.calls,
        }
        known = _from_request(row) | self._said(row) | more
        return _dropped("responses", "no_sound_opening", row.id, known)

    def _of_verdict(self, verdict: Verdict, request: Instruction) -> Dropped:
        return _dropped(
            verdict.check,
            verdict.reason,
            request.id,
            _from_request(request)
            | self._said(request)
            | {
                "slot": f"{verdict.slot}/dropped",
                "outcome": verdict.outcome,
                "label": verdict.label,
                "by": _judged_by(verdict),
                "endpoint": request.endpoint,
                "votes": verdict.votes,
                "calls": (*request.calls, *verdict.calls),
            },
        )

    def _of_answer(self, row: Response, request: Instruction) -> Dropped:
        said = self._said(request)
        return _dropped(
            "responses",
            row.reason,
            row.id,
            _from_request(request)
            | said
            | {
                "slot": f"{row.slot}/dropped",
                "outcome": row.outcome,
                "label": row.label,
                "by": _judged_by(row),
                "endpoint": row.endpoint,
                "messages": () if said["harmful"] else row.messages,
                "votes": row.votes,
                "calls": row.calls,
            },
        )

    def _of_selection(self, row: Dropped, request: Instruction) -> Dropped:
        return row.model_copy(update=self._said(request) | {"calls": request.calls})

    def _of_failure(self, row: Failure, parent: Policy | Binding | Instruction) -> Dropped:
        if isinstance(parent, Instruction):
            known = _from_request(parent) | self._said(parent)
        else:
            known = _from_task(parent)
        more = {
            "slot": f"{row.slot}/dropped",
            "outcome": "unknown",
            "by": "rules" if row.error == _LOST else "endpoint",
            "endpoint": row.endpoint,
            "calls": row.calls,
        }
        return _dropped(row.of_stage, row.error, row.id, known | more | {"subject": parent.id})


async def _rows_among(
    kind: type[R], ids: Iterable[str], store: Store, upstream: Sequence[Receipt]
) -> list[R]:
    own = [each for each in ids if each.startswith(f"{kind.stage}-")]
    return await store.rows(kind, upstream, ids=own) if own else []


def _not_accepted(found: Iterable[tuple[str, ...]]) -> list[str]:
    return [row_id for row_id, outcome in found if outcome != "accepted"]


def _judged_by(row: Verdict | Response) -> DroppedBy:
    if row.by_people:
        return "people"
    return "judges" if row.votes else "rules"


def _dropped(of_stage: str, reason: str, named: str, values: Mapping[str, object]) -> Dropped:
    """Return the row; `named` is the id of what tells it from others, mostly its subject's."""
    made_from = {"subject": named} | dict(values)
    made_from |= {"id": row_id("dropped", named, of_stage, reason), "reason": reason}
    return Dropped.model_validate(made_from | {"of_stage": of_stage})


def _from_request(row: Instruction) -> dict[str, object]:
    return {
        "chain": row.chain,
        "binding": row.binding,
        "instruction": row.id,
        "category": row.category,
        "subcategory": row.subcategory,
        "intent": row.intent,
        "situation": row.situation,
        "prompt": row.prompt,
    }


def _from_task(row: Policy | Binding) -> dict[str, object]:
    known: dict[str, object] = {"category": row.category, "subcategory": row.subcategory}
    return known | ({"chain": row.chain, "binding": row.id} if isinstance(row, Binding) else {})


async def gather_dropped(store: Store, upstream: Sequence[Receipt]) -> AsyncIterator[list[Dropped]]:
    """Yield all that stage runs left out of a dataset, about a thousand rows at a time.

    A request that two checks reject is there twice, so that counts are those of the filters.
    """
    judged = await store.tally(Verdict, upstream, "subject", '"check"', "label")
    harmful = {s for s, check, label in judged if (check, label) == ("semantic", "clear")}
    async for piece in Gatherer(store, upstream, harmful).all():
        yield piece
