"""What becomes of an execution whose worker is gone."""

from typing import Literal

from schemas.errors import AgentAlignError

Loss = Literal["worker_died", "worker_hung", "out_of_memory", "out_of_time"]
WORDS: dict[str, str] = {
    "worker_died": "its worker process ended",
    "worker_hung": "it gave no answer within workers.call_timeout_s",
    "out_of_memory": "it wanted more than workers.memory_mb",
    "out_of_time": "it used more processor time than workers.call_cpu_s",
}


class ExecutionLostError(AgentAlignError):
    """A call took its worker down. Only the execution it belongs to is lost."""

    def __init__(self, loss: Loss, what: str) -> None:
        super().__init__(f"{what}: {WORDS[loss]}")
        self.loss = loss


class WorkerError(AgentAlignError):
    """No worker can be started, or one met a defect; the message says which."""
