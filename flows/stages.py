"""Runs one stage: every partition of it, through the stage cache, noted in the ledger."""

from collections.abc import Callable, Sequence

from flows.ledger import Ledger
from flows.watching import Watch
from schemas.accounts import Account
from schemas.results import Manifest
from schemas.rows import Receipt
from tasks.context import RunContext
from tasks.doors.cache import Partition, Spec, StageTask
from tasks.doors.llm import map_bounded

Receipts = tuple[Receipt, ...]


class Stages:
    """The stages of one run."""

    def __init__(self, context: RunContext, watch: Watch) -> None:
        self.context = context
        self._watch = watch
        self.ledger = Ledger()
        self.manifest: Manifest | None = None  # of the version, once there is one
        self.account: Account | None = None

    async def run(
        self,
        stage: StageTask,
        spec: Spec,
        upstream: Sequence[Receipt],
        *,
        barrier: bool = False,
        intact: Callable[[Receipt], bool] = lambda _: True,
    ) -> Receipts:
        """Return the receipts of a stage's partitions, cached or made now.

        Args:
            stage: the task.
            spec: what its result depends on.
            upstream: receipts of the rows it reads.
            barrier: whether it needs all rows at once and is never partitioned.
            intact: whether what a stored receipt stands for is still there.
        """
        self.ledger.begin(spec.stage)
        count = 1 if barrier else self.context.params.limits.partitions
        parts = [Partition(index=index, count=count) for index in range(count)]

        async def run_part(part: Partition) -> Receipt:
            return await self._run_part(stage, spec, tuple(upstream), part, intact)

        receipts = tuple(await map_bounded(parts, run_part, limit=count))
        hit = not any(receipt.key in self.context.ran for receipt in receipts)
        self.ledger.end(spec.stage, receipts, hit=hit, total=barrier)
        return receipts

    async def _run_part(
        self,
        stage: StageTask,
        spec: Spec,
        upstream: Receipts,
        part: Partition,
        intact: Callable[[Receipt], bool],
    ) -> Receipt:
        stored = await self.context.store.receipt(spec.key(upstream, part))
        hit = stored is not None and "transient" not in stored.figures and intact(stored)
        bound = stage.with_options(
            refresh_cache=not hit, result_storage=self.context.workspace.results
        )
        with self._watch.stage(spec, upstream, part, cached=hit) as done:
            receipt: Receipt = await bound(spec, upstream, part)
            done(receipt)
        self.context.store.note_use(self.context.run, receipt)
        return receipt
