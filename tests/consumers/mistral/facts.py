"""Says what mistral-common makes of exports: a JSON object in, one out as the last line.

In: `{"jobs": {NAME: {"file": JSONL, "templates": ["v3", "v3-tekken"]}}}`. Each record goes
through the validator of the third tokenizer version, in its mode for finetuning, then through real
tokenizers of that version. Loss lies where mistral-finetune puts it: on the last assistant turn of
a record with tools, on every one of a record without; a weight of 0 takes it away.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.messages import (
    FinetuningAssistantMessage,
    ToolMessage,
    UserMessage,
)
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.protocol.instruct.validator import MistralRequestValidatorV3, ValidationMode
from mistral_common.tokens.tokenizers.base import InstructTokenizer, Tokenizer
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from pydantic import ValidationError

KINDS = {"user": UserMessage, "assistant": FinetuningAssistantMessage, "tool": ToolMessage}
VALIDATOR = MistralRequestValidatorV3(ValidationMode.finetuning)
MARKS = (
    "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
    "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
)  # fmt: skip
TOKENIZERS = {
    "v3": MistralTokenizer.v3().instruct_tokenizer,
    "v3-tekken": MistralTokenizer.v3(is_tekken=True).instruct_tokenizer,
}


def read_record(record: dict[str, Any]) -> tuple[str | None, list[Any], list[Tool]]:
    """Return system prompt, turns and tools. Raises: ValueError, MistralCommonException."""
    turns = list(record["messages"])
    system = turns.pop(0)["content"] if turns[0]["role"] == "system" else None
    for turn in turns:
        for call in turn.get("tool_calls") or ():
            # mistral-common would take an object and write it out, mistral-finetune does not
            if not isinstance(call["function"]["arguments"], str):
                raise ValueError("arguments have to be a string")
            if isinstance(json.loads(call["function"]["arguments"]), str):
                raise ValueError("arguments are encoded twice")
            if "id" not in call:
                raise ValueError("a call needs an id")
    tools = [Tool.model_validate(tool) for tool in record.get("tools") or ()]
    if any("description" not in tool["function"] for tool in record.get("tools") or ()):
        raise ValueError("a function needs a description")
    messages = [KINDS[turn["role"]].model_validate(turn) for turn in turns]
    VALIDATOR.validate_messages(messages)
    VALIDATOR._validate_tools(tools)
    return system, messages, tools


def encode(record: dict[str, Any], tokenizer: InstructTokenizer) -> dict[str, Any]:
    """Return what carries loss, a text for each turn that does, and all else as one text."""
    system, messages, tools = read_record(record)
    users = [place for place, message in enumerate(messages) if isinstance(message, UserMessage)]
    trained, rest = [], tokenizer.start()
    for place, message in enumerate(messages):
        if isinstance(message, UserMessage):
            rest += tokenizer.encode_user_message(
                message, available_tools=tools or None, is_last=place == users[-1],
                is_first=place == users[0], system_prompt=system,
            )[0]  # fmt: skip
        elif isinstance(message, ToolMessage):
            rest += tokenizer.encode_tool_message(message, place < users[-1])
        else:
            last = place == len(messages) - 1
            carries = (last or not tools) and message.weight in {None, 1}
            if last:  # an id is made up by chance, so it is not taught
                for call in message.tool_calls or ():
                    call.id = "null"
            said = tokenizer.encode_assistant_message(message, False)
            if carries:
                trained.append(said)
            else:
                rest += said
    inner = tokenizer.tokenizer
    return {"trained": [read(inner, said) for said in trained], "rest": read(inner, rest)}


def read(tokenizer: Tokenizer, tokens: list[int]) -> str:
    """Return tokens as text, marks included."""
    marks = {tokenizer.get_control_token(mark): mark for mark in MARKS}
    text, plain = "", []
    for token in tokens:
        if token in marks:
            text += tokenizer.decode(plain) + marks[token]
            plain = []
        else:
            plain.append(token)
    return text + tokenizer.decode(plain)


def do(job: dict[str, Any]) -> dict[str, Any]:
    """Return what becomes of a file."""
    with Path(job["file"]).open("rb") as lines:
        records = [json.loads(line) for line in lines]
    tokenizers: dict[str, Any] = {}
    for name in job["templates"]:
        tokenizer = TOKENIZERS[name]
        rows, errors = [], []
        for number, record in enumerate(records, 1):
            try:
                rows.append(encode(record, tokenizer))
            except (MistralCommonException, ValidationError, ValueError) as exc:
                errors.append(f"line {number}: {type(exc).__name__}: {exc}")
        tokenizers[name] = {"error": "; ".join(errors) or None, "rows": rows}
    return {"rows_read": len(records), "templates": tokenizers}


def main() -> None:
    """Print the facts."""
    asked = json.load(sys.stdin)
    jobs = {name: do(job) for name, job in asked["jobs"].items()}
    print(json.dumps({"version": version("mistral-common"), "jobs": jobs}))


if __name__ == "__main__":
    main()
