"""Which steps of a goal can be done at once."""

from collections.abc import Collection, Sequence

from schemas.rows import StepGoal


def independent_steps(
    steps: Sequence[StepGoal], reads: Collection[int] = ()
) -> tuple[tuple[int, ...], ...]:
    """Return the steps (0-based) in groups: one group's can be done in any order or at once.

    The groups come in the order in which they have to be done, each as early as it can. A step
    depends on those that give it something, and on the earlier ones of its API group, whose state
    they share, unless both only read. `reads` are the steps known to change nothing: those whose
    call in an executed plan has no changes.
    """
    rounds: list[int] = []
    for index in range(len(steps)):
        earlier = [rounds[one] for one in range(index) if _depends(steps, index, one, reads)]
        rounds.append(1 + max(earlier, default=-1))
    return tuple(
        tuple(index for index, its in enumerate(rounds) if its == each)
        for each in range(max(rounds, default=-1) + 1)
    )


def _depends(steps: Sequence[StepGoal], later: int, earlier: int, reads: Collection[int]) -> bool:
    if any(source.step == earlier for source in steps[later].inputs.values()):
        return True
    same_group = _group(steps[later]) == _group(steps[earlier])
    return same_group and not (later in reads and earlier in reads)


def _group(step: StepGoal) -> str:
    return step.capability.partition(".")[0]
