"""Builds whose embedded model plants faults at known rates: how many the filters catch.

Prints a line per kind: faults planted and caught, sound items and those that were dropped. The
kinds of conduct and wording are planted together in one build, the three of transport in one
each. What was planted is read from the calls in the store, and from nowhere else.

python -m benchmarks.filters
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import orjson
import yaml

from benchmarks.planted import (
    KINDS,
    Answer,
    Call,
    Failure,
    Made,
    Request,
    Tally,
    Verdict,
    items_of,
    marks_of,
    tally,
    texts_of,
)
from schemas.params import DefectKind

LEAST = 200  # faults of each kind
TRANSPORT: tuple[DefectKind, ...] = ("http_429", "http_500", "timeout")
RATES: Mapping[DefectKind, float] = {
    "bad_json": 0.03, "wrong_count": 0.15, "flipped_intent": 0.075, "ambiguous_intent": 0.085,
    "missing_parameter": 0.075, "false_compliance": 0.3, "false_refusal": 0.12,
    "endless_loop": 0.14, "unknown_tool": 0.16, "bad_enum": 0.22, "invented_parameter": 0.28,
}  # fmt: skip
TRANSPORT_RATE = 0.3
MOST = {"harmful": 2, "benign": 4, "borderline": 1}  # requests of a binding
STAGES: Mapping[DefectKind, str] = {
    "bad_json": "all that is read as JSON", "wrong_count": "instructions",
    "flipped_intent": "semantic", "ambiguous_intent": "semantic",
    "missing_parameter": "execution", "http_429": "all calls", "http_500": "all calls",
    "timeout": "all calls",
}  # fmt: skip
# what is selected from the pool is no matter here: nothing may stop the build for want of rows
BARE: Mapping[str, Any] = {
    "audit": {"mutations": 0},
    "balance": {"harmful": 20, "benign": 40, "floor": 0, "borderline_floor": 0},
    "floors": dict.fromkeys(
        ("chains", "bindings", "plans", "instructions", "semantic", "execution", "responses"), 0
    ),
}


def content_params() -> dict[str, Any]:
    """Return the parameters of the build with faults of wording and conduct."""
    counts = {f"{intent}_per_binding": count for intent, count in MOST.items()}
    return {**BARE, "pool": {"max_blocks": 1, **counts}, "rehearsal": {"defects": {**RATES}}}


def transport_params(kind: DefectKind) -> dict[str, Any]:
    """Return the parameters of a small build with one fault of transport."""
    names = ("rehearsal-brisk", "rehearsal-formal", "rehearsal-judge")
    return {
        **BARE,
        "categories": {"subcategories_per_category": 1},
        "pool": {"max_blocks": 1, "chains_per_subcategory": 2},
        "endpoints": [{"name": name, "model": name, "timeout_s": 2} for name in names],
        "rehearsal": {"defects": {kind: TRANSPORT_RATE}},
    }


def build(params: Mapping[str, Any], folder: Path) -> Made:
    """Build in a folder of its own and return what was made.

    Raises: SystemExit if the build doesn't come to its end.
    """
    folder.mkdir()
    file = folder / "params.yaml"
    file.write_text(yaml.safe_dump(dict(params)), "utf-8")
    workspace = folder / "workspace"
    command = [sys.executable, "-m", "agentalign", "build", "--json"]
    done = subprocess.run(
        [*command, "--params", str(file), "--workspace", str(workspace)],
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{folder.name}: the build ended with {done.returncode}: {done.stderr.decode()}")
    return read(workspace / "store.duckdb")


def read(store: Path) -> Made:
    """Return what a build left in its store."""
    with duckdb.connect(str(store), read_only=True) as connection:

        def rows(table: str, *columns: str) -> list[tuple[Any, ...]]:
            query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL"
            return connection.execute(query).fetchall()

        calls = [
            _call(*row)
            for row in rows("calls", "key", "stage", "role", "attempts", "fingerprint", "text")
        ]
        requests = [
            Request(i, slot, intent, situation, (text, later), tuple(orjson.loads(keys)))
            for i, slot, intent, situation, text, later, keys in rows(
                "instructions", "id", "slot", "intent", "situation", "text", "later", "calls"
            )
        ]
        judged = rows("verdicts", "subject", '"check"', "outcome", "votes")
        answers = rows("responses", "instruction", "opening", "outcome", "reason", "calls", "votes")
        failures = rows("failures", "of_stage", "item", "error", "attempts", "calls")
    return Made(
        calls={call.key: call for call in calls},
        requests={request.id: request for request in requests},
        verdicts=tuple(
            Verdict(s, check, outcome == "accepted", _asked(votes), _read(votes))
            for s, check, outcome, votes in judged
        ),
        answers=tuple(
            Answer(i, opening, outcome == "accepted", reason, tuple(orjson.loads(keys)), _read(v))
            for i, opening, outcome, reason, keys, v in answers
        ),
        failures=tuple(
            Failure(stage, item, error, attempts, tuple(orjson.loads(keys)))
            for stage, item, error, attempts, keys in failures
        ),
        errors=tuple(
            vote["error"]
            for votes in (*(row[-1] for row in judged), *(row[-1] for row in answers))
            for vote in orjson.loads(votes)
            if vote["error"]
        ),
        most=MOST,
    )


def _call(key: str, stage: str, role: str, attempts: int, fingerprint: str, text: str) -> Call:
    writes = (role, stage) == ("generator", "instructions")
    texts = texts_of(text) if writes else ()
    return Call(key, stage, role, attempts, marks_of(fingerprint or ""), texts)


def _asked(votes: str) -> tuple[str, ...]:
    return tuple(vote["call"] for vote in orjson.loads(votes))


def _read(votes: str) -> tuple[str, ...]:
    return tuple(vote["call"] for vote in orjson.loads(votes) if vote["answer"] is not None)


def measure(folder: Path) -> dict[DefectKind, Tally]:
    """Return what became of every kind of fault."""
    content = build(content_params(), folder / "content")
    with ThreadPoolExecutor(2) as pool:
        jobs = {
            kind: pool.submit(build, transport_params(kind), folder / kind) for kind in TRANSPORT
        }
        made = {kind: job.result() for kind, job in jobs.items()}
    return {kind: tally(kind, items_of(kind, made.get(kind, content))) for kind in KINDS}


def main() -> None:
    """Print a line per kind, then one line of JSON; exit 1 if a target is missed."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    print(f"{'fault':20}{'filter':26}{'planted':>8}{'caught':>8}{'':>9}{'sound':>8}{'dropped':>9}")
    for kind, each in found.items():
        share = each.caught / each.planted if each.planted else 0
        print(f"{kind:20}{STAGES.get(kind, 'responses'):26}{each.planted:8}{each.caught:8}"
              f"{share:9.1%}{each.sound:8}{each.dropped:9}")  # fmt: skip
    print(f"{time.monotonic() - began:.0f} s")
    print(json.dumps({kind: asdict(each) for kind, each in found.items()}))
    sys.exit(not all(each.holds and each.planted >= LEAST for each in found.values()))


if __name__ == "__main__":
    main()
