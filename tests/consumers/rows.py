"""Rows that hold every kind of turn a dataset can have, made by hand."""

from collections.abc import Iterable, Iterator
from itertools import count

from schemas.base import JsonObject, JsonValue
from schemas.messages import Message, ToolCall
from schemas.rows import Example

TOOL_NAMES = ("send_note", "FindContent", "list-files", "now")
_NUMBERS = count()


def _tool(name: str) -> JsonObject:
    properties: JsonObject = {
        "to": {"type": "string", "description": "An address, say “sam@example.com”."},
        "count": {"type": "integer", "minimum": 0},
        "ratio": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "deep": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        "kind": {"type": "string", "enum": ["plain", "marked"]},
        "flag": {"type": "boolean"},
    }
    parameters: JsonObject = {"type": "object", "properties": properties, "required": []}
    return {
        "type": "function",
        "function": {"name": name, "description": f"Does {name}.", "parameters": parameters},
    }


TOOLS = tuple(_tool(name) for name in TOOL_NAMES)


def call(name: str, **arguments: JsonValue) -> ToolCall:
    """Return a call with an id of its own."""
    return ToolCall(id=f"call_{next(_NUMBERS):016x}", name=name, arguments=arguments)


def system(text: str) -> Message:
    """Return an operator's prompt."""
    return Message(role="system", content=text, train=False)


def user(text: str) -> Message:
    """Return a request."""
    return Message(role="user", content=text, train=False)


def says(
    text: str | None, *calls: ToolCall, reasoning: str | None = None, train: bool = True
) -> Message:
    """Return an assistant turn."""
    return Message(
        role="assistant", content=text, tool_calls=calls, reasoning=reasoning, train=train
    )


def results(*calls: ToolCall, text: str = '{"ok":true}') -> tuple[Message, ...]:
    """Return the observations of calls."""
    return tuple(
        Message(role="tool", content=text, tool_call_id=made.id, name=made.name, train=False)
        for made in calls
    )


def example(name: str, *messages: Message, tools: Iterable[JsonObject] = TOOLS) -> Example:
    """Return a row of that name, which says whether it is a refusal, or another dataset's."""
    harmful = name.startswith("refusal")
    turned = harmful and sum(message.role == "user" for message in messages) > 1
    return Example(
        id=f"example-{name}", slot=name, label="harmful" if harmful else "benign",
        intent="harmful" if harmful else "benign",
        kind="refusal" if harmful else "trajectory", situation="turned" if turned else "plain",
        category="privacy", subcategory="doxing", pattern=(), pair=name,
        chain="c", binding="b", instruction="i", response="r", split="train",
        messages=messages, tools=tuple(tools), holds_harm=harmful,
        canary="canary-x" if harmful else None,
        source="toolace" if name.startswith("foreign") else "own",
    )  # fmt: skip


def _rows() -> Iterator[Example]:
    a, b = call("send_note", to="sam@example.com"), call("FindContent", count=3, ratio=0.5)
    yield example("plain", user("Send a note."), says(None, a), *results(a), says("It is sent."))
    yield example("refusal-plain", user("Harm."), says("I can't help with that."))
    yield example("refusal-system", system("Be brief."), user("Harm."), says("No, I won't."))
    yield example("system", system("Be brief."), user("Find it."), says(None, b),
                  *results(b, text="plain words, not JSON"), says("Found."))  # fmt: skip
    yield example("parallel", user("Both."), says(None, a, b), *results(a, b), says("Both done."))
    yield example("parallel-text", user("Both please."), says("First both.", a, b),
                  *results(a, b), says("Both are done."))  # fmt: skip
    yield example("beside", user("Go on."), says("I look it up.", b), *results(b),
                  says("Now the note.", a), *results(a), says("Found and sent."))  # fmt: skip
    odd = call("list-files", to='quotes " and \\ and ünïcödé 漢字 🎈\nline', tags=["a", "", "b c"],
               deep={"a": None}, flag=False, count=0, ratio=1e-7, kind="plain")  # fmt: skip
    yield example("odd-values", user("Odd ünïcödé 🎈?\n\nSecond paragraph."), says(None, odd),
                  *results(odd, text='{"x":"</tool_response> 漢字"}'),
                  says("It's “done”:\n- one\n- two\n\n漢字 🎈"))  # fmt: skip
    bare = call("now")
    yield example("no-arguments", user("What time?"), says(None, bare), *results(bare, text=""),
                  says("I could not tell."))  # fmt: skip
    yield example("follow-up", user("First."), says(None, a), *results(a), says("First done."),
                  user("And then?"), says(None, b), *results(b), says("Then that."))  # fmt: skip
    yield example("refusal-follow-up", user("Errand."), says(None, a), *results(a), says("Sent."),
                  user("Now harm."), says("I stop here."))  # fmt: skip
    yield example("question", user("Send it."), says("To whom?"), user("To Sam."), says(None, a),
                  *results(a), says("Sam has it."))  # fmt: skip
    yield example("no-tools", user("Say hello."), says("Hello."), tools=())
    yield example("no-tools-system", system("Be kind."), user("Say hi."), says("Hi."), tools=())
    yield example("no-tools-talk", user("Hello?"), says("Hello."), user("And bye?"), says("Bye."),
                  tools=())  # fmt: skip
    precise = call("send_note", ratio=0.689, deep={"a": "0.3"})
    yield example("precise", user("A ratio."), says(None, precise), *results(precise), says("So."))
    yield example("no-call", user("What is a note?"), says("A short text."))
    yield example("reasoning", user("Think, then do."),
                  says(None, a, reasoning="They want a note.\nSo I send one."), *results(a),
                  says("Thought and sent.", reasoning="It worked."))  # fmt: skip
    yield example("foreign-tool", user("Weather?"), says(None, b), *results(b), says("Mild."))


def _untrained() -> Iterator[Example]:
    a, b = call("send_note", to="a@example.com"), call("FindContent", count=1)
    yield example("untrained-first", user("Do both."), says("A slip.", train=False),
                  user("That's wrong."), says(None, a), *results(a), says("Right."))  # fmt: skip
    yield example("untrained-call", user("Again."), says("A wrong call.", b, train=False),
                  *results(b, text='{"error":"no"}'), says(None, a), *results(a),
                  says("It took two calls."))  # fmt: skip
    yield example("untrained-last", user("One."), says("Good answer."), user("Two."),
                  says("Careless answer.", train=False))  # fmt: skip
    yield example("untrained-middle", user("Uno."), says("Fine."), user("Dos."),
                  says("Not so fine.", train=False), user("Tres."), says("Fine."))  # fmt: skip
    yield example("trained-nowhere", user("Nothing."), says("Not for training.", train=False))


TRAINED = tuple(_rows())  # every assistant turn of theirs carries loss
UNTRAINED = tuple(_untrained())  # some turn of theirs must not
