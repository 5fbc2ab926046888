"""A store of an earlier release opens: what was paid for stays, and a copy of the file."""

import shutil
from pathlib import Path

import duckdb
import pytest

from schemas.calls import CallInfo, Reply
from schemas.errors import WorkspaceError
from schemas.rows import Chain, Receipt
from schemas.version import SCHEMA_VERSION
from tasks.doors.store import Store
from tasks.doors.store.migrations import MIGRATIONS, copy_of

MADE_AT = Path(__file__).with_name("made_at")  # stores as releases of each version made them
RECEIPT = Receipt(
    stage="chains", key="chains/v1/abc", table="chains", digest="d", rows_in=1, rows=1, dropped={}
)
OLDER = range(1, SCHEMA_VERSION)


@pytest.fixture(params=OLDER)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[int, Path]:
    """Return an earlier schema version and a store that a release of it made."""
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute((MADE_AT / f"v{request.param}.sql").read_text("utf-8"))
    return request.param, path


async def test_calls_are_kept(old: tuple[int, Path]) -> None:
    """Answers, tombstones and who bought them are there; new ones can be saved beside them."""
    version, path = old
    with Store.open(f"duckdb:///{path}") as store:
        found = await store.load_replies(["key-1", "key-2"])
        assert found["key-1"].text == "an answer"
        assert found["key-2"].tombstone == "complied"
        info = CallInfo(stage="chains", role="generator", item="policy-1", run="run-2")
        await store.save_replies([(Reply(key="key-3", endpoint="e", model="m"), info)])
        await store.begin_build("run-2")
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT schema_version FROM meta").fetchall() == [
            (SCHEMA_VERSION,)
        ]
        runs = connection.execute("SELECT run FROM calls ORDER BY key").fetchall()
    assert runs == [("" if version == 1 else "run-1",)] * 2 + [("run-2",)]


async def test_rows_that_fit_no_more_are_dropped_with_their_receipts(
    old: tuple[int, Path],
) -> None:
    """Rows of version 3 and later are read as before; others a build makes again."""
    version, path = old
    with Store.open(f"duckdb:///{path}") as store:
        kept = version >= 3
        assert (await store.receipt(RECEIPT.key) is not None) == kept
        assert [row.id for row in await store.rows(Chain, [RECEIPT])] == ["chain-1"] * kept
        assert await store.epochs() == ({} if version == 1 else {"chains": 1})


async def test_selections_are_dropped_and_what_they_are_of_is_not(tmp_path: Path) -> None:
    """Rows of version 4 did not say where they come from: they alone are selected again."""
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute((MADE_AT / "v4.sql").read_text("utf-8"))
    with Store.open(f"duckdb:///{path}") as store:
        assert await store.receipt("balance/v2/abc") is None
        assert await store.receipt(RECEIPT.key) is not None
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM examples").fetchall() == [(0,)]
        assert connection.execute("SELECT DISTINCT tbl FROM outputs ORDER BY tbl").fetchall() == [
            ("calls",),
            ("chains",),
        ]


def test_a_copy_is_kept(old: tuple[int, Path]) -> None:
    """The file as it was lies beside the store, and the store is migrated once."""
    version, path = old
    for _ in range(2):
        Store.open(f"duckdb:///{path}").close()
    copy = copy_of(path, version)
    assert copy.name == f"store.v{version}.duckdb"
    with duckdb.connect(str(copy), read_only=True) as connection:
        assert connection.execute("SELECT schema_version FROM meta").fetchall() == [(version,)]
        assert connection.execute("SELECT count(*) FROM calls").fetchall() == [(2,)]
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, copy.name]


def test_without_room_for_a_copy_nothing_is_changed(old: tuple[int, Path]) -> None:
    """Where the copy can't be written the store is left as it was."""
    version, path = old
    copy_of(path, version).mkdir()
    before = path.read_bytes()
    with pytest.raises(WorkspaceError, match=r"which can't be written .* Nothing was changed"):
        Store.open(f"duckdb:///{path}")
    assert path.read_bytes() == before


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    """A store is migrated whole or not at all, and can be tried again."""
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute((MADE_AT / "v3.sql").read_text("utf-8"))
        connection.execute("CREATE TABLE uses (somebody INTEGER)")
    with pytest.raises(WorkspaceError, match="can't be prepared as a store"):
        Store.open(f"duckdb:///{path}")
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT schema_version FROM meta").fetchall() == [(3,)]
        assert connection.execute("SELECT count(*) FROM chains").fetchall() == [(1,)]
        connection.execute("DROP TABLE uses")
    Store.open(f"duckdb:///{path}").close()


def test_a_reader_is_told_what_to_do(old: tuple[int, Path]) -> None:
    """Who opens a store to read it alone changes nothing, and learns what will."""
    version, path = old
    before = path.read_bytes()
    with pytest.raises(WorkspaceError, match=rf"version {version}, .* `agentalign build` brings"):
        Store.open(f"duckdb:///{path}", read_only=True)
    assert path.read_bytes() == before


def test_rows_with_other_columns_are_dropped_on_the_way(tmp_path: Path) -> None:
    """A store that was made early in its version is no reason to refuse it."""
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute((MADE_AT / "v3.sql").read_text("utf-8"))
        connection.execute("ALTER TABLE verdicts DROP COLUMN by_people")
    Store.open(f"duckdb:///{path}").close()
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchall() == [(2,)]
        assert connection.execute("SELECT count(*) FROM receipts").fetchall() == [(0,)]


def test_every_version_has_its_step() -> None:
    """Steps lead from the first version to today's without a gap."""
    assert [step.to for step in MIGRATIONS] == [version + 1 for version in OLDER]


def test_a_copy_opens_where_it_is_put_back(old: tuple[int, Path]) -> None:
    """Going back is a matter of renaming the copy."""
    version, path = old
    Store.open(f"duckdb:///{path}").close()
    shutil.copy(copy_of(path, version), path)
    Store.open(f"duckdb:///{path}").close()
