"""bespokelabs-curator on its openai backend: URL CALLS IN_FLIGHT FOLDER."""

import sys
from typing import Any, Literal

from bespokelabs import curator  # type: ignore[import-not-found]  # in a venv of its own
from pydantic import BaseModel

UNLIMITED = 60_000_000


class Verdict(BaseModel):
    """The answer that is asked for."""

    signs_of_harm: Literal["none", "possible", "clear"]
    reason: str = ""


class Judge(curator.LLM):  # type: ignore[misc]  # untyped
    """Asks for a verdict a row."""

    response_format = Verdict

    def prompt(self, row: dict[str, Any]) -> str:
        """Return a row's prompt."""
        return f"row-{row['row']:06d} " + "an errand " * 180

    def parse(self, row: dict[str, Any], response: Verdict) -> list[dict[str, Any]]:
        """Return the rows of an answer."""
        return [{"row": row["row"], **response.model_dump()}]


def run(url: str, calls: int, in_flight: int, folder: str) -> int:
    """Ask for every row; return how many were made."""
    judge = Judge(
        model_name="bench",
        backend="openai",
        backend_params={
            "base_url": url,
            "api_key": "none",
            "max_concurrent_requests": in_flight,
            "max_requests_per_minute": UNLIMITED,
            "max_tokens_per_minute": UNLIMITED * 1000,
            "require_all_responses": False,
            "max_retries": 10,
        },
    )
    return len(judge([{"row": row} for row in range(calls)], working_dir=folder).dataset)


if __name__ == "__main__":
    print(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
