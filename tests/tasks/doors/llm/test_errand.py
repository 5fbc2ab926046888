from dataclasses import dataclass, field

from schemas.calls import Reply, Request
from schemas.messages import ToolCall
from tasks.doors.llm.errand import TOOLS, run_errand

FIND = ToolCall(id="c1", name="find_parcel", arguments={"parcel": "5512"})
OPEN = ToolCall(id="c2", name="open_locker", arguments={"locker": "K7"})


@dataclass
class Says:
    """Gives replies in turn, and remembers what it was asked."""

    replies: list[Reply]
    asked: list[Request] = field(default_factory=list)

    async def ask(self, request: Request, /) -> Reply:
        """Return the next reply."""
        self.asked.append(request)
        return self.replies[len(self.asked) - 1]


def reply(text: str = "", *calls: ToolCall, **more: object) -> Reply:
    """Return a reply."""
    told = {"key": "k", "endpoint": "e", "model": "m", "text": text, "tool_calls": calls}
    return Reply.model_validate(told | more)


async def test_a_model_that_uses_what_it_looked_up_is_done() -> None:
    """Two calls and an answer; each turn quotes the call before and what it gave."""
    model = Says([reply("", FIND), reply("", OPEN), reply("The code is 4821.")])
    assert (await run_errand(model)).failed_at == "done"
    assert [request.tools for request in model.asked] == [TOOLS] * 3
    roles = [message["role"] for message in model.asked[2].messages]
    assert roles == ["user", "assistant", "tool", "assistant", "tool"]
    assert "K7" in str(model.asked[1].messages[2])


async def test_where_it_stops_and_why_is_told() -> None:
    """An error of a call, no call, another call, another value, an answer without the result."""
    wrong = FIND.model_copy(update={"arguments": {"parcel": "1"}})
    cases = [
        ([reply("x", error="unparsed_call", detail="as text")], "first call", "as text"),
        ([reply("Which parcel?")], "first call", "no tool was called"),
        ([reply("", OPEN)], "first call", "open_locker was called"),
        ([reply("", wrong)], "first call", "another parcel than 5512"),
        ([reply("", FIND), reply("Done.")], "second call", "no tool was called"),
        ([reply("", FIND), reply("", OPEN), reply("Done.")], "answer", "not in the answer"),
    ]
    for replies, step, detail in cases:
        found = await run_errand(Says(replies))
        assert (found.failed_at, detail in found.detail) == (step, True)
