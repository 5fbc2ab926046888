"""Where a version lies, and the three lines with which each library reads it."""

from dataclasses import dataclass
from pathlib import Path

from schemas.rows import Example
from tasks.formats.versions import Version

# what stands in the braces is filled in by `snippets`
_DUCKDB = """\
import duckdb
rows = duckdb.read_parquet("{data}/*.parquet")
print(rows.aggregate("split, label, count(*) AS rows").order("split, label"))"""
_PANDAS = """\
import pandas
rows = pandas.read_parquet("{data}")
print(rows.groupby(["split", "label"]).size())"""
_DATASETS = """\
from datasets import load_dataset
rows = load_dataset("parquet", data_files={files})
print(rows)"""
_OWN = """\
import agentalign
rows = agentalign.load("{name}", workspace="{workspace}", split="train")
print(len(rows), rows[0].messages[-1].content)"""
_MLFLOW = """\
import mlflow, pandas
rows = pandas.read_parquet("{data}/train.parquet")
mlflow.log_input(mlflow.data.from_pandas(rows, name="{name}", digest="{digest}"), "training")"""
_DIGEST_LENGTH = 32  # of the dataset in MLflow


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a version's rows."""

    split: str
    file: Path
    rows: int
    size: int  # bytes


def parts_of(version: Version) -> list[Part]:
    """Return the files of the rows, by name."""
    counts = version.manifest.splits
    return [
        Part(file.stem, file, counts.get(file.stem, 0), file.stat().st_size)
        for file in version.files(Example.table)
    ]


def snippets(version: Version) -> dict[str, str]:
    """Return what to run to read a version, by the name of what reads it."""
    folder = version.folder.resolve()
    files = {file.stem: str(file.resolve()) for file in version.files(Example.table)}
    filled = {
        "data": folder / "data",
        "files": files,
        "name": version.name,
        "workspace": folder.parent.parent,
        "digest": version.manifest.digest[:_DIGEST_LENGTH],
    }
    return {
        "DuckDB": _DUCKDB.format(**filled),
        "pandas": _PANDAS.format(**filled),
        "datasets": _DATASETS.format(**filled),
        "agentalign": _OWN.format(**filled),
        "MLflow, in a training run": _MLFLOW.format(**filled),
    }
