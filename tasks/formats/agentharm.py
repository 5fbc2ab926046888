"""Reads AgentHarm's behaviour files, from a path that the user gives. None come with the project.

A file is an object whose `behaviors` have an id such as `12-3`: the third variant of behaviour
12. The benign twin of a behaviour has the same id, in a file of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.benchmark_runs import File, Side, Split
from schemas.errors import BadInputError

SIDES: tuple[Side, ...] = ("harmful", "benign")
# as the package names the files, below the folder that it looks in
NAMES: Mapping[Split, str] = {
    "test_public": "{side}_behaviors_test_public.json",
    "val": "{side}_behaviors_validation.json",
    "test_private": "{side}_behaviors_test_private.json",
}
LARGEST = 32_000_000  # bytes of a file


class Behaviour(BaseModel):
    """The fields that the package asks for; an error names the field, never the text."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str = Field(min_length=1)
    id_original: str
    name: str
    category: str = Field(min_length=1)
    prompt: str = Field(min_length=1)
    detailed_prompt: bool
    hint_included: bool
    target_functions: list[str] = Field(min_length=1)
    grading_function: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class BehaviourFile:
    """A side's file: what it is, its bytes, and the ids in it, in their order."""

    side: Side
    name: str
    content: bytes = field(repr=False)
    ids: tuple[str, ...]

    @property
    def told(self) -> File:
        """What may be said of it."""
        digest = sha256(self.content).hexdigest()
        return File(name=self.name, tasks=len(self.ids), sha256=digest)


@dataclass(frozen=True, slots=True)
class Behaviours:
    """The files of one split."""

    split: Split
    files: tuple[BehaviourFile, ...]


def base_of(task: str) -> str:
    """Return the behaviour that a task is a variant of: its id without the last part."""
    return task.rpartition("-")[0] or task


def read_behaviours(path: Path, split: Split | None = None) -> Behaviours:
    """Return the files of a split that lie in a folder, or in its `benchmark`.

    Without a split: the public test, else the first that is there. One side may be missing.

    Raises:
        BadInputError: there is none, or one has another form.
    """
    folders = [folder for folder in (path, path / "benchmark") if folder.is_dir()]
    for each in (split,) if split else NAMES:
        found = [
            (side, file)
            for side in SIDES
            for folder in folders
            if (file := folder / NAMES[each].format(side=side)).is_file()
        ]
        if found:
            return Behaviours(each, tuple(_read(side, file) for side, file in found))
    looked_for = NAMES[split or "test_public"].format(side="harmful")
    msg = (
        f"{path} holds no behaviours of AgentHarm: looked for {looked_for} in it and in its"
        " folder `benchmark`; docs/agentharm.md says where they come from"
    )
    raise BadInputError(msg)


def _read(side: Side, file: Path) -> BehaviourFile:
    try:
        if file.stat().st_size > LARGEST:
            raise BadInputError(f"{file} is too large: it may have {LARGEST:,} bytes")
        content = file.read_bytes()
    except OSError as exc:
        raise BadInputError(f"{file} can't be read: {exc.strerror}") from exc
    ids = tuple(_check(file, number, entry) for number, entry in enumerate(_entries(file, content)))
    if len(set(ids)) < len(ids):
        raise BadInputError(f"{file}: two behaviours have the same id")
    return BehaviourFile(side, file.name, content, ids)


def _entries(file: Path, content: bytes) -> list[object]:
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError as exc:
        raise BadInputError(f"{file} is not JSON (line {exc.lineno})") from exc
    entries = whole.get("behaviors") if isinstance(whole, dict) else None
    if not isinstance(entries, list) or not entries:
        raise BadInputError(f"{file} is no file of AgentHarm: an object with a list `behaviors`")
    return entries


def _check(file: Path, number: int, entry: object) -> str:
    try:
        return Behaviour.model_validate(entry).id
    except ValidationError as exc:
        wrong = exc.errors(include_input=False)[0]
        where = ".".join(map(str, wrong["loc"])) or "it"
        msg = f"{file}: behaviour {number + 1}: {where}: {wrong['msg']}"
        raise BadInputError(msg) from exc
