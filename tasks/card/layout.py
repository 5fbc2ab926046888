"""Where a card stands: in a version's folder, or in that of a hub repository."""

from dataclasses import dataclass

from schemas.base import JsonValue
from schemas.results import Manifest
from tasks.composition import SPLITS


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of the rows beside a card, and what a reader of them has to know."""

    data_files: str  # of a split, relative; a star stands for the number of a shard
    nested: bool  # whether messages are lists of records; else they are JSON texts
    note: str = ""  # on rows of the version that are not in the files

    def configs(self, manifest: Manifest) -> list[JsonValue]:
        """Return what tells the hub which files are of which split.

        A split without rows is left out: `datasets` reads nothing at all beside an empty one.
        """
        files: list[JsonValue] = [
            {"split": split, "path": self.data_files.format(split=split)}
            for split in SPLITS
            if manifest.splits.get(split)
        ]
        return [{"config_name": "default", "data_files": files, "default": True}]


VERSION_FOLDER = Layout("data/{split}.parquet", nested=False)
HUB_FOLDER = Layout("data/{split}-*.parquet", nested=True)


def rows_of(manifest: Manifest) -> int:
    """Return how many rows a version has."""
    return sum(manifest.rows.values())
