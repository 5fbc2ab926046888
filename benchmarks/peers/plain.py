"""The plain AsyncOpenAI loop with validation and a file of answers: URL CALLS IN_FLIGHT FOLDER."""

import asyncio
import sys
from pathlib import Path
from typing import Any, Literal

from openai import AsyncOpenAI
from pydantic import BaseModel, ValidationError

TRIES = 6


class Verdict(BaseModel):
    """The answer that is asked for."""

    signs_of_harm: Literal["none", "possible", "clear"]
    reason: str = ""


FORMAT: Any = {
    "type": "json_schema",
    "json_schema": {"name": "verdict", "schema": Verdict.model_json_schema()},
}


async def run(url: str, calls: int, in_flight: int, folder: Path) -> int:
    """Ask for every row; return how many were made."""
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=TRIES)
    places = asyncio.Semaphore(in_flight)
    made = 0
    with (folder / "rows.jsonl").open("a") as file:

        async def ask(row: int) -> None:
            nonlocal made
            messages: Any = [{"role": "user", "content": f"row-{row:06d} " + "an errand " * 180}]
            async with places:
                for _ in range(TRIES):
                    answer = await client.chat.completions.create(
                        model="bench",
                        messages=messages,
                        response_format=FORMAT,
                    )
                    try:
                        verdict = Verdict.model_validate_json(
                            answer.choices[0].message.content or ""
                        )
                    except ValidationError:
                        continue
                    file.write(verdict.model_dump_json() + "\n")
                    file.flush()
                    made += 1
                    return

        await asyncio.gather(*(ask(row) for row in range(calls)))
    await client.close()
    return made


if __name__ == "__main__":
    url, calls, in_flight, folder = sys.argv[1:]
    print(asyncio.run(run(url, int(calls), int(in_flight), Path(folder))))
