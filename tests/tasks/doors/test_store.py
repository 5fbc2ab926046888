"""The store keeps rows, receipts and calls, all or nothing."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.calls import CallInfo, Reply, Usage
from schemas.errors import BadInputError, WorkspaceBusyError, WorkspaceError
from schemas.messages import Message, ToolCall
from schemas.rows import (
    Chain,
    Execution,
    Failure,
    Instruction,
    Plan,
    Receipt,
    Response,
    Row,
    Verdict,
    Vote,
)
from schemas.version import SCHEMA_VERSION
from tasks.doors.store import Store, take_stored

INFO = CallInfo(stage="chains", role="generator", item="policy-1")


def chain(name: str, slot: str = "sub/0") -> Chain:
    return Chain(
        id=f"chain-{name}", slot=slot, category="privacy", subcategory="sub",
        capabilities=("Web.search",), explanation="Looks it up.", source="seed",
    )  # fmt: skip


def failure(name: str) -> Failure:
    return Failure(
        id=f"failure-{name}", slot="s", of_stage="chains", item="policy-1", category="privacy",
        error="timeout", attempts=8, detail="",
    )  # fmt: skip


def receipt(key: str, rows: int, table: str = "chains", **other: object) -> Receipt:
    declared = {"stage": "chains", "digest": f"digest of {key}", "rows_in": 1, "dropped": {}}
    return Receipt.model_validate(declared | {"key": key, "table": table, "rows": rows} | other)


def reply(key: str, **other: object) -> Reply:
    return Reply.model_validate({"key": key, "endpoint": "e", "model": "m", "text": "t"} | other)


async def test_rows_come_back_through_their_receipt(store: Store) -> None:
    """A reader gets the rows of its receipts, ordered by id, and no others."""
    await store.commit(receipt("a", 2), [chain("2"), chain("1")])
    await store.commit(receipt("b", 1), [chain("3")])
    assert await store.rows(Chain, [receipt("a", 2)]) == [chain("1"), chain("2")]
    assert await store.rows(Chain, [receipt("b", 1), receipt("a", 2), receipt("b", 1)]) == [
        chain("1"), chain("2"), chain("3"),
    ]  # fmt: skip
    assert await store.rows(Chain, []) == []
    assert await store.rows(Plan, [receipt("a", 2)]) == []


async def test_a_reader_says_which_rows_and_how_much_of_them(store: Store) -> None:
    """Only the rows named are read, and of a blank field what the reader gives in its place."""
    await store.commit(receipt("a", 2), [chain("1"), chain("2")])
    found = await store.rows(Chain, [receipt("a", 2)], ids=["chain-2", "chain-9"])
    assert found == [chain("2")]
    assert await store.rows(Chain, [receipt("a", 2)], ids=[]) == []
    records = await store.records(Chain, [receipt("a", 2)], ids=["chain-2"])
    assert records["id"].to_pylist() == ["chain-2"]
    (blank, _) = await store.rows(Chain, [receipt("a", 2)], blank={"capabilities": ["None.read"]})
    assert blank == chain("1").model_copy(update={"capabilities": ("None.read",)})


async def test_rows_taken_from_the_store_are_not_written_again(store: Store) -> None:
    """A receipt can stand for rows that another stage run wrote."""
    await store.commit(receipt("a", 2), [chain("1"), chain("2")])
    taken = take_stored(Chain, await store.records(Chain, [receipt("a", 2)]))
    assert set(taken.contents) == {chain("1").content_digest(), chain("2").content_digest()}
    await store.commit_recorded(receipt("b", 2), [taken])
    assert await store.receipt("b") == receipt("b", 2)
    assert await store.rows(Chain, [receipt("b", 2)]) == [chain("1"), chain("2")]


async def test_a_shared_row_is_read_once(store: Store) -> None:
    """A row that two receipts stand for comes back once."""
    await store.commit(receipt("a", 1), [chain("1")])
    await store.commit(receipt("b", 2), [chain("1"), chain("2")])
    found = await store.rows(Chain, [receipt("a", 1), receipt("b", 2)])
    assert found == [chain("1"), chain("2")]


async def test_builds_never_mix(store: Store) -> None:
    """A row with the same id and another slot doesn't change what an older receipt reads."""
    await store.commit(receipt("a", 1), [chain("1", slot="sub/0")])
    await store.commit(receipt("b", 1), [chain("1", slot="sub/7")])
    assert await store.rows(Chain, [receipt("a", 1)]) == [chain("1", slot="sub/0")]
    assert await store.rows(Chain, [receipt("b", 1)]) == [chain("1", slot="sub/7")]
    both = [receipt("b", 1), receipt("a", 1)]
    assert await store.rows(Chain, both) == await store.rows(Chain, both[::-1])


async def test_committing_again_changes_nothing(store: Store) -> None:
    """A commit is idempotent, and replaces what its receipt stood for."""
    for _ in range(2):
        await store.commit(receipt("a", 2), [chain("1"), chain("2")])
    assert len(await store.rows(Chain, [receipt("a", 2)])) == 2
    await store.commit(receipt("a", 1), [chain("2")])
    assert await store.rows(Chain, [receipt("a", 1)]) == [chain("2")]


async def test_one_commit_holds_rows_of_several_tables(store: Store) -> None:
    """Failure rows lie beside a stage's own rows under the same receipt."""
    await store.commit(receipt("a", 1), [chain("1"), failure("1")])
    assert await store.rows(Failure, [receipt("a", 1)]) == [failure("1")]
    assert await store.receipt("a") == receipt("a", 1)


async def test_equal_digests_of_two_stages_stay_apart(store: Store) -> None:
    """Two empty stages keep their own failures, though their digests are equal."""
    first, second = receipt("a", 0, digest="none"), receipt("b", 0, digest="none")
    await store.commit(first, [failure("1")])
    await store.commit(second, [failure("2")])
    assert await store.rows(Failure, [first]) == [failure("1")]


@pytest.mark.parametrize("reopen", [False, True])
async def test_a_receipt_is_a_hit_only_if_it_can_be_relied_on(url: str, reopen: bool) -> None:
    """Absent, quarantined and incomplete receipts are None, also after the store is reopened."""
    store = Store.open(url)
    assert await store.receipt("whole") is None
    await store.commit(receipt("whole", 1), [chain("1")])
    await store.commit(receipt("empty", 0), [])
    await store.commit(receipt("red", 1, quarantined=True), [chain("1")])
    await store.commit(receipt("short", 2), [chain("1")])
    if reopen:
        store.close()
        store = Store.open(url)
    found = {key: await store.receipt(key) for key in ("whole", "empty", "red", "short", "other")}
    store.close()
    whole = {"whole": receipt("whole", 1), "empty": receipt("empty", 0)}
    assert {key: value for key, value in found.items() if value} == whole


async def test_a_receipt_whose_rows_are_gone_is_no_hit(url: str) -> None:
    """Rows deleted behind the store's back make their receipt a miss, and only theirs."""
    with Store.open(url) as store:
        await store.commit(receipt("a", 1), [chain("1"), failure("1")])
        await store.commit(receipt("b", 1), [chain("2")])
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("DELETE FROM failures")
    with Store.open(url) as store:
        assert await store.receipt("a") is None
        assert await store.receipt("b") == receipt("b", 1)
        await store.commit(receipt("a", 1), [chain("1"), failure("1")])
        assert await store.receipt("a") == receipt("a", 1)


async def test_a_failed_commit_leaves_nothing(store: Store) -> None:
    """A row that can't be written takes the whole commit with it; the next one works."""
    too_large = failure("1").model_copy(update={"attempts": 2**63})
    with pytest.raises(OverflowError):
        await store.commit(receipt("a", 1), [chain("1"), too_large])
    assert await store.rows(Chain, [receipt("a", 1)]) == []
    assert await store.receipt("a") is None
    await store.commit(receipt("a", 1), [chain("1")])
    assert await store.receipt("a") == receipt("a", 1)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(text, json_values, max_size=3)
tool_calls = st.lists(st.builds(ToolCall, id=text, name=text, arguments=objects), max_size=2)
messages = st.builds(
    Message, role=st.sampled_from(["user", "assistant"]), content=st.none() | text,
    tool_calls=tool_calls.map(tuple), name=st.none() | text,
)  # fmt: skip
executions = st.builds(
    Execution, id=text, slot=text, binding=text, world_seed=st.integers(0, 2**63 - 1),
    world_code=text, initial_digest=text, final_digest=text, steps=st.just(()),
    success=st.booleans(), failures=st.lists(text, max_size=2).map(tuple),
)  # fmt: skip
votes = st.lists(st.builds(Vote, seat=text, endpoint=text, answer=st.none() | text, call=text))
responses = st.builds(
    Response, id=text, slot=text, reason=text, text_digest=text,
    intent=st.sampled_from(["harmful", "benign", "borderline"]),
    messages=st.lists(messages, max_size=3).map(tuple), execution=st.none() | executions,
    votes=votes.map(tuple), kind=st.sampled_from(["refusal", "trajectory", "dropped"]),
)  # fmt: skip
instructions = st.builds(Instruction, id=text, text=text, sample=st.integers(0, 99))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(responses | instructions | st.builds(Verdict, id=text), max_size=4))
async def test_rows_survive_the_round_trip(rows: list[Row]) -> None:
    """Any row comes back equal, whatever its text and nested values hold."""
    expected = {(type(row), row.id): row for row in rows}
    with Store.open("duckdb:///:memory:") as store:
        await store.commit(receipt("a", len(rows)), rows)
        for kind in (Response, Instruction, Verdict):
            found = await store.rows(kind, [receipt("a", len(rows))])
            assert {row.id: row for row in found} == {
                name: row for (of, name), row in expected.items() if of is kind
            }


replies = st.builds(
    Reply, key=text, text=text, tool_calls=tool_calls.map(tuple), reasoning=st.none() | text,
    fingerprint=text, detail=text, latency_s=st.floats(0, 100), attempts=st.integers(1, 9),
    error=st.sampled_from([None, "timeout", "malformed"]), text_digest=text, cached=st.just(True),
    usage=st.builds(Usage, prompt_tokens=st.none() | st.integers(0, 9), cached_tokens=st.none()),
    tombstone=st.none(),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(replies, max_size=4))
async def test_replies_survive_the_round_trip(made: list[Reply]) -> None:
    """Any reply comes back equal and says that it is cached."""
    with Store.open("duckdb:///:memory:") as store:
        await store.save_replies([(reply, INFO) for reply in made])
        keys = [reply.key for reply in made]
        assert await store.load_replies([*keys, "absent"]) == {r.key: r for r in made}


async def test_many_replies_are_saved_and_found(store: Store) -> None:
    """Thousands of keys are looked up in one go; what isn't there is left out."""
    await store.save_replies([(reply(f"k{n}"), INFO) for n in range(3000)])
    found = await store.load_replies(f"k{n}" for n in range(1000, 5000))
    assert sorted(found) == sorted(f"k{n}" for n in range(1000, 3000))
    assert await store.load_replies([]) == {}


async def test_replies_saved_after_a_look_up_are_found(store: Store) -> None:
    """A miss isn't remembered, and a reply saved again replaces the first."""
    assert await store.load_replies(["k"]) == {}
    await store.save_replies([(reply("k", text="first"), INFO), (reply("other"), INFO)])
    await store.save_replies([(reply("k", text="second"), INFO)])
    assert (await store.load_replies(["k"]))["k"].text == "second"


async def test_a_tombstone_holds_no_text(url: str) -> None:
    """Text, calls, reasoning and detail of a tombstone are dropped; the digest stays."""
    call = ToolCall(id="1", name="send", arguments={"body": "planted-marker"})
    stone = reply(
        "k", text="planted-marker", tool_calls=(call,), reasoning="planted-marker",
        detail="planted-marker", tombstone="complied", text_digest="d",
    )  # fmt: skip
    with Store.open(url) as store:
        await store.save_replies([(stone, INFO)])
        found = (await store.load_replies(["k"]))["k"]
    assert (found.text, found.tool_calls, found.reasoning, found.detail) == ("", (), None, "")
    assert (found.tombstone, found.text_digest, found.cached) == ("complied", "d", True)
    assert b"planted-marker" not in Path(url.removeprefix("duckdb:///")).read_bytes()


async def test_the_account_of_receipts_counts_each_call_once(store: Store) -> None:
    """Shared by two stage runs, and written again: still one call, of the run that bought it."""
    usage = Usage(prompt_tokens=10, cached_tokens=4, completion_tokens=2)
    for run, error in (("first", None), ("second", "truncated")):
        info = CallInfo(stage="semantic", role="judge", item="i", run=run)
        told = [(reply(key, usage=usage, error=error), info) for key in ("a", "b")]
        await store.save_replies(told[: 2 if run == "first" else 1])
    receipts = [receipt("one", 0), receipt("two", 0, digest="other")]
    await store.commit(receipts[0], [], ["a", "b"])
    await store.commit(receipts[1], [], ["b"])
    (line,) = await store.account_lines(receipts)
    assert (line.run, line.calls, line.failed) == ("first", 2, 1)
    assert (line.prompt_tokens, line.cached_tokens, line.completion_tokens) == (20, 8, 4)
    assert [each.calls for each in await store.account_lines(receipts[1:])] == [1]


async def test_calls_without_usage_are_counted(store: Store) -> None:
    """Those that were answered, and the endpoint did not say; not those that were not answered."""
    info = CallInfo(stage="semantic", role="judge", item="i")
    silent, unanswered = reply("a"), reply("b", finish_reason="error", error="bad_request")
    await store.save_replies([(silent, info), (unanswered, info)])
    await store.commit(receipt("one", 0), [], ["a", "b"])
    (line,) = await store.account_lines([receipt("one", 0)])
    assert (line.calls, line.unmetered, line.prompt_tokens) == (2, 1, 0)


async def test_epochs_are_remembered(url: str) -> None:
    """How often each stage's failed items were asked for again, in a store opened again too."""
    with Store.open(url) as store:
        assert await store.epochs() == {}
        await store.raise_epochs(["semantic", "responses"])
        await store.raise_epochs(["semantic"])
    with Store.open(url) as store:
        assert await store.epochs() == {"responses": 1, "semantic": 2}


async def test_call_rows_hold_no_text(store: Store) -> None:
    """Lineage reads who asked whom and what it cost, ordered by key, without the answer."""
    await store.save_replies([(reply(key, text="secret"), INFO) for key in ("b", "a", "c")])
    table = await store.call_rows(["c", "a", "absent", "a"])
    assert table["key"].to_pylist() == ["a", "c"]
    assert table["role"].to_pylist() == ["generator", "generator"]
    assert "text" not in table.column_names
    assert "secret" not in str(table.to_pylist())


async def test_many_at_once_are_queued(store: Store) -> None:
    """Concurrent commits and reads from one loop don't disturb each other."""
    work = [store.commit(receipt(f"k{n}", 1), [chain(str(n))]) for n in range(20)]
    await asyncio.gather(*work, *(store.load_replies([f"k{n}"]) for n in range(20)))
    found = await store.rows(Chain, [receipt(f"k{n}", 1) for n in range(20)])
    assert len(found) == 20


async def test_a_closed_store_says_so(url: str) -> None:
    """Closing twice is fine; using a closed store is a clear error."""
    store = Store.open(url)
    store.close()
    store.close()
    with pytest.raises(WorkspaceError, match="is closed"):
        await store.receipt("a")


@pytest.mark.parametrize("url", ["postgresql://db/x", "duckdb://x", "store.duckdb", "duckdb:///"])
def test_other_schemes_are_refused(url: str) -> None:
    """An unknown store URL names the scheme that is known."""
    with pytest.raises(BadInputError, match="duckdb:///PATH"):
        Store.open(url)


def test_relative_urls_name_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slashes and a relative path lie below the current folder; folders are made."""
    monkeypatch.chdir(tmp_path)
    Store.open("duckdb:///workspace/store.duckdb").close()
    assert (tmp_path / "workspace" / "store.duckdb").is_file()


def test_a_missing_store_is_not_made_for_a_reader(url: str, tmp_path: Path) -> None:
    """Reading or opening without `create` says to build first and leaves no file."""
    with pytest.raises(WorkspaceError, match="there is no store at"):
        Store.open(url, create=False)
    with pytest.raises(WorkspaceError, match="there is no store at"):
        Store.open(url, read_only=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_read_only_store_reads(url: str) -> None:
    """A read-only store gives rows and refuses to write."""
    with Store.open(url) as store:
        await store.commit(receipt("a", 1), [chain("1")])
    with Store.open(url, read_only=True) as store:
        assert await store.rows(Chain, [receipt("a", 1)]) == [chain("1")]
        with pytest.raises(WorkspaceError, match="nothing of this step was written"):
            await store.commit(receipt("b", 1), [chain("2")])


@pytest.mark.parametrize("content", [b"no database at all\n" * 300, b"", b"x"])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes) -> None:
    """A foreign file is refused with its path, and stays as it is."""
    file = tmp_path / "store.duckdb"
    file.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"store\.duckdb can't be opened as a store"):
        Store.open(f"duckdb:///{file}")
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A store below a file is refused."""
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="can't be made"):
        Store.open(f"duckdb:///{tmp_path / 'file' / 'store.duckdb'}")


def test_somebody_elses_database_is_refused(url: str) -> None:
    """A DuckDB database without our meta table is no store and gets no table of ours."""
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    with pytest.raises(WorkspaceError, match="is a database but not a store"):
        Store.open(url)
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [
            ("theirs",)
        ]


@pytest.mark.parametrize("read_only", [False, True])
def test_a_store_of_a_later_release_is_refused(url: str, read_only: bool) -> None:
    """It says which version was found, which is known and what to do, and changes nothing."""
    Store.open(url).close()
    path = url.removeprefix("duckdb:///")
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE meta SET schema_version = 999")
        connection.execute("DROP TABLE failures")
    expected = (
        f"later release: it has schema version 999, this release knows versions up to"
        f" {SCHEMA_VERSION}. Nothing was changed; install the release that made it"
    )
    with pytest.raises(WorkspaceError, match=expected):
        Store.open(url, read_only=read_only)
    with duckdb.connect(path) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("failures",) not in tables


def test_other_columns_are_refused(url: str) -> None:
    """A store whose tables have other columns is of another schema, whatever it says."""
    Store.open(url).close()
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("ALTER TABLE chains ADD COLUMN extra INTEGER")
    with pytest.raises(WorkspaceError, match="other columns in chains"):
        Store.open(url)


def test_a_table_that_is_new_is_added(url: str) -> None:
    """A row kind that was added since gets its table when a store is opened."""
    Store.open(url).close()
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("DROP TABLE failures")
    Store.open(url).close()
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        assert connection.execute("SELECT count(*) FROM failures").fetchone() == (0,)


HOLDER = """
import sys, time
from tasks.doors.store import Store, take_stored
store = Store.open(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("read_only", [False, True])
def test_a_second_process_is_told_who_holds_the_store(url: str, read_only: bool) -> None:
    """While one process has the store open, another one gets its path and process id."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WorkspaceBusyError, match=rf"in use by process {holder.pid}"):
            Store.open(url, read_only=read_only)
        holder.kill()
    Store.open(url).close()


def test_opening_differently_in_one_process_is_busy(url: str) -> None:
    """A store that this process has open for writing can't be opened read-only beside it."""
    with (
        Store.open(url),
        pytest.raises(WorkspaceBusyError, match="open in this process already"),
    ):
        Store.open(url, read_only=True)


WRITER = """
import asyncio, sys
from schemas.calls import CallInfo, Reply
from schemas.rows import Chain, Receipt
from tasks.doors.store import Store, take_stored

def chain(run, n):
    return Chain(id=f"chain-{run}-{n}", slot="s", category="c", subcategory="s", source="seed",
                 capabilities=("Web.search",), explanation="x" * 200)

async def main():
    store = Store.open(sys.argv[1])
    info = CallInfo(stage="chains", role="judge", item="i")
    for run in range(10_000):
        rows = [chain(run, n) for n in range(50)]
        calls = [(Reply(key=f"{run}-{n}", endpoint="e", model="m"), info) for n in range(50)]
        await store.save_replies(calls)
        await store.commit(Receipt(stage="chains", key=f"r{run}", table="chains", digest="d",
                                   rows_in=0, rows=50, dropped={}), rows)
        print(run, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("commits", [1, 7])
async def test_a_killed_writer_leaves_all_or_nothing(url: str, commits: int) -> None:
    """After SIGKILL every finished commit is whole and the one in flight is whole or absent."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout
        done = [int(writer.stdout.readline()) for _ in range(commits)][-1]
        writer.send_signal(signal.SIGKILL)
    with Store.open(url) as store:
        for run in range(done + 3):
            found = await store.receipt(f"r{run}")
            calls = await store.load_replies(f"{run}-{n}" for n in range(50))
            rows = await store.rows(Chain, [found]) if found else []
            assert len(rows) == (50 if found else 0)
            assert len(calls) in ({50} if run <= done else {0, 50})
            assert found or run > done


async def test_an_existing_store_opens_fast(url: str) -> None:
    """Opening a store that holds calls takes well under 100 ms of CPU."""
    with Store.open(url) as store:
        await store.save_replies([(reply(f"k{n}", text="t" * 500), INFO) for n in range(20_000)])
    times = []
    for _ in range(3):
        start = time.process_time()
        opened = Store.open(url)
        times.append(time.process_time() - start)
        opened.close()
    assert min(times) < 0.1
