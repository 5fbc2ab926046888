"""TRL's conversational format with tools, for `SFTTrainer` with `assistant_only_loss`.

A record is `{messages, tools}`: tools are JSON text, which TRL reads, and arguments are objects,
which the templates write out (given text, Qwen's would write it as text). A turn without text has
empty text, as Llama's template trims what it gets.

Every assistant turn of a record is trained. TRL could say of a turn that it is not, but only as
records of another shape (`prompt` and `completion`), and a file has one shape: such rows are
withheld. Own rows and imported ones have no such turn (docs/decisions/0035-training-formats.md).

TRL loads its files by `datasets`, which reads values of many types without full precision: 0.689
is taught as 0.6890000000000001. A row with a call that would change is withheld.

Thoughts: `keep` writes `reasoning_content`, which the templates of Qwen3 and its like render and
others leave out; `empty` writes it empty; with `strip` it is absent, and Qwen3's own training
template still renders an empty block.

Source: trl 1.16.0, `SFTTrainer._prepare_dataset` and `chat_templates/`; datasets 5.2.0,
`utils/json.py`.
"""

from collections.abc import Mapping, Sequence

from schemas.base import JsonObject
from schemas.ids import canonical_json
from schemas.messages import Message, ToolCall
from schemas.rows import Example
from tasks.formats.exporting.calls import order_results
from tasks.formats.exporting.formats import Format, name_lines
from tasks.formats.exporting.manifest import ExportManifest
from tasks.formats.exporting.options import ExportOptions, Reasoning
from tasks.formats.exporting.soundness import has_untrained_turn
from tasks.formats.exporting.trainer_configs import render_config
from tasks.formats.exporting.turns import write_origin
from tasks.formats.exporting.withholding import Withheld
from tasks.formats.versions import Version

NAME = "trl"


def to_records(row: Example, options: ExportOptions) -> Sequence[JsonObject] | Withheld:
    """Return a row's one record."""
    if has_untrained_turn(row):
        return Withheld("untrained_turn")
    if not all(_survives(call) for turn in row.messages for call in turn.tool_calls):
        return Withheld("number_changes")
    turns: list[JsonObject] = [
        write_turn(turn, options.reasoning) for turn in order_results(row.messages)
    ]
    tools = canonical_json(row.tools).decode()
    return [{**write_origin(row), "messages": [*turns], "tools": tools}]


def _survives(call: ToolCall) -> bool:
    """Return whether a call's arguments are the same once `datasets` has read them."""
    from pandas.io.json import ujson_dumps, ujson_loads  # type: ignore[attr-defined]  # not in stubs

    try:
        read = ujson_loads(ujson_dumps(ujson_loads(canonical_json(call.arguments).decode())))
    except (ValueError, OverflowError):
        return False
    return bool(read == call.arguments)


def write_turn(turn: Message, reasoning: Reasoning) -> JsonObject:
    """Return a turn with arguments as objects."""
    said: JsonObject = {"role": turn.role, "content": turn.content or ""}
    if turn.role == "assistant" and reasoning == "empty":
        said["reasoning_content"] = ""
    elif turn.reasoning and reasoning == "keep":
        said["reasoning_content"] = turn.reasoning
    if turn.tool_calls:
        said["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in turn.tool_calls
        ]
    for key in ("tool_call_id", "name"):
        if (value := getattr(turn, key)) is not None:
            said[key] = value
    return said


def _add_files(manifest: ExportManifest, _version: Version) -> Mapping[str, bytes]:
    if "train" not in manifest.splits:
        return {}
    return {"sft.yaml": render_config("trl-sft.yaml", manifest)}


def _name_file(format_name: str, version: str, split: str) -> str:
    """Return a file in a folder of its own, which is what the configuration can name."""
    return f"data/{name_lines(format_name, version, split)}"


FORMAT = Format(NAME, to_records, thinks=True, name_file=_name_file, add_files=_add_files)
