"""Builds with edited sources: a warm process that forks a child for each, and imports them there.

What is slow to import (Prefect, Great Expectations, MLflow) is imported once, ours anew.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("agentalign", "flows", "tasks", "expectations", "schemas")

WARM = """
import json, os, sys
import great_expectations, mlflow, openai, pandas, prefect, pyarrow, duckdb, aiohttp

def build(job):
    sys.path.insert(0, job["source"])
    import asyncio
    from pathlib import Path
    from flows.dataset import build_dataset
    from schemas.settings import load_params
    assert Path(sys.modules["schemas"].__file__).is_relative_to(job["source"])
    params = load_params("smoke", None, job["sets"])
    return asyncio.run(build_dataset(params, job["workspace"])).model_dump_json()

print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            answer = build(json.loads(line))
        except BaseException as exc:
            answer = json.dumps({"error": f"{type(exc).__name__}: {exc}"})
        print(answer, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@dataclass(frozen=True, slots=True)
class Edit:
    """A text in a source file, and what stands there instead."""

    path: str
    old: str
    new: str

    def apply(self, source: Path) -> None:
        """Change the file in a copy of the sources."""
        file = source / self.path
        text = file.read_text("utf-8")
        assert self.old in text, f"{self.path} says nothing of {self.old!r} any more"
        file.write_text(text.replace(self.old, self.new), "utf-8")


class EditedBuilds:
    """The warm process."""

    def __init__(self, api: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", WARM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PREFECT_API_URL": api},
            text=True,
        )
        self._read("ready")

    def build(
        self, source: Path, workspace: Path, edits: Sequence[Edit], sets: Sequence[str]
    ) -> Mapping[str, object]:
        """Return the result of a smoke build by a copy of the sources, edited."""
        skipped = shutil.ignore_patterns("__pycache__")
        for package in PACKAGES:
            shutil.copytree(ROOT / package, source / package, ignore=skipped)
        for edit in edits:
            edit.apply(source)
        job = {"source": str(source), "workspace": str(workspace), "sets": list(sets)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        result = self._read("{")
        assert "error" not in result, result
        return result

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _read(self, start: str) -> dict[str, object]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(start):
                return dict(json.loads(line)) if start == "{" else {}
        raise AssertionError(f"the warm process ended with {self._process.wait()}")
