"""What nothing needs leaves the store; what is needed, or may be, stays."""

from pathlib import Path

import duckdb
import pytest

from schemas.calls import CallInfo, Reply
from schemas.errors import WorkspaceError
from schemas.rows import Chain, Receipt, Review
from tasks.doors.store import Store
from tasks.doors.store.trimming import Needed, trim

NOTHING = Needed(receipts=(), digests=(), runs=(), since="9999")


def receipt(name: str, stage: str = "chains") -> Receipt:
    return Receipt(
        stage=stage, key=f"{stage}/v1/{name}", table="chains", digest=f"digest {name}", rows_in=1,
        rows=1, dropped={},
    )  # fmt: skip


def chain(name: str) -> Chain:
    return Chain(
        id=f"chain-{name}", slot="sub/0", category="privacy", subcategory="sub",
        capabilities=("Web.search",), explanation="Looks it up.", source="seed",
    )  # fmt: skip


REVIEW = Review(
    id="review-1", slot="s", subject="instruction-1", check="semantic", category="privacy",
    intent="benign", instruction="instruction-1", verdict="accept", outcome="accepted",
    masked=False, reviewed_at="2030-01-01",
)  # fmt: skip


async def fill(url: str) -> None:
    """Fill a store: run-1 made `a` and `both`, run-2 `b`, from `both` too; one call is loose."""
    with Store.open(url) as store:
        for run, names in {"run-1": ("a", "both"), "run-2": ("b",)}.items():
            await store.begin_build(run)
            for name in (*names, "loose" if run == "run-1" else "late"):
                info = CallInfo(stage="chains", role="generator", item="policy-1", run=run)
                await store.save_replies([(Reply(key=name, endpoint="e", model="m"), info)])
            for name in names:
                store.note_use(run, receipt(name))
                await store.commit(receipt(name), [chain(name)], [name])
        store.note_use("run-2", receipt("both"))
        await store.save_review(REVIEW)
        await store.raise_epochs(["chains"])


async def read(url: str) -> tuple[set[str], set[str]]:
    """Return the calls that are there, and the receipts that can be relied on."""
    with Store.open(url) as store:
        calls = await store.load_replies(["a", "b", "both", "loose", "late"])
        whole = [name for name in ("a", "b", "both") if await store.receipt(f"chains/v1/{name}")]
    return set(calls), set(whole)


@pytest.fixture
async def filled(url: str) -> str:
    """Return the URL of a filled store."""
    await fill(url)
    return url


async def test_all_goes_that_nothing_needs(filled: str) -> None:
    """Receipts, their rows and their calls go; what people said, and epochs, never do."""
    trimmed = trim(filled, NOTHING, dry_run=False)
    assert (trimmed.receipts, trimmed.rows, trimmed.calls) == (3, 3, 5)
    assert await read(filled) == (set(), set())
    with Store.open(filled) as store:
        assert await store.reviews() == [REVIEW]
        assert await store.epochs() == {"chains": 1}
        assert await store.receipt("chains/v1/a") is None


async def test_a_version_needs_its_receipts(filled: str) -> None:
    """What a key stands for stays, with the calls behind it."""
    needed = Needed(receipts=["chains/v1/a"], digests=(), runs=(), since="9999")
    assert trim(filled, needed, dry_run=False).keys == {"chains/v1/a"}
    assert await read(filled) == ({"a"}, {"a"})


async def test_a_build_needs_all_that_it_used(filled: str) -> None:
    """Receipts that an earlier build made are needed by a later one that used them."""
    needed = Needed(receipts=(), digests=(), runs=["run-2"], since="9999")
    trim(filled, needed, dry_run=False)
    assert await read(filled) == ({"b", "both", "late"}, {"b", "both"})


async def test_what_builds_bought_since_stays(filled: str) -> None:
    """Of builds since a moment all stays, calls that no stage run has noted yet included."""
    trim(filled, Needed(receipts=(), digests=(), runs=(), since="2000"), dry_run=False)
    assert await read(filled) == ({"a", "b", "both", "loose", "late"}, {"a", "b", "both"})


async def test_loose_calls_of_builds_nobody_knows_stay(url: str) -> None:
    """A call of a store of old, that no stage run has noted, may be all that was paid for."""
    with Store.open(url) as store:
        info = CallInfo(stage="chains", role="generator", item="policy-1", run="who knows")
        await store.save_replies([(Reply(key="a", endpoint="e", model="m"), info)])
    trim(url, NOTHING, dry_run=False)
    assert await read(url) == ({"a"}, set())


async def test_a_publication_is_needed_by_its_digest(url: str) -> None:
    """The receipt of a version's publication is found without its key."""
    with Store.open(url) as store:
        await store.commit(receipt("v", "publish"), [chain("v")])
    needed = Needed(receipts=(), digests=["digest v"], runs=(), since="9999")
    assert trim(url, needed, dry_run=False).keys == {"publish/v1/v"}


async def test_a_dry_run_says_the_same_and_changes_nothing(filled: str) -> None:
    """Counts and sizes are those of the real one; the file stays as it was."""
    path = Path(filled.removeprefix("duckdb:///"))
    before = path.read_bytes()
    said = trim(filled, NOTHING, dry_run=True)
    assert path.read_bytes() == before
    assert trim(filled, NOTHING, dry_run=False) == said
    assert path.stat().st_size == said.after
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_a_trimmed_store_is_as_any_other(filled: str) -> None:
    """Keys are unique as before, and rows can be added."""
    trim(filled, Needed(receipts=["chains/v1/a"], digests=(), runs=(), since="9999"), dry_run=False)
    await fill(filled)
    assert await read(filled) == ({"a", "b", "both", "loose", "late"}, {"a", "b", "both"})
    with duckdb.connect(filled.removeprefix("duckdb:///"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM calls").fetchone() == (5,)


async def test_what_a_cut_off_run_left_is_in_nobodys_way(filled: str) -> None:
    """A draft from before is thrown away, whatever is in it."""
    path = Path(filled.removeprefix("duckdb:///"))
    path.with_name(f".{path.name}.kept").write_bytes(b"cut off")
    trim(filled, NOTHING, dry_run=False)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_there_has_to_be_a_store(url: str) -> None:
    """A store that isn't there is not made."""
    with pytest.raises(WorkspaceError, match="there is no store"):
        trim(url, NOTHING, dry_run=False)
