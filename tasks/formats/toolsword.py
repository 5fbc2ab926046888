"""Reads ToolSword's malicious queries, from a path that the user gives. None come with the project.

A file is a JSON list of objects with `stage`, `scenario`, `tools` (bare function schemas) and
`query`. Those that go on with a `dialog` are of later stages, and not asked.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.base import JsonObject
from schemas.benchmark_runs import File
from schemas.errors import BadInputError

NAMES = ("data_MQ.json",)
LARGEST = 32_000_000  # bytes of a file


class Entry(BaseModel):
    """The fields that are read; an error names the field, never the text."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    scenario: str = Field(min_length=1)
    query: str = Field(min_length=1)
    tools: list[JsonObject]
    dialog: list[object] = []


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its tools, as a model is offered them."""

    id: str
    scenario: str
    text: str = field(repr=False)
    tools: tuple[JsonObject, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries of a file, and how many of it are not asked, by the reason."""

    queries: tuple[Query, ...]
    source: File
    left_out: Mapping[str, int]


def read_queries(path: Path) -> Queries:
    """Return the queries of a file, or of the file of malicious queries in a folder.

    Raises:
        BadInputError: there is none, or it has another form.
    """
    file = _find(path)
    try:
        if file.stat().st_size > LARGEST:
            raise BadInputError(f"{file} is too large: it may have {LARGEST:,} bytes")
        content = file.read_bytes()
        entries = orjson.loads(content)
    except OSError as exc:
        raise BadInputError(f"{file} can't be read: {exc.strerror}") from exc
    except orjson.JSONDecodeError as exc:
        raise BadInputError(f"{file} is not JSON (line {exc.lineno})") from exc
    if not isinstance(entries, list):
        raise BadInputError(f"{file} is no file of ToolSword: a JSON list of objects")
    left_out: Counter[str] = Counter()
    found = tuple(_queries(file, entries, left_out))
    if not found:
        raise BadInputError(f"{file} holds no query that stands alone")
    digest = sha256(content).hexdigest()
    return Queries(found, File(name=file.name, tasks=len(found), sha256=digest), left_out)


def _find(path: Path) -> Path:
    if not path.is_dir():
        return path
    for folder in (path, path / "data"):
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
    msg = f"{path} holds no file of ToolSword's malicious queries: looked for {NAMES[0]}"
    raise BadInputError(msg)


def _queries(file: Path, entries: list[object], left_out: Counter[str]) -> Iterator[Query]:
    for number, each in enumerate(entries, start=1):
        try:
            entry = Entry.model_validate(each)
        except ValidationError as exc:
            wrong = exc.errors(include_input=False)[0]
            where = ".".join(map(str, wrong["loc"])) or "it"
            raise BadInputError(f"{file}: entry {number}: {where}: {wrong['msg']}") from exc
        if entry.dialog:
            left_out["later_stage"] += 1
            continue
        tools = tuple(_offered(tool) for tool in entry.tools)
        yield Query(f"{entry.scenario}-{number}", entry.scenario, entry.query, tools)


def _offered(tool: JsonObject) -> JsonObject:
    return tool if tool.get("type") == "function" else {"type": "function", "function": tool}
