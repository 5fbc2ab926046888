"""datatrove's inference runner, checkpoints and request cache on: URL CALLS IN_FLIGHT FOLDER."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Literal

from datatrove.data import Document  # type: ignore[import-not-found]  # in a venv of its own
from datatrove.executor.local import LocalPipelineExecutor  # type: ignore[import-not-found]
from datatrove.pipeline.inference.run_inference import (  # type: ignore[import-not-found]
    InferenceConfig,
    InferenceRunner,
)
from datatrove.pipeline.writers import JsonlWriter  # type: ignore[import-not-found]
from pydantic import BaseModel, ValidationError

TRIES = 6


class Verdict(BaseModel):
    """The answer that is asked for."""

    signs_of_harm: Literal["none", "possible", "clear"]
    reason: str = ""


FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "verdict", "schema": Verdict.model_json_schema()},
}
Generate = Callable[[dict[str, Any]], Awaitable[Any]]


async def roll_out(document: Any, generate: Generate) -> dict[str, Any] | None:  # noqa: ANN401 - untyped
    """Return a document's verdict."""
    for _ in range(TRIES):
        messages = [{"role": "user", "content": document.text}]
        answer = await generate({"messages": messages, "response_format": FORMAT})
        try:
            return Verdict.model_validate_json(answer.text).model_dump()
        except ValidationError:
            continue
    return None


def run(url: str, calls: int, in_flight: int, folder: str) -> None:
    """Ask for every row."""

    def documents(data: Any = None, rank: int = 0, world_size: int = 1) -> Iterator[Any]:  # noqa: ANN401
        for row in range(calls):
            yield Document(text=f"row-{row:06d} " + "an errand " * 180, id=str(row))

    runner = InferenceRunner(
        rollout_fn=roll_out,
        config=InferenceConfig(
            server_type="endpoint",
            model_name_or_path="bench",
            endpoint_url=url.removesuffix("/v1"),
            api_key="none",
            use_chat=True,
            max_concurrent_generations=in_flight,
            max_concurrent_documents=in_flight,
            request_timeout=60,
        ),
        output_writer=JsonlWriter(
            f"{folder}/out", output_filename="${rank}_${chunk_index}.jsonl", compression=None
        ),
        checkpoints_local_dir=f"{folder}/checkpoints",
        records_per_chunk=100,
        skip_bad_requests=True,
    )
    LocalPipelineExecutor(
        pipeline=[documents, runner], tasks=1, workers=1, logging_dir=f"{folder}/log"
    ).run()


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
