"""The stage cache: Prefect's, under one readable key of our own."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from prefect import Task
from prefect.cache_policies import CachePolicy

from schemas.base import Declared
from schemas.ids import digest
from schemas.rows import Receipt


class Partition(Declared):
    """The part `index` of `count`, by hash of the parent's id."""

    index: int = 0
    count: int = 1

    def holds(self, parent: str) -> bool:
        """Whether the row `parent` belongs to this part."""
        return int(digest(parent)[:8], 16) % self.count == self.index


class Spec(Declared):
    """What a stage run's result depends on, besides its upstream rows.

    Every field is in the key; what does not change the result (concurrency, budgets, paths,
    keys) has no place in a spec.
    """

    stage: ClassVar[str]
    version: ClassVar[int] = 1

    retry_epoch: int = 0

    @property
    def scope(self) -> str:
        """The words that tell two runs of one stage apart."""
        return "all"

    def key(self, upstream: Sequence[Receipt], part: Partition) -> str:
        """Return the cache key: `<stage>/v<version>/<digest>`."""
        made_from = [self.model_dump(mode="json"), sorted(r.digest for r in upstream)]
        if part.count > 1:
            made_from.append(part.model_dump())
        return f"{self.stage}/v{self.version}/{digest(made_from)[:32]}"


@dataclass
class StageKey(CachePolicy):
    """The one cache policy of all stages."""

    def compute_key(
        self,
        task_ctx: object,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **_: object,
    ) -> str:
        """Return the spec's key for the task's arguments."""
        key: str = inputs["spec"].key(inputs["upstream"], inputs["part"])
        return key


StageRun = Callable[[Any, tuple[Receipt, ...], Partition], Awaitable[Receipt]]
StageTask = Task[[Any, tuple[Receipt, ...], Partition], Any]


def stage_task(stage: str, run: StageRun) -> StageTask:
    """Return `run` as a Prefect task whose result is cached under the spec's key."""
    return Task(
        run,
        name=stage,
        task_run_name=f"{stage} {{spec.scope}}",
        cache_policy=StageKey(),
        persist_result=True,
        result_serializer="json",
    )
