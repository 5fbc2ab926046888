"""Sensitive answers, kept out of the store until it is settled what becomes of them."""

from collections.abc import Iterable
from pathlib import Path

from schemas.calls import CallInfo, Reply, Request
from tasks.doors.llm.journal import Entry, Journal, Settled


class Shelf:
    """Unsettled answers in memory, and in a journal of their own that is compacted.

    A verdict is on disk before `settle` returns, so that a crash does not bring the text back.
    """

    def __init__(self, folder: Path, run: str = "") -> None:
        self._run = run
        self._journal = Journal(folder, "sensitive")
        self._held: dict[str, Entry] = {}
        self._asked: dict[str, CallInfo] = {}
        self._together: dict[str, tuple[str, ...]] = {}

    def replay(self) -> tuple[list[Entry], list[str]]:
        """Take up what the last run left; return what it had settled, and what was damaged."""
        settled: list[Entry] = []
        damaged: list[str] = []
        for segment in self._journal.read():
            if segment.damaged:
                damaged.append(describe_damage(segment.path, segment.damaged))
            for line in segment.lines:
                if isinstance(line, Entry):
                    self._held[line.reply.key] = line
                elif entry := self._held.pop(line.settled, None):
                    settled.append(concluded(entry, line.verdict))
        return settled, damaged

    def note(self, key: str, request: Request) -> None:
        """Remember who asked a sensitive question."""
        self._asked[key] = CallInfo(
            stage=request.stage, role=request.role, item=request.item, run=self._run
        )

    def put(self, entry: Entry) -> None:
        """Hold an answer."""
        self._journal.append(entry)
        self._held[entry.reply.key] = entry

    def find(self, key: str) -> Reply | None:
        """Return an answer that is held."""
        entry = self._held.get(key)
        return entry.reply if entry else None

    def tie(self, key: str, keys: tuple[str, ...]) -> None:
        """Let whatever becomes of an answer become of all the calls that led to it."""
        self._together[key] = keys

    def tied(self, keys: Iterable[str]) -> list[str]:
        """Return keys and the keys tied to them, each once."""
        every = (one for key in keys for one in (*self._together.get(key, ()), key))
        return list(dict.fromkeys(every))

    def settle(self, key: str, verdict: str | None) -> Entry | None:
        """Let go of an answer that is held; return what remains of it for the store."""
        entry = self._held.pop(key, None)
        if entry is None:
            return None
        self._journal.append(Settled(settled=key, verdict=verdict))
        return concluded(entry, verdict)

    def asked_by(self, key: str) -> CallInfo:
        """Return who asked; a call of no known stage is a responder's."""
        return self._asked.get(key) or CallInfo(stage="", role="responder", item="")

    def begin_compaction(self) -> tuple[list[Path], list[Entry]]:
        """Close the open segment; return the closed ones, and all that must remain of them."""
        return self._journal.roll(), list(self._held.values())

    def finish_compaction(self, paths: list[Path], entries: list[Entry]) -> None:
        """Put what must remain in the place of closed segments. Blocks: it syncs."""
        self._journal.replace(paths, entries)


def concluded(entry: Entry, verdict: str | None) -> Entry:
    """Return what of an answer may be stored: all of it, or a tombstone that names the verdict."""
    if verdict is None or entry.reply.tombstone is not None:
        return entry
    gone = {"text": "", "tool_calls": (), "reasoning": None, "detail": "", "cached": False}
    reply = entry.reply.model_copy(update={**gone, "tombstone": verdict})
    return Entry(reply=reply, info=entry.info)


def describe_damage(path: Path, lines: int) -> str:
    """Return what a person is told of lines that could not be read."""
    return (
        f"journal/{path.name}: {lines} cut or altered line(s) skipped; "
        "their answers will be asked for again"
    )
