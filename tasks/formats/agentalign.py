"""The record format of the released set: one JSON list of conversations.

A record is `{id, category, sub_category, pattern, messages, tools}`. Messages start with the
user; what the format has no place for stands in keys of its own beside them: `system` (the
operator's system prompt, if the row has one), `split`, and on harmful rows `canary`.

Source: the dataset card and loaders of the set released with arXiv 2505.23020.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson
from pydantic import Field, ValidationError

from schemas.base import Declared, JsonObject
from schemas.errors import BadInputError, QualityError
from schemas.ids import canonical_json
from schemas.messages import Message
from schemas.rows import Example

NAME = "agentalign"
_MANIFEST = "manifest.json"


class ExportManifest(Declared):
    """What an export holds. Written beside it as `manifest.json`."""

    format: str = NAME
    version: str
    file: str
    sha256: str
    rows_in: int
    rows_out: int
    by_category: dict[str, int] = Field(default_factory=dict)
    by_split: dict[str, int] = Field(default_factory=dict)


def to_record(example: Example) -> JsonObject:
    """Return a row in the released format.

    Raises:
        QualityError: a harmful row does not end in a refusal, or a plain one is more than it.
    """
    system, turns = _split_system(example.messages)
    if example.label == "harmful":
        _check_refusal(example, turns)
    record: JsonObject = {
        "id": f"{_prefix(example)}-{example.id.partition('-')[2]}",
        "category": _category(example),
        "sub_category": example.subcategory,
        "pattern": [*example.pattern],
        "messages": [_turn(message) for message in turns],
        "tools": [*example.tools],
        "split": example.split,
    }
    if system is not None:
        record["system"] = system
    if example.canary is not None:
        record["canary"] = example.canary
    return record


def write_export(examples: Iterable[Example], version: str, out: Path) -> ExportManifest:
    """Write the rows of a version and a manifest into a folder.

    Raises:
        BadInputError: the folder can't be written, or holds an export of another version.
        QualityError: a row doesn't fit the format.
    """
    file = out / f"{NAME}-{version}.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
        _check_free(out, version)
        manifest = _write(examples, version, file)
        _replace(out / _MANIFEST, manifest.model_dump_json(indent=2).encode())
    except OSError as exc:
        msg = f"{out} can't be written ({exc.strerror}); give another folder with --out"
        raise BadInputError(msg) from exc
    return manifest


def _write(examples: Iterable[Example], version: str, file: Path) -> ExportManifest:
    """Stream the list to a draft, which takes the file's place once it is whole."""
    draft = file.with_suffix(".part")
    sha, splits, categories, count = hashlib.sha256(), Counter[str](), Counter[str](), 0
    try:
        with draft.open("wb") as output:
            for example, piece in _pieces(examples):
                output.write(piece)
                sha.update(piece)
                if example is not None:
                    count += 1
                    splits[example.split] += 1
                    categories[_category(example)] += 1
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return ExportManifest(
        version=version,
        file=file.name,
        sha256=sha.hexdigest(),
        rows_in=count,
        rows_out=count,
        by_category=dict(sorted(categories.items())),
        by_split=dict(sorted(splits.items())),
    )


def _pieces(examples: Iterable[Example]) -> Iterator[tuple[Example | None, bytes]]:
    """Yield the file's parts in order, each with the row it is made of, if any."""
    yield None, b"["
    for place, example in enumerate(examples):
        separator = b",\n" if place else b"\n"
        yield example, separator + orjson.dumps(to_record(example))
    yield None, b"\n]\n"


def _check_free(out: Path, version: str) -> None:
    file = out / _MANIFEST
    if not file.exists():
        return
    try:
        there = ExportManifest.model_validate_json(file.read_bytes()).version
    except ValidationError as exc:
        msg = f"{out} holds a manifest.json that is no export's; give another folder with --out"
        raise BadInputError(msg) from exc
    if there != version:
        msg = f"{out} holds an export of {there}, not of {version}; give another folder with --out"
        raise BadInputError(msg)


def _replace(file: Path, content: bytes) -> None:
    draft = file.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(file)


def _split_system(messages: tuple[Message, ...]) -> tuple[str | None, tuple[Message, ...]]:
    if messages and messages[0].role == "system":
        return messages[0].content, messages[1:]
    return None, messages


def _check_refusal(example: Example, turns: tuple[Message, ...]) -> None:
    roles = [turn.role for turn in turns]
    plain = example.situation == "plain"
    if (plain and roles != ["user", "assistant"]) or turns[-1].tool_calls or not turns[-1].content:
        msg = f"row {example.id}: a harmful row has to end in its refusal, a text without calls"
        raise QualityError(msg)


def _turn(message: Message) -> JsonObject:
    turn: JsonObject = {"role": message.role, "content": message.content}
    if message.tool_calls:
        turn["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": canonical_json(call.arguments).decode(),
                },
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        turn["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        turn["name"] = message.name
    return turn


def _category(example: Example) -> str:
    return example.category if example.label == "harmful" else "benign"


def _prefix(example: Example) -> str:
    """Return an id's start; in the released set `benign-` marks benign rows of its own making."""
    return _category(example) if example.source == "own" else example.source
