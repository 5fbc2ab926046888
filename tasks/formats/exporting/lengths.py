"""Counts the tokens of rows with a model's own tokenizer and chat template."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from schemas.base import JsonObject
from schemas.errors import BadInputError
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.calls import match_results, shorten_ids
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.trl import write_turn

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BLOCK_TOKENS = 8  # of an empty thinking block; Qwen3's has four


@dataclass(frozen=True, slots=True)
class Ruler:
    """A tokenizer with a chat template."""

    tokenizer: "PreTrainedTokenizerBase"

    def measure(self, row: Example, options: ExportOptions) -> int | None:
        """Return a row's tokens with its tools rendered, or None if the template refuses it."""
        turns = _write_turns(row.messages, options)
        try:
            text = self.tokenizer.apply_chat_template(
                turns,  # type: ignore[arg-type]  # it takes calls as well
                tools=[*row.tools] or None,
                tokenize=False,
            )
        except (jinja2.TemplateError, TypeError, ValueError):
            return None
        return self._count(str(text)) + self._count_unwritten(row, options, str(text))

    def _count_unwritten(self, row: Example, options: ExportOptions, text: str) -> int:
        """Return tokens of thoughts that only a template made for training writes.

        Those made for answering leave thoughts of earlier turns out; trainers' own write each
        turn's, or an empty block.
        """
        if "</think>" not in str(self.tokenizer.chat_template):
            return 0
        said = [turn for turn in row.messages if turn.role == "assistant"]
        kept = (turn.reasoning for turn in said if options.reasoning == "keep")
        left_out = (thought for thought in kept if thought and thought not in text)
        return len(said) * _BLOCK_TOKENS + sum(map(self._count, left_out))

    def _count(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))


def open_ruler(options: ExportOptions) -> Ruler | None:
    """Return what counts tokens, if a tokenizer is chosen. Raises: BadInputError."""
    if options.tokenizer is None:
        return None
    return Ruler(_load(options.tokenizer))


def _load(folder: Path) -> "PreTrainedTokenizerBase":
    if not folder.is_dir():
        msg = f"--tokenizer {folder}: it has to be a local folder with a model's tokenizer"
        raise BadInputError(msg)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # else it misses PyTorch, aloud
    try:
        from transformers import AutoTokenizer
    except ImportError as exc:
        msg = "--tokenizer needs the package transformers: pip install 'agentalign[hub]'"
        raise BadInputError(msg) from exc
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,  # else it asks, and runs code that lies in the folder
        )
    except Exception as exc:  # tokenizers raises nothing narrower
        msg = f"--tokenizer {folder}: no tokenizer can be read from it ({type(exc).__name__})"
        raise BadInputError(msg) from exc
    if not tokenizer.chat_template:
        msg = f"--tokenizer {folder}: it has no chat template, so no row can be rendered with it"
        raise BadInputError(msg)
    return tokenizer


def _write_turns(messages: Sequence[Message], options: ExportOptions) -> list[JsonObject]:
    """Return turns as templates want them: objects for arguments, ids that Mistral's take."""
    ids, results = shorten_ids(messages), match_results(messages)
    turns = []
    for place, message in enumerate(messages):
        turn = write_turn(message, options.reasoning)
        for number, call in enumerate(turn.get("tool_calls", ())):  # type: ignore[arg-type]  # its calls
            call["id"] = ids[place, number]  # type: ignore[index,call-overload]  # an object
        if place in results:
            turn["tool_call_id"] = ids[results[place]]
        turns.append(turn)
    return turns
