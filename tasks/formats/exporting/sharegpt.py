"""ShareGPT with tools, as LLaMA-Factory reads it.

A record is `{conversations, system, tools}`: `human` and `observation` take turns with `gpt` and
`function_call`. The results of a turn's calls are one observation, joined as LLaMA-Factory joins
them. A turn's calls are JSON text in `function_call`: one object, or a list of several; `<` is
escaped in it, as the converter searches it for marks. Text before a call stands before
`<tool_call>`, thoughts in `<think>` before that; a row whose text holds such marks is withheld.

Loss is on every `gpt` and `function_call`: a row with an untrained turn is withheld.

Thoughts: `keep` and `empty` write `<think>` blocks, which the template `qwen3` knows; with `strip`
there are none.

Source: llamafactory 0.9.5, `SharegptDatasetConverter`, `FunctionFormatter`, `ReasoningTemplate`.
"""

from collections.abc import Mapping, Sequence

import orjson

from schemas.base import JsonObject, JsonValue
from schemas.ids import canonical_json
from schemas.messages import Message
from schemas.rows import Example
from tasks.formats.exporting.calls import is_answered, match_results, order_results
from tasks.formats.exporting.formats import Format
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions, Reasoning
from tasks.formats.exporting.soundness import has_untrained_turn
from tasks.formats.exporting.trainer_configs import render_config
from tasks.formats.exporting.turns import split_system, write_origin
from tasks.formats.exporting.withholding import Withheld
from tasks.formats.versions import Version

NAME = "sharegpt"
_MARKS = ("<tool_call>", "</tool_call>", "<think>", "</think>")
_BETWEEN_RESULTS = "\n</tool_response>\n<tool_response>\n"
_ASKED, _SAID = ("human", "observation"), ("gpt", "function_call")


def to_records(row: Example, options: ExportOptions) -> Sequence[JsonObject] | Withheld:
    """Return a row's one record."""
    if has_untrained_turn(row):
        return Withheld("untrained_turn")
    system, turns = split_system(tuple(order_results(row.messages)))
    if any(_holds_marks(turn, options.reasoning) for turn in turns):
        return Withheld("marks_in_text")
    if not is_answered(turns, match_results(turns)):
        return Withheld("unanswered_call")
    said = _take_turns(turns, options.reasoning)
    if said is None:
        return Withheld("turns_out_of_order")
    tools = canonical_json([tool["function"] for tool in row.tools]).decode() if row.tools else ""
    return [{**write_origin(row), "conversations": said, "system": system or "", "tools": tools}]


def _take_turns(turns: Sequence[Message], reasoning: Reasoning) -> list[JsonValue] | None:
    """Return turns with results joined, or None if two that follow are of one side."""
    said: list[tuple[str, str]] = []
    for turn in turns:
        kind, value = _write_turn(turn, reasoning)
        if kind == "observation" and said and said[-1][0] == kind:
            said[-1] = (kind, said[-1][1] + _BETWEEN_RESULTS + value)
        else:
            said.append((kind, value))
    sides = (_ASKED, _SAID)
    if len(said) % 2 or any(kind not in sides[n % 2] for n, (kind, _) in enumerate(said)):
        return None
    return [{"from": kind, "value": value} for kind, value in said]


def _write_turn(turn: Message, reasoning: Reasoning) -> tuple[str, str]:
    if turn.role != "assistant":
        return {"user": "human", "tool": "observation"}.get(turn.role, ""), turn.content or ""
    thoughts = _write_thoughts(turn, reasoning)
    if not turn.tool_calls:
        return "gpt", thoughts + (turn.content or "")
    calls = _write_calls(turn)
    if not thoughts and not turn.content:
        return "function_call", calls
    text = f"{turn.content}\n" if turn.content else ""
    return "function_call", f"{thoughts}{text}<tool_call>{calls}</tool_call>"


def _write_thoughts(turn: Message, reasoning: Reasoning) -> str:
    if reasoning == "empty":
        return "<think>\n\n</think>\n\n"
    if reasoning == "keep" and turn.reasoning:
        return f"<think>\n{turn.reasoning}\n</think>\n\n"
    return ""


def _write_calls(turn: Message) -> str:
    calls = [{"name": call.name, "arguments": call.arguments} for call in turn.tool_calls]
    return orjson.dumps(calls if len(calls) > 1 else calls[0]).decode().replace("<", "\\u003c")


def _holds_marks(turn: Message, reasoning: Reasoning) -> bool:
    if turn.role != "assistant":
        return False
    kept = turn.reasoning if reasoning == "keep" else None
    read = turn.content if turn.tool_calls or kept or reasoning == "empty" else None
    return any(mark in text for text in (read, kept) if text for mark in _MARKS)


def _add_files(manifest: ExportManifest, _version: Version) -> Mapping[str, bytes]:
    """Return the list of data sets, a split each, and a configuration that trains on it."""
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    listed = {
        name_dataset(manifest, split): {
            "file_name": file, "formatting": "sharegpt", "columns": columns,
        }
        for split, file in manifest.splits.items()
    }  # fmt: skip
    files = {"dataset_info.json": orjson.dumps(listed, option=orjson.OPT_INDENT_2) + b"\n"}
    if "train" in manifest.splits:
        names = {split: name_dataset(manifest, split) for split in manifest.splits}
        files["sft.yaml"] = render_config("llamafactory-sft.yaml", manifest, names=names)
    return files


def name_dataset(manifest: ExportManifest, split: str) -> str:
    """Return a split's name in LLaMA-Factory's list."""
    return f"agentalign_{manifest.version.replace('-', '_')}_{split}"


FORMAT = Format(NAME, to_records, thinks=True, add_files=_add_files)
