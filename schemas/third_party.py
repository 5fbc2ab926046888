"""Rows of other datasets that a build mixes in, as they are declared."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Declared

HUB = "hf:"  # what the id of a dataset on the hub begins with
OWN = "own"  # the source of rows that are made here
LEAST_TURNS = 2  # a request and an answer
LENT = "lent"  # what audits call those of them that offer tools of another dataset
CATEGORY = "third_party"  # of rows that are not

ForeignFormat = Literal["toolace", "glaive", "glaive-sharegpt", "agentalign", "openai"]


class ThirdPartySource(Declared):
    """A dataset of other people: where it lies, what form it has, under what it may be used."""

    path: str = Field(
        min_length=1, description="A file, a folder of files, or hf:owner/name for one on the hub"
    )
    format: ForeignFormat = Field(description="The form of its rows")
    name: str = Field(
        default="", pattern=r"^[A-Za-z0-9._-]*$",
        description="What its rows are called; empty: the file's name",
    )  # fmt: skip
    licence: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.+:() -]*$",
        title="Licence",
        description="SPDX name of the licence, as the dataset's makers state it, e.g. Apache-2.0",
    )

    @property
    def called(self) -> str:
        """The name of its rows' source: its own, or its file's without the ending.

        What no name may have becomes a hyphen: names stand in tables of reports and cards.
        """
        last = self.path.removeprefix(HUB).rstrip("/").rpartition("/")[2]
        end = "@" if self.path.startswith(HUB) else "."
        return self.name or re.sub(r"[^A-Za-z0-9._-]+", "-", last.partition(end)[0])

    @model_validator(mode="after")
    def _is_told_from_ours(self) -> Self:
        if self.called in ("", OWN, LENT):
            msg = f"its rows can't be called {self.called!r}; give the dataset a `name`"
            raise ValueError(msg)
        return self


class ThirdParty(Declared):
    """Rows of other datasets; how many is `balance.third_party`."""

    sources: tuple[ThirdPartySource, ...] = Field(
        default=(), description="Where they come from; see docs/third-party.md"
    )
    harmful_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of plain harmful rows that offer tools of a third-party row, so that"
        " those are no sign of harmlessness",
    )
    least_turns: int = Field(
        default=LEAST_TURNS,
        ge=LEAST_TURNS,
        le=100,
        description="Turns that a row has at least, without the system's",
    )


class ForeignFile(Declared):
    """A file that third-party rows were read from, told by its content."""

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class SourceCount(Declared):
    """A source of rows in a version; `licence` is empty where nobody stated one."""

    name: str
    licence: str
    rows: int
    files: tuple[ForeignFile, ...] = ()
