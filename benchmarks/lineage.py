"""How fast a version tells where its rows come from, and what was made of a prompt.

make bench-lineage ARGS="WORKSPACE [VERSION]": a table, then one JSON line. Rows are drawn by hash
and asked for one after the other in one process; commands are started as a user starts them.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from agentalign.impact import find_impact, parse_target
from agentalign.lineage import lineage_object
from agentalign.lookup import find_row, trace_row
from agentalign.origins import prompts_of
from schemas.ids import rank
from schemas.rows import Example
from schemas.workspace import Workspace
from tasks.formats.versions import Version, find_version

ROWS, COMMANDS, PAGES = 1000, 5, 40
MOST_ROW_MS, MOST_IMPACT_S, MOST_COMMAND_S, MOST_PAGE_MS = 50.0, 1.0, 1.2, 200.0
# what the lineage of every row leads to, up to the taxonomy
WHOLE = ("response", "instruction", "binding", "chain", "subcategory", "plans", "verdicts",
         "prompts", "models", "calls")  # fmt: skip


def draw(version: Version, count: int) -> list[str]:
    """Return ids of rows of a version, always the same ones."""
    found = version.records(Example.table, "id", None, (), order="id")
    return sorted((str(each["id"]) for each in found), key=lambda each: rank(0, each))[:count]


def time_rows(
    version: Version, ids: Sequence[str], workspace: Workspace
) -> tuple[list[float], int]:
    """Return the milliseconds each row's lineage took, and how many lack a part of it."""
    taken, lacking = [], 0
    for row_id in ids:
        began = time.perf_counter()
        found = lineage_object(trace_row(find_row(workspace, row_id, version)))
        taken.append((time.perf_counter() - began) * 1e3)
        lacking += any(not found[part] for part in WHOLE)
    return taken, lacking


def time_impact(version: Version, row_id: str, workspace: Workspace) -> tuple[str, float, int]:
    """Return the slowest prompt behind a row, the seconds its impact took, and rows of it."""
    found = []
    for prompt in prompts_of(trace_row(find_row(workspace, row_id, version))):
        began = time.perf_counter()
        made = find_impact(version, parse_target(f"prompt:{prompt.name}"))
        took = time.perf_counter() - began
        found.append((took, prompt.name, made.counts["examples"]))
    took, name, rows = max(found)
    return name, took, rows


def time_command(*arguments: str) -> float:
    """Return the median wall-clock seconds of a command."""
    command = [sys.executable, "-m", "agentalign", *arguments]
    taken = []
    for _ in range(COMMANDS):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def time_pages(workspace: Path, version: str, ids: Sequence[str]) -> dict[str, list[float]]:
    """Return the milliseconds that pages of the inspect server took, by kind of page."""
    command = [sys.executable, "-m", "agentalign", "inspect", version, "--port", "0"]
    with subprocess.Popen(
        [*command, "--workspace", str(workspace)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        try:
            address = urlsplit(server.stdout.readline().split()[-1]).netloc
            lists = [f"/?page={n}" for n in range(1, PAGES // 4)]
            lists += [f"/?intent=benign&q=note&page={n}" for n in range(1, PAGES // 4)]
            lists += [f"/dropped?page={n}" for n in range(1, PAGES // 4)]
            rows = [f"/rows/{row_id}" for row_id in ids[:PAGES]]
            return {"list": _get_all(address, lists), "row": _get_all(address, rows)}
        finally:
            server.terminate()


def _get_all(address: str, paths: Sequence[str]) -> list[float]:
    taken = []
    for path in paths:
        began = time.perf_counter()
        connection = http.client.HTTPConnection(address, timeout=60)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.status != http.client.OK:
            sys.exit(f"{path}: {answer.status}")
        taken.append((time.perf_counter() - began) * 1e3)
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values is not above."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(root: Path, name: str | None) -> dict[str, object]:
    """Return the figures of a version. Raises: AgentAlignError if there is none."""
    workspace = Workspace(root.resolve())
    plain = find_version(workspace, name)
    version, ids = plain.kept(), draw(plain, ROWS)
    first, _ = time_rows(version, ids[:1], workspace)
    taken, lacking = time_rows(version, ids, workspace)
    prompt, impact_s, rows = time_impact(plain, ids[0], workspace)
    at = ("--workspace", str(root))
    pages = time_pages(root, plain.name, ids)
    return {
        "version": plain.name,
        "rows": len(ids),
        "first_ms": round(first[0], 1),
        "row_ms": {
            "median": round(statistics.median(taken), 1),
            "p95": round(percentile(taken, 0.95), 1),
            "most": round(max(taken), 1),
        },
        "incomplete": lacking,
        "impact": {"prompt": prompt, "rows": rows, "seconds": round(impact_s, 3)},
        "command_s": {
            "lineage": round(time_command("lineage", ids[0], *at), 2),
            "impact": round(time_command("impact", f"prompt:{prompt}", *at), 2),
        },
        "page_ms": {
            kind: {"median": round(statistics.median(ms), 1), "most": round(max(ms), 1)}
            for kind, ms in pages.items()
        },
        "load": round(os.getloadavg()[0], 1),
    }


def failures(found: dict[str, object]) -> list[str]:
    """Return what is missed, in words."""
    figures: dict[str, dict[str, float]] = found  # type: ignore[assignment]  # those named below
    missed = {
        f"a row took more than {MOST_ROW_MS:.0f} ms": figures["row_ms"]["most"] > MOST_ROW_MS,
        "a row's lineage is incomplete": bool(found["incomplete"]),
        f"impact took more than {MOST_IMPACT_S:.0f} s": (
            figures["impact"]["seconds"] > MOST_IMPACT_S
        ),
        f"the command took more than {MOST_COMMAND_S} s": (
            figures["command_s"]["lineage"] > MOST_COMMAND_S
        ),
    }
    return [words for words, is_missed in missed.items() if is_missed] + [
        f"a {kind} page took more than {MOST_PAGE_MS:.0f} ms"
        for kind, ms in found["page_ms"].items()  # type: ignore[attr-defined]  # a mapping
        if ms["most"] > MOST_PAGE_MS
    ]


def main() -> None:
    """Print the figures, then one line of JSON. Exit code 1 if a target is missed."""
    if not sys.argv[1:]:
        sys.exit('name a workspace: make bench-lineage ARGS="WORKSPACE [VERSION]"')
    found = measure(Path(sys.argv[1]), sys.argv[2] if sys.argv[2:] else None)
    for name, value in found.items():
        print(f"{name:12} {value}")
    missed = failures(found)
    print(json.dumps(found | {"missed": missed}))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
