"""One suite of expectations per table, as JSON that reviewers read."""

from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field, ValidationError

from schemas.base import Declared, JsonObject
from schemas.errors import DataFileError

NO_ROWS = "agentalign_no_rows"


class Meta(Declared):
    """Why an expectation is held."""

    why: str = Field(min_length=10)


class Expectation(Declared):
    """Something that is true of a table: of Great Expectations, or of our own kind.

    Our own kind, `agentalign_no_rows`, takes a `name` and the `sql` that finds the ids of the
    offending rows in the table `rows`.
    """

    type: str = Field(pattern=r"^(expect_[a-z_]+|agentalign_no_rows)$")
    kwargs: JsonObject
    severity: Literal["critical", "warning"]
    meta: Meta

    @property
    def is_query(self) -> bool:
        """Whether this is of our own kind."""
        return self.type == NO_ROWS


class Suite(Declared):
    """What is true of one table. A critical expectation that fails stops the stage.

    `derived` columns, SQL over the table's own and over each other, are there for the queries.
    """

    name: str
    derived: dict[str, str] = Field(default_factory=dict)
    expectations: tuple[Expectation, ...] = Field(min_length=1)


@cache
def load_suite(name: str) -> Suite:
    """Return the suite of a table. Raises: DataFileError."""
    file = resources.files("expectations") / f"{name}.json"
    try:
        return Suite.model_validate_json(file.read_text("utf-8"))
    except (OSError, ValidationError) as exc:
        msg = f"expectations/{name}.json: {exc}"
        raise DataFileError(msg) from exc
