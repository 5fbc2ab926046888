"""What an export says of itself, in `manifest.json` beside its files."""

from pydantic import Field

from schemas.base import Declared, JsonObject


class ExportedFile(Declared):
    """One file of records."""

    name: str
    splits: tuple[str, ...]
    records: int
    bytes: int
    sha256: str


class RowCount(Declared):
    """Rows that were to be exported, and those that were."""

    rows_in: int
    rows_out: int


class Lengths(Declared):
    """Tokens of rows with their tools, as the chat template renders them; nearest rank."""

    rows: int
    p50: int
    p95: int
    p99: int
    most: int


class Ratio(Declared):
    """Benign rows, third parties' among them, for each harmful one; None without harmful rows."""

    before: float | None
    after: float | None


class ExportManifest(Declared):
    """What an export holds and what it left out: `rows_in` are `rows_out` and all the others.

    Classes are `harmful`, `benign` and `third_party`. `withheld` says by reason and class which
    rows the format can't say, `too_long` by class which have more tokens than allowed, `left_out`
    by kind of how many turns something is missing. `lengths` are of all rows that were measured.
    """

    format: str
    version: str
    digest: str
    rehearsal: bool
    options: JsonObject
    rows_in: int
    rows_out: int
    records: int
    rows: dict[str, dict[str, RowCount]]  # by split and class
    by_category: dict[str, int]  # of rows out: the harm categories' harmful ones, and `benign`
    withheld: dict[str, dict[str, int]] = Field(default_factory=dict)
    too_long: dict[str, int] = Field(default_factory=dict)
    left_out: dict[str, int] = Field(default_factory=dict)
    thoughts: int = 0  # turns whose thoughts were written
    lengths: dict[str, Lengths] = Field(default_factory=dict)
    ratio: Ratio
    warnings: tuple[str, ...] = ()
    files: tuple[ExportedFile, ...] = ()
    beside: dict[str, str] = Field(default_factory=dict)  # sha256 of the other files, by name

    @property
    def splits(self) -> dict[str, str]:
        """The file of each split that has records."""
        return {split: file.name for file in self.files for split in file.splits}
