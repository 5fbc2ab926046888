"""Where answers are kept: journal first, the store in batches, sensitive ones apart."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from schemas.calls import CallInfo, Reply, Request
from tasks.doors.llm.faults import TRANSIENT
from tasks.doors.llm.journal import Entry, Journal
from tasks.doors.llm.lookup import Lookup
from tasks.doors.llm.shelf import Shelf, concluded, describe_damage

BATCH = 500
DELAY_S = 0.5


class ReplyStore(Protocol):
    """What is needed of the store."""

    async def load_replies(self, keys: Iterable[str], /) -> dict[str, Reply]:
        """Return the replies that are there, by key."""
        ...

    async def save_replies(self, new: Sequence[tuple[Reply, CallInfo]], /) -> None:
        """Upsert replies by key in one transaction."""
        ...


class Archive:
    """Finds and keeps replies by key.

    A reply is in a journal before `keep` returns and in the store soon after; the journal's
    segment is deleted once all of it is stored.
    """

    def __init__(self, store: ReplyStore, folder: Path, run: str = "") -> None:
        self._run = run
        self.healed: list[str] = []
        self._store = store
        self._journal = Journal(folder, "calls")
        self._shelf = Shelf(folder, run)
        self._lookup = Lookup(store.load_replies)
        self._pending: list[Entry] = []
        self._recent: dict[str, Reply] = {}  # kept, not yet in the store
        self._to_compact = False
        self._closing = False
        self._moving = asyncio.Lock()
        self._mover: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        """Move what an interrupted run left in the journals into the store."""
        found: list[Entry] = []
        for segment in self._journal.read():
            found += (line for line in segment.lines if isinstance(line, Entry))
            if segment.damaged:
                self.healed.append(describe_damage(segment.path, segment.damaged))
        settled, damaged = self._shelf.replay()
        # a tombstone comes after the text it stands for, whichever journal that was in
        self._add(sorted(found + settled, key=lambda entry: entry.reply.tombstone is not None))
        self.healed += damaged
        self._to_compact = bool(settled or damaged)
        await self._move()

    async def close(self) -> None:
        """Move what is left into the store."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        await self._lookup.close()
        if self._mover is not None:
            await asyncio.gather(self._mover, return_exceptions=True)  # what failed is tried again
        await self._move()

    async def flush(self) -> None:
        """Move all that was kept so far into the store."""
        await self._move()

    async def find(self, key: str) -> Reply | None:
        """Return the reply of a key, marked as cached."""
        reply = self._shelf.find(key) or self._recent.get(key)
        if reply is None:
            reply = await self._lookup.find(key)
        if reply is None or reply.cached:
            return reply
        return reply.model_copy(update={"cached": True})

    def keep(self, reply: Reply, request: Request) -> None:
        """Keep a reply; a failure that may pass is not kept, so that it is asked for again."""
        if reply.error in TRANSIENT:
            return
        info = CallInfo(stage=request.stage, role=request.role, item=request.item, run=self._run)
        entry = Entry(reply=reply, info=info)
        if request.sensitive:
            self._shelf.put(entry)
        else:
            self._journal.append(entry)
            self._add([entry])
            self._plan_move()

    def note(self, key: str, request: Request) -> None:
        """Remember who asked a sensitive question."""
        self._shelf.note(key, request)

    def tie(self, key: str, keys: tuple[str, ...]) -> None:
        """Let what becomes of a sensitive answer become of all the calls that led to it."""
        self._shelf.tie(key, keys)

    async def settle(self, keys: Iterable[str], verdict: str | None) -> None:
        """Store sensitive answers: whole (None), or as tombstones that name the verdict."""
        for key in self._shelf.tied(keys):
            entry = self._shelf.settle(key, verdict)
            if entry is not None:
                self._to_compact = True
                self._add([entry])
            elif verdict is not None:
                await self._bury(key, verdict)
        self._plan_move()

    async def _bury(self, key: str, verdict: str) -> None:
        """Put a tombstone in the place of an answer that was kept before."""
        reply = self._recent.get(key) or (await self._store.load_replies([key])).get(key)
        if reply is None or reply.tombstone is not None:
            return
        entry = concluded(Entry(reply=reply, info=self._shelf.asked_by(key)), verdict)
        self._journal.append(entry)
        self._add([entry])

    def _add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._pending.append(entry)
            self._recent[entry.reply.key] = entry.reply

    def _plan_move(self) -> None:
        self._raise_failure()
        if self._mover is not None and not self._mover.done():
            return  # it plans the next one when it is done
        if self._closing:
            return
        if len(self._pending) >= BATCH:
            self._start_move()
        elif self._timer is None and self._pending:
            self._timer = asyncio.get_running_loop().call_later(DELAY_S, self._start_move)

    def _start_move(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._mover is None or self._mover.done():
            self._mover = asyncio.create_task(self._move_and_plan())

    async def _move_and_plan(self) -> None:
        await self._move()
        self._mover = None
        self._plan_move()  # for what came in the meantime

    def _raise_failure(self) -> None:
        mover = self._mover
        ended = mover is not None and mover.done() and not mover.cancelled()
        if mover is not None and ended and (failure := mover.exception()) is not None:
            raise failure

    async def _move(self) -> None:
        async with self._moving:
            batch, self._pending = self._pending, []
            compact, self._to_compact = self._to_compact, False
            segments = self._journal.roll()
            sensitive = self._shelf.begin_compaction() if compact else None
            try:
                if batch:
                    await self._store.save_replies([(e.reply, e.info) for e in batch])
                if sensitive is not None:
                    await asyncio.to_thread(self._shelf.finish_compaction, *sensitive)
            except BaseException:
                self._pending = batch + self._pending
                self._to_compact = self._to_compact or compact
                raise
            self._journal.drop(segments)
            for entry in batch:
                if self._recent.get(entry.reply.key) is entry.reply:
                    del self._recent[entry.reply.key]
