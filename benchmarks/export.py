"""Seconds and memory of writing a version of the paper's size in each training format.

make bench-export ARGS="WORKSPACE [VERSION]": a table, then one JSON line. The version is synthetic:
a real one's rows, again and again under fresh ids, until there are 18,749. Each format is written
by a process of its own on one core. Exit code 1 if a target is missed: memory, and the seconds of
the processor, which other work on the machine doesn't stretch.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types

from schemas.ids import row_id
from schemas.results import Manifest
from schemas.workspace import Workspace
from tasks.composition import SPLITS
from tasks.formats.version_folder import GROUP
from tasks.formats.versions import MANIFEST, Version, find_version, open_version

ROWS = 18_749
MOST_S, MOST_MIB = 20.0, 500.0
LINE = (
    "{name:12} {processor_s:5.1f} s of the core in {seconds:.1f} s, {peak_mib} MiB peak:"
    " {rows:,} rows, {records:,} records, {mib} MiB"
)


def repeat(version: Version, rows: int, folder: Path) -> None:
    """Write a version that has a version's rows again and again, each time under fresh ids."""
    (folder / "data").mkdir(parents=True)
    tables = {split: pq.read_table(version.folder / "data" / f"{split}.parquet")
              for split in SPLITS}  # fmt: skip
    share = rows / sum(table.num_rows for table in tables.values())
    left = rows
    for split, table in tables.items():
        wanted = left if split == SPLITS[-1] else round(table.num_rows * share)
        left -= wanted
        with pq.ParquetWriter(folder / "data" / f"{split}.parquet", table.schema) as writer:
            writer.write_table(_take(table, wanted, split), row_group_size=GROUP)
    made = version.manifest.model_copy(update={"rows": {}})
    (folder / MANIFEST).write_text(Manifest.model_dump_json(made), "utf-8")


def _take(table: pa.Table, wanted: int, split: str) -> pa.Table:
    places = pa.array([n % table.num_rows for n in range(wanted)], pa.int64())
    ids = pa.array([row_id("example", split, n) for n in range(wanted)], pa.string())
    repeated = table.take(places)
    return repeated.set_column(repeated.column_names.index("id"), "id", ids).sort_by("id")


def peak_mib() -> float:
    """Return the most memory this process had; `ru_maxrss` would be its parent's, if more."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) / 1024


def write(folder: Path, format_name: str, out: Path) -> dict[str, object]:
    """Write a version in a format on one core, and return the figures of this process."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began = time.perf_counter()
    from agentalign.exporting import export_version
    from tasks.formats.exporting.options import ExportOptions

    options = ExportOptions(beside_calls="drop")  # else mistral's format takes but half the rows
    manifest = export_version(open_version(folder), format_name, out, options)
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "processor_s": round(time.process_time(), 1),
        "peak_mib": round(peak_mib()),
        "rows": manifest.rows_out,
        "records": manifest.records,
        "mib": round(sum(file.bytes for file in manifest.files) / 2**20),
    }


def measure(version: Version) -> dict[str, dict[str, float]]:
    """Return each format's figures."""
    from tasks.formats.exporting.registry import FORMATS

    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "version"
        repeat(version, ROWS, folder)
        for name in FORMATS:
            asked = ["--write", str(folder), name, str(Path(scratch) / name)]
            command = [sys.executable, "-m", "benchmarks.export", *asked]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            found[name] = json.loads(told)
            print(LINE.format(name=name, **found[name]), flush=True)
    return found


def main() -> None:
    """Print the figures, then one line of JSON. Exit code 1 if a target is missed."""
    if sys.argv[1:2] == ["--write"]:
        print(json.dumps(write(Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))))
        return
    if not sys.argv[1:]:
        sys.exit('name a workspace: make bench-export ARGS="WORKSPACE [VERSION]"')
    workspace = Workspace(Path(sys.argv[1]).resolve())
    version = find_version(workspace, sys.argv[2] if sys.argv[2:] else None)
    print(f"{ROWS:,} rows: those of {version.name}, again and again under fresh ids")
    found = measure(version)
    missed = [
        f"{name}: {words}"
        for name, figures in found.items()
        for words, is_missed in (
            (f"over {MOST_S:.0f} s", figures["processor_s"] > MOST_S),
            (f"over {MOST_MIB:.0f} MiB", figures["peak_mib"] > MOST_MIB),
        )
        if is_missed
    ]
    print(json.dumps({"version": version.name, "rows": ROWS, "formats": found, "missed": missed}))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
