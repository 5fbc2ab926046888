"""Draws rows for people; what is harmful is masked before it gets here."""

from collections.abc import Iterable, Iterator, Mapping

import orjson
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from schemas.messages import Message
from schemas.rows import Example, Row
from schemas.third_party import OWN

_LONGEST = 300
_STYLES = {"system": "magenta", "user": "cyan", "assistant": "green", "tool": "yellow"}


def draw_example(example: Example, *, whole: bool = False) -> RenderableType:
    """Return a conversation as a panel; long turns are cut unless `whole`."""
    tools = ", ".join(_tool_name(tool) for tool in example.tools)
    head = Text(f"{example.category} / {example.subcategory} · {' → '.join(example.pattern)}")
    parts = [head, Text(f"tools offered: {tools}", style="dim")]
    if origin := _origin(example):
        parts.append(Text(origin, style="dim"))
    parts.append(Text())
    parts += draw_turns(example.messages, whole=whole)
    title = f"{example.intent} · {example.kind} · {example.split} · {example.id}"
    return Panel(Group(*parts), title=Text(title), title_align="left")


def _origin(example: Example) -> str:
    """Return where a row comes from, if it is of another dataset or offers tools of one."""
    if example.source != OWN:
        licence = example.licence or "no licence stated"
        return f"from {example.source}: {example.source_id} ({licence})"
    return f"tools of {example.tools_of}" if example.tools_of else ""


def draw_turns(messages: Iterable[Message], *, whole: bool = False) -> list[Text]:
    """Return turns as lines; long ones are cut unless `whole`."""
    return [line for message in messages for line in _lines(message, whole=whole)]


def draw_row(row: Row) -> RenderableType:
    """Return any row as a panel of its fields."""
    if isinstance(row, Example):
        return draw_example(row, whole=True)
    lines = [_field(name, value) for name, value in row.model_dump(mode="json").items()]
    return Panel(Group(*lines), title=Text(row.id), title_align="left")


def _field(name: str, value: object) -> Text:
    shown = value if isinstance(value, str) else orjson.dumps(value).decode()
    return Text(f"{name}: ", style="bold") + Text(shown, style="not bold")


def _lines(message: Message, *, whole: bool) -> Iterator[Text]:
    label = Text(f"{message.role}: ", style=_STYLES[message.role])
    if message.content:
        yield label + Text(message.content if whole else _cut(message.content))
    for call in message.tool_calls:
        arguments = orjson.dumps(call.arguments).decode()
        shown = arguments if whole else _cut(arguments)
        yield label + Text(f"→ {call.name}({shown})", style="bold")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _tool_name(tool: Mapping[str, object]) -> str:
    function = tool.get("function")
    return str(function.get("name")) if isinstance(function, dict) else "?"
