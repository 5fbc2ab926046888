"""Which turns of a conversation a model is trained on."""

from collections.abc import Collection, Sequence

from schemas.messages import Message
from tasks.judging.observations import outcomes

# what the world can't do whoever asks: the call was right
ENVIRONMENT = frozenset({"tool_failed", "not_simulated"})


def with_loss(
    messages: Sequence[Message], faults: Collection[str] = (), *, refused_alone: bool = False
) -> tuple[Message, ...]:
    """Return the turns with `train` set; of turns other than an assistant's it says nothing.

    An assistant turn carries loss unless one of its calls failed through the agent's own fault:
    with an error that is neither the environment's nor among `faults`, the ids of calls whose
    error was planted. With `refused_alone` none carries it that calls a tool before the last
    turn, so that a late refusal alone is learnt.
    """
    failed = {
        outcome.call.id
        for outcome in outcomes(messages)
        if outcome.code and outcome.code not in ENVIRONMENT and outcome.call.id not in faults
    }
    return tuple(
        turn if turn.role != "assistant" else _set(turn, failed, refused_alone=refused_alone)
        for turn in messages
    )


def _set(turn: Message, failed: Collection[str], *, refused_alone: bool) -> Message:
    clean = not any(call.id in failed for call in turn.tool_calls)
    train = clean and not (refused_alone and turn.tool_calls)
    return turn if turn.train == train else turn.model_copy(update={"train": train})
