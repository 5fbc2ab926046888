"""Journals, the store, and what becomes of sensitive answers."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from schemas.answers import HarmVerdict
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.llm.journal import Entry, Journal
from tasks.doors.llm.shelf import Shelf
from tasks.doors.store import Store
from tests.tasks.doors.llm.fakes import (
    GOOD,
    FakeModel,
    FakeStore,
    Said,
    ask_for,
    ask_json_for,
    params,
)

SECRET = "the text that must not stay"
SEGMENT = "calls-00000001.jsonl"
SENSITIVE = "sensitive-00000001.jsonl"


def engine(folder: Path, store: FakeStore | Store, model: FakeModel | None = None) -> Engine:
    return Engine(params(), store, folder, {}, app=model or FakeModel())


def told(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.iterdir()))


async def crash(folder: Path, *texts: str, sensitive: bool = False) -> None:
    """Leave the journal of a run that ended without closing."""
    lost = FakeStore()
    run = engine(folder, lost, FakeModel(lambda heard: Said(f"{SECRET} {heard.question}")))
    await run.__aenter__()
    for text in texts:
        await run.ask(ask_for(text, sensitive=sensitive))


async def test_answers_move_to_the_store(tmp_path: Path) -> None:
    """An answer is in a segment at once; once it is stored the segment is gone."""
    store = FakeStore()
    async with engine(tmp_path, store) as run:
        await run.ask(ask_for())
        assert GOOD[:9] in told(tmp_path).replace("\\", "")
        assert not store.replies
    assert len(store.replies) == 1
    assert not list(tmp_path.iterdir())


async def test_batches_move_while_the_run_goes_on(tmp_path: Path) -> None:
    """After some hundred answers the first are stored, and hits come from there."""
    store = FakeStore()
    async with engine(tmp_path, store) as run:
        asked = [ask_for(f"{n}") for n in range(1200)]
        await map_bounded(asked, run.ask, limit=100)
        assert len(store.replies) >= 500
        assert all(reply.cached for reply in await map_bounded(asked, run.ask, limit=100))
    assert len(store.replies) == 1200


async def test_a_crashed_run_is_taken_up(tmp_path: Path) -> None:
    """What an interrupted run had received is stored before anything is asked."""
    await crash(tmp_path, "a", "b")
    store = FakeStore()
    async with engine(tmp_path, store) as run:
        assert len(store.replies) == 2
        assert not list(tmp_path.iterdir())
        assert (await run.ask(ask_for("a"))).cached
        assert run.healed == []


async def test_a_cut_line_is_healed(tmp_path: Path) -> None:
    """A line that was cut costs that one answer and is reported."""
    await crash(tmp_path, "a", "b", "c")
    segment = tmp_path / SEGMENT
    segment.write_bytes(segment.read_bytes()[:-40])
    store = FakeStore()
    async with engine(tmp_path, store) as run:
        assert len(store.replies) == 2
        assert len(run.healed) == 1
        assert f"journal/{SEGMENT}: 1 cut or altered line(s)" in run.healed[0]
        assert SECRET not in run.healed[0]
    assert not list(tmp_path.iterdir())


async def test_an_altered_answer_is_not_believed(tmp_path: Path) -> None:
    """A text that does not match its digest is asked for again; other lines stay."""
    await crash(tmp_path, "a", "b")
    segment = tmp_path / SEGMENT
    garbled = segment.read_bytes().replace(f"{SECRET} a".encode(), f"{SECRET} x".encode())
    segment.write_bytes(garbled + b"\xff\xfe\x00 nonsense\n[]\n\n3\n")
    store = FakeStore()
    async with engine(tmp_path, store) as run:
        assert [reply.text for reply in store.replies.values()] == [f"{SECRET} b"]
        assert "5 cut" in run.healed[0]


async def test_sensitive_answers_never_reach_the_store_unsettled(tmp_path: Path) -> None:
    """They are hits in this run and the next, out of a journal of their own."""
    store, model = FakeStore(), FakeModel(lambda heard: Said(SECRET))
    asked = ask_for(sensitive=True)
    for cached in (False, True):
        async with engine(tmp_path, store, model) as run:
            assert (await run.ask(asked)).cached is cached
            assert (await run.ask(asked)).text == SECRET
            await run.ask(ask_for("plain"))
        assert SECRET not in str([r for r in store.replies.values() if r.text != SECRET])
        assert len(store.replies) == 1
    assert SECRET in (tmp_path / SENSITIVE).read_text()
    assert len(model.heard) == 2


async def test_a_kept_answer_is_stored_whole(tmp_path: Path) -> None:
    """Settled with None, an answer moves to the store and its journal is gone."""
    store = FakeStore()
    async with engine(tmp_path, store, FakeModel(lambda heard: Said(SECRET))) as run:
        reply = await run.ask(ask_for(sensitive=True))
        await run.settle([reply.key], None)
        assert (await run.ask(ask_for(sensitive=True))).text == SECRET
    assert store.replies[reply.key].text == SECRET
    assert store.infos[reply.key].stage == "tests"
    assert not list(tmp_path.iterdir())


async def test_a_removed_answer_leaves_a_tombstone(tmp_path: Path) -> None:
    """Its digest, verdict and usage stay under its key and are a hit; the text is nowhere."""
    store, model = FakeStore(), FakeModel(lambda heard: Said(SECRET))
    async with engine(tmp_path, store, model) as run:
        reply = await run.ask(ask_for(sensitive=True))
        await run.settle([reply.key], "complied")
        again = await run.ask(ask_for(sensitive=True))
        assert (again.tombstone, again.text, again.cached) == ("complied", "", True)
    buried = store.replies[reply.key]
    assert (buried.tombstone, buried.text, buried.usage) == ("complied", "", reply.usage)
    assert buried.text_digest == reply.text_digest
    assert not list(tmp_path.iterdir())
    async with engine(tmp_path, store, model) as run:
        assert (await run.ask(ask_for(sensitive=True))).tombstone == "complied"
    assert len(model.heard) == 1


async def test_the_journal_is_compacted_while_the_run_goes_on(tmp_path: Path) -> None:
    """Of settled answers nothing stays on disk; those beside them do."""
    store, model = FakeStore(), FakeModel(lambda heard: Said(f"{SECRET} {heard.question}"))
    async with engine(tmp_path, store, model) as run:
        first = await run.ask(ask_for("first", sensitive=True))
        await run.ask(ask_for("second", sensitive=True))
        await run.settle([first.key], "complied")
        while f"{SECRET} first" in told(tmp_path):
            await asyncio.sleep(0.01)
        assert f"{SECRET} second" in told(tmp_path)
        assert first.key in store.replies
    async with engine(tmp_path, store, model) as run:
        assert (await run.ask(ask_for("second", sensitive=True))).text == f"{SECRET} second"


async def test_a_verdict_survives_a_crash(tmp_path: Path) -> None:
    """Once settled, an answer does not come back, even if the store never heard of it."""
    run = engine(tmp_path, FakeStore(), FakeModel(lambda heard: Said(SECRET)))
    await run.__aenter__()
    reply = await run.ask(ask_for(sensitive=True))
    await run.settle([reply.key], "complied")
    store = FakeStore()
    async with engine(tmp_path, store) as after:
        assert store.replies[reply.key].tombstone == "complied"
        assert (await after.ask(ask_for(sensitive=True))).text == ""
    assert not list(tmp_path.iterdir())


async def test_a_leftover_of_compaction_is_deleted(tmp_path: Path) -> None:
    """A copy that a crash cut short is no journal and does not stay."""
    (tmp_path / "sensitive-00000003.tmp").write_text(SECRET)
    async with engine(tmp_path, FakeStore()):
        pass
    assert not list(tmp_path.iterdir())


async def test_a_crash_within_compaction_brings_nothing_back(tmp_path: Path) -> None:
    """Whichever old segments are still there, a verdict is never forgotten before its text."""
    store, model = FakeStore(), FakeModel(lambda heard: Said(f"{SECRET} {heard.question}"))
    run = engine(tmp_path, store, model)
    await run.__aenter__()
    gone = await run.ask(ask_for("gone", sensitive=True))
    await run.ask(ask_for("held", sensitive=True))
    first = next(tmp_path.glob("sensitive-*"))
    second = first.with_name("sensitive-00000002.jsonl")
    verdict = orjson.dumps({"settled": gone.key, "verdict": "complied"}) + b"\n"
    second.write_bytes(verdict)
    journal = Journal(tmp_path, "sensitive")
    held = [line for segment in journal.read() for line in segment.lines][1]
    assert isinstance(held, Entry)
    journal.replace([first, second], [held])
    second.write_bytes(verdict)  # a crash left it
    shelf = Shelf(tmp_path)
    settled, damaged = shelf.replay()
    assert (settled, damaged) == ([], [])
    assert shelf.find(gone.key) is None
    assert shelf.find(held.reply.key) == held.reply


async def test_damaged_sensitive_lines_are_compacted_away(tmp_path: Path) -> None:
    """A cut line may hold half a text: it is reported and goes at the start."""
    await crash(tmp_path, "a", "b", sensitive=True)
    segment = tmp_path / SENSITIVE
    segment.write_bytes(segment.read_bytes()[:-20])
    async with engine(tmp_path, FakeStore()) as run:
        assert len(run.healed) == 1
        assert f"{SECRET} a" in told(tmp_path)
        assert f"{SECRET} b" not in told(tmp_path)


async def test_a_stored_answer_can_still_be_buried(tmp_path: Path) -> None:
    """A verdict on an answer that was kept before takes its text out of the store."""
    store, model = FakeStore(), FakeModel(lambda heard: Said(SECRET))
    async with engine(tmp_path, store, model) as run:
        reply = await run.ask(ask_for(sensitive=True))
        await run.settle([reply.key], None)
    async with engine(tmp_path, store, model) as run:
        reply = await run.ask(ask_for(sensitive=True))
        await run.settle([reply.key], "partial")
        await run.settle([reply.key], "complied")  # the first verdict stays
    buried = store.replies[reply.key]
    assert (buried.tombstone, buried.text, store.infos[reply.key].stage) == (
        "partial", "", "tests",
    )  # fmt: skip


async def test_calls_that_led_to_an_answer_are_settled_with_it(tmp_path: Path) -> None:
    """A judge's malformed answer may quote the harm: it shares the fate of the corrected one."""
    store = FakeStore()
    model = FakeModel(lambda heard: Said(SECRET if len(model.heard) == 1 else GOOD))
    async with engine(tmp_path, store, model) as run:
        parsed = await run.ask_json(ask_json_for(sensitive=True), HarmVerdict)
        assert len(parsed.keys) == 2
        await run.settle([parsed.reply.key], "complied")
    assert {reply.tombstone for reply in store.replies.values()} == {"complied"}
    assert len(store.replies) == 2
    assert not list(tmp_path.iterdir())


async def test_an_unknown_key_is_settled_without_effect(tmp_path: Path) -> None:
    """Keys that nothing is known of are passed over."""
    store = FakeStore()
    async with engine(tmp_path, store) as run:
        await run.settle(["nothing"], "complied")
    assert not store.replies


async def test_with_the_real_store(tmp_path: Path) -> None:
    """Texts, calls and tombstones come back from DuckDB as they went in."""
    call = {"id": "c", "function": {"name": "f", "arguments": '{"a": [1, "ü"]}'}}
    model = FakeModel(
        lambda heard: (
            Said(None, message={"tool_calls": [call]}) if heard.question == "call" else Said(SECRET)
        )
    )
    store = Store.open(f"duckdb:///{tmp_path / 'store.duckdb'}")
    asked = [ask_for("call"), ask_for("text"), ask_for("harm", sensitive=True)]
    async with engine(tmp_path / "journal", store, model) as run:
        made = [await run.ask(request) for request in asked]
        await run.settle([made[2].key], "complied")
    async with engine(tmp_path / "journal", store, model) as run:
        found = [await run.ask(request) for request in asked]
        assert run.counts().made == 0
    store.close()
    assert found[:2] == [reply.model_copy(update={"cached": True}) for reply in made[:2]]
    assert (found[2].tombstone, found[2].text) == ("complied", "")
    assert len(model.heard) == 3


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.tasks.doors.llm.fakes import FakeModel, Said, ask_for, params
from tasks.doors.llm import Engine, map_bounded
from tasks.doors.store import Store

async def main(folder):
    store = Store.open(f"duckdb:///{folder / 'store.duckdb'}")
    model = FakeModel(lambda heard: Said(f"answer {heard.question}", wait_s=0.002))
    async with Engine(params(), store, folder / "journal", {}, app=model) as engine:
        async def ask(n):
            reply = await engine.ask(ask_for(f"{n}", sensitive=n % 3 == 0))
            print(n, flush=True)
        await map_bounded(range(100_000), ask, limit=32)

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("after", [1, 900])
async def test_sigkill_loses_nothing_that_was_received(tmp_path: Path, after: int) -> None:
    """Killed at any point, every answer that was handed out is a hit for the next run."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    seen = [int(process.stdout.readline()) for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    seen += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    process.wait()
    store = Store.open(f"duckdb:///{tmp_path / 'store.duckdb'}")
    async with engine(tmp_path / "journal", store) as run:
        for number in seen:
            reply = await run.ask(ask_for(f"{number}", sensitive=number % 3 == 0))
            assert (reply.text, reply.cached) == (f"answer {number}", True)
        assert run.counts().made == 0
    store.close()
