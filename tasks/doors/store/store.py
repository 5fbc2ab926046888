"""One DuckDB database behind async methods; one thread alone touches it."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # ships no types

from schemas.accounts import Line
from schemas.base import JsonValue
from schemas.calls import CallInfo, Reply
from schemas.errors import WorkspaceError
from schemas.rows import Receipt, Review, Row
from tasks.doors.store import accounts, builds, migrations, replies, reviews, rows, tables
from tasks.doors.store.connection import connect, parse_url
from tasks.doors.store.recorded import Recorded, record_rows
from tasks.doors.store.rows import Wanted

T = TypeVar("T")
R = TypeVar("R", bound=Row)
NOTHING: Mapping[str, JsonValue] = MappingProxyType({})


class Store:
    """Rows, receipts and model calls of a workspace.

    Usable from any event loop of the process: work is queued to the one writer thread. A method
    that is cancelled while it waits either ran whole or not at all.
    """

    def __init__(
        self, path: str, connection: duckdb.DuckDBPyConnection, *, read_only: bool
    ) -> None:
        self.path = path
        self._connection = connection
        self._read_only = read_only
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store")
        # hashes of the keys of all calls: a look-up of what isn't there costs no query
        self._known: set[int] | None = None
        # receipts that can be relied on, by key: nobody else writes while this store is open
        self._whole: dict[str, Receipt] | None = None
        # what builds used and nobody has written down yet
        self._uses: deque[tuple[str, str]] = deque()
        self._closed = False

    @classmethod
    def open(cls, url: str, *, create: bool = True, read_only: bool = False) -> Self:
        """Open the store at `duckdb:///PATH` (`duckdb:////PATH` if absolute).

        One of an earlier schema version is brought up to date; a copy of it is kept beside it.

        Raises:
            BadInputError: another scheme.
            WorkspaceError: not a store, of a later schema version, of an earlier one and not to
                be written, or absent and not created.
            WorkspaceBusyError: another process holds it.
        """
        path = parse_url(url)
        connection = connect(path, create=create, read_only=read_only)
        try:
            if read_only:
                tables.check(connection, path)
            else:
                migrations.migrate(connection, path)
                tables.prepare(connection, path)
        except duckdb.Error as exc:
            connection.close()
            msg = f"{path} can't be prepared as a store: {exc}"
            raise WorkspaceError(msg) from exc
        except WorkspaceError:
            connection.close()
            raise
        return cls(path, connection, read_only=read_only)

    async def commit(
        self, receipt: Receipt, new_rows: Iterable[Row], calls: Iterable[str] = ()
    ) -> None:
        """Write a stage run in one transaction: rows, what the receipt stands for, the receipt.

        Doing it again changes nothing. Of rows with one id the last one counts. `calls` are the
        keys of all that were asked for, those of rows that were dropped too.
        """
        await self.commit_recorded(receipt, record_rows(new_rows), calls)

    async def commit_recorded(
        self, receipt: Receipt, recorded: Iterable[Recorded], calls: Iterable[str] = ()
    ) -> None:
        """Write a stage run like `commit`, of rows that are records already."""
        await self._run(partial(self._commit, receipt, list(recorded), sorted(calls)))

    async def rows(
        self,
        kind: type[R],
        receipts: Iterable[Receipt],
        *,
        ids: Collection[str] | None = None,
        blank: Mapping[str, JsonValue] = NOTHING,
    ) -> list[R]:
        """Return the rows of a kind that receipts stand for, each once, ordered by id.

        Args:
            kind: of the rows.
            receipts: what stands for them.
            ids: those among them that are read; all if it is not given.
            blank: values of fields that are not read: wide ones that the caller does not need.
        """
        wanted = Wanted(ids, blank)
        read = partial(rows.read, self._connection, kind, kind.table, list(receipts), wanted)
        return await self._run(read)

    async def records(
        self,
        kind: type[Row],
        receipts: Iterable[Receipt],
        *,
        ids: Collection[str] | None = None,
    ) -> pa.Table:
        """Return the rows that `rows` does, as records with `record_digest`, in any order."""
        read = partial(rows.read_records, self._connection, kind.table, list(receipts), ids)
        return await self._run(read)

    async def ids(self, kind: type[Row], receipts: Iterable[Receipt]) -> list[str]:
        """Return the ids of the rows that receipts stand for, in the order in which they lie.

        Pieces of them are read in a fraction of the time that pieces in another order take.
        """
        return await self._run(partial(rows.read_ids, self._connection, kind.table, list(receipts)))

    async def tally(
        self, kind: type[Row], receipts: Iterable[Receipt], *expressions: str
    ) -> Counter[tuple[Any, ...]]:
        """Return how many of the rows that receipts stand for have the same values.

        `expressions` are SQL over the table's columns.
        """
        count = partial(rows.tally, self._connection, kind.table, list(receipts), expressions)
        return await self._run(count)

    async def receipt(self, key: str) -> Receipt | None:
        """Return the receipt of a key; None if absent, quarantined or rows of it are missing."""
        return await self._run(partial(self._find_receipt, key))

    async def save_replies(self, new: Sequence[tuple[Reply, CallInfo]]) -> None:
        """Write calls in one transaction; the text of a tombstone is not written."""
        if new:
            await self._run(partial(self._save, list(new)))

    async def load_replies(self, keys: Iterable[str]) -> dict[str, Reply]:
        """Return the replies that are there, by key, marked as cached."""
        wanted = list(dict.fromkeys(keys))
        known = self._known
        if known is not None and not any(hash(key) in known for key in wanted):
            return {}
        return await self._run(partial(self._load, wanted))

    async def call_rows(self, keys: Iterable[str]) -> pa.Table:
        """Return calls without their text, ordered by key."""
        return await self._run(partial(replies.read_lineage, self._connection, list(keys)))

    async def account_lines(self, receipts: Iterable[Receipt]) -> list[Line]:
        """Return what the calls behind receipts took, each call once."""
        return await self._run(partial(accounts.read_lines, self._connection, list(receipts)))

    async def epochs(self) -> dict[str, int]:
        """Return how often failed items were asked for again, by stage."""
        return await self._run(partial(accounts.read_epochs, self._connection))

    async def raise_epochs(self, stages: Sequence[str]) -> None:
        """Count one more time for some stages."""
        await self._run(partial(accounts.raise_epochs, self._connection, list(stages)))

    async def reviews(self) -> list[Review]:
        """Return all that people said of rows, by id."""
        return await self._run(partial(reviews.read, self._connection))

    async def save_review(self, review: Review) -> None:
        """Write a review in one transaction; it replaces an earlier one of its id."""
        await self._run(partial(self._replace_review, review.id, [review]))

    async def remove_review(self, review_id: str) -> None:
        """Take a review back."""
        await self._run(partial(self._replace_review, review_id, []))

    async def begin_build(self, run: str) -> None:
        """Note that a build starts, under the name that is on the calls it buys."""
        await self._run(partial(builds.begin, self._connection, run))

    def note_use(self, run: str, receipt: Receipt) -> None:
        """Note that a build rests on a receipt.

        It is written with whatever is written next, so before anything that the build buys.
        """
        if run:
            self._uses.append((run, rows.output_digest(receipt)))

    def close(self) -> None:
        """Finish what is queued, checkpoint and close. Closing again does nothing."""
        if not self._closed:
            self._closed = True
            self._writer.submit(self._checkpoint_and_close).result()
            self._writer.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _checkpoint_and_close(self) -> None:
        try:
            if not self._read_only:
                self._write_uses()
                self._connection.execute("CHECKPOINT")
        except duckdb.Error as exc:
            raise self._failure(exc) from exc
        finally:
            self._connection.close()

    def _commit(self, receipt: Receipt, new_rows: Sequence[Recorded], calls: Sequence[str]) -> None:
        with self._transaction():
            is_whole = rows.write(self._connection, receipt, new_rows, calls)
            self._write_uses()
        if self._whole is not None:
            self._whole.pop(receipt.key, None)
            self._whole |= {receipt.key: receipt} if is_whole else {}

    def _find_receipt(self, key: str) -> Receipt | None:
        if self._whole is None:
            self._whole = rows.find_whole(self._connection)
        return self._whole.get(key)

    def _save(self, new: Sequence[tuple[Reply, CallInfo]]) -> None:
        with self._transaction():
            replies.save(self._connection, new)
            self._write_uses()
        if self._known is not None:
            self._known.update(hash(reply.key) for reply, _ in new)

    def _load(self, keys: Sequence[str]) -> dict[str, Reply]:
        if self._known is None:
            self._known = {hash(key) for key in replies.load_keys(self._connection)}
        known = [key for key in keys if hash(key) in self._known]
        return replies.load(self._connection, known) if known else {}

    def _replace_review(self, review_id: str, new: Sequence[Review]) -> None:
        with self._transaction():
            reviews.replace(self._connection, review_id, new)

    def _write_uses(self) -> None:
        """Write down what builds used. What a transaction that fails takes along is no loss."""
        if noted := {self._uses.popleft() for _ in range(len(self._uses))}:
            builds.add_uses(self._connection, noted)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
            self._connection.commit()
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        try:
            self._connection.rollback()
        except duckdb.Error:
            return  # DuckDB has ended the transaction itself; the first error is the one to tell

    async def _run(self, work: Callable[[], T]) -> T:
        if self._closed:
            msg = f"the store {self.path} is closed"
            raise WorkspaceError(msg)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._writer, work)
        except duckdb.Error as exc:
            raise self._failure(exc) from exc

    def _failure(self, exc: duckdb.Error) -> WorkspaceError:
        # of other errors not the message: DuckDB quotes values in some
        outside = isinstance(exc, (duckdb.IOException, duckdb.OutOfMemoryException))
        said = f": {str(exc).splitlines()[0]}" if outside else ""
        return WorkspaceError(
            f"the store {self.path} failed ({type(exc).__name__}{said}); "
            "nothing of this step was written, the same command goes on from here"
        )
