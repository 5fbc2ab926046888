from collections.abc import Callable
from pathlib import Path

import duckdb
import orjson
import pytest

from schemas.calls import CallInfo, Reply
from schemas.rows import Example, Instruction, Receipt
from schemas.workspace import Workspace
from tasks.doors.store import Store

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
async def store(tmp_path: Path, example: Callable[..., Example], secret: str) -> Workspace:
    """Return a workspace whose store holds a harmful row, its request and its call."""
    workspace = Workspace(tmp_path)
    rows = (
        example("harmful"),
        Instruction(
            id="instruction-harmful", slot="s", chain="c", binding="b", category="privacy",
            subcategory="doxing", intent="harmful", sample=0, text=secret, endpoint="e",
            prompt="p@1",
        ),
    )  # fmt: skip
    reply = Reply(key="key-1", endpoint="e", model="m", text=secret, reasoning=secret)
    with Store.open(workspace.store_url) as opened:
        for row in rows:
            receipt = Receipt(
                stage=row.stage, key=f"{row.stage}/v1/x", table=row.table, digest=row.stage,
                rows_in=1, rows=1, dropped={},
            )  # fmt: skip
            await opened.commit(receipt, [row])
        info = CallInfo(stage="instructions", role="generator", item="b")
        await opened.save_replies([(reply, info)])
    return workspace


def test_live_reads_the_store_masked(store: Workspace, secret: str, command: Command) -> None:
    """Requests and the text of calls do not show, by whatever table or name."""
    for query in (
        "SELECT * FROM examples",
        "SELECT * FROM instructions",
        "SELECT * FROM calls",
    ):
        code, out, err = command("sql", "--live", query, "--json")
        assert (code, err) == (0, "")
        assert len(orjson.loads(out)) == 1
        assert secret not in out
        assert secret in command("sql", "--live", "--reveal", query, "--json")[1]


def test_live_masks_cannot_be_gone_around(store: Workspace, secret: str, command: Command) -> None:
    """The store itself is out of a query's reach."""
    for query in ("SELECT * FROM store.instructions", "SELECT text FROM calls"):
        code, out, err = command("sql", "--live", query)
        assert code == 2
        assert secret not in out + err


def test_live_without_a_store_says_so(tmp_path: Path, command: Command) -> None:
    """A workspace in which nothing was built is one line."""
    code, _, err = command("sql", "--live", "SELECT 1")
    assert code == 2
    assert "no build has made a store here" in err


def test_live_over_what_is_no_store_says_so(tmp_path: Path, command: Command) -> None:
    """A file that is no database is one line."""
    (tmp_path / "store.duckdb").write_text("nothing of the kind" * 1000)
    code, _, err = command("sql", "--live", "SELECT 1")
    assert code == 2
    assert "store.duckdb" in err


def test_live_beside_a_build_says_who_is_in_the_way(store: Workspace, tmp_path: Path) -> None:
    """A store that another process writes is not waited for."""
    import subprocess
    import sys

    script = "import duckdb,sys; c=duckdb.connect(sys.argv[1]); print('open',flush=True); input()"
    path = tmp_path / "store.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        from agentalign.tables import query_store
        from schemas.errors import WorkspaceBusyError

        with pytest.raises(WorkspaceBusyError, match="held by a running build"):
            query_store(path, "SELECT 1")
        writer.communicate(b"\n")
    assert duckdb.connect(str(path), read_only=True).execute("SELECT 1").fetchone() == (1,)
