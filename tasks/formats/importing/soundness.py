"""Holds a drafted row to what a conversation has to be, and to its tools' contract."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.ids import digest
from schemas.messages import Message, ToolCall
from tasks.formats.importing.drafts import Draft, GivenCall, Turn, UnsoundRowError, check_size
from tasks.formats.importing.rows import Reason
from tasks.formats.importing.tools import ForeignTools, normalise_tools
from tasks.world.contract import Contract, Refused

_ROLES = ("system", "user", "assistant", "tool")
# who may speak after whom; nobody has spoken before the first
_NEXT = {
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant"),
}
_ID_HEX = 16


@dataclass(frozen=True, slots=True)
class Sound:
    """The messages and tools of a sound row, and what was changed in it."""

    messages: tuple[Message, ...]
    tools: ForeignTools
    changed: tuple[str, ...]


def make_sound(draft: Draft) -> Sound:
    """Return what a draft comes to. Raises: UnsoundRowError."""
    if draft.flaws:
        raise UnsoundRowError(*draft.flaws[0])
    check_size(draft.turns, "turns")
    check_size([call for turn in draft.turns for call in turn.calls], "calls")
    _check_turns(draft.turns)
    tools = normalise_tools(draft.tools)
    bound = _Binding(tools)
    messages = tuple(map(bound.message, draft.turns))
    _check_calls(messages, Contract(tools.schemas))
    return Sound(messages, tools, (*draft.changed, *tools.changed, *bound.changed))


def _check_turns(turns: Sequence[Turn]) -> None:
    """Raise UnsoundRowError unless the turns follow each other as they do in a conversation."""
    before = Turn("")
    for number, turn in enumerate(turns, start=1):
        if turn.role not in _ROLES:
            raise UnsoundRowError("unknown_role", f"turn {number}: {turn.role[:40]!r}")
        if turn.role not in _NEXT[before.role]:
            msg = f"turn {number}: {turn.role} comes after {before.role or 'nothing'}"
            raise UnsoundRowError(_misplaced(before), msg)
        if turn.calls and turn.role != "assistant":
            raise UnsoundRowError("unread_turn", f"turn {number}: {turn.role} calls a tool")
        if turn.role != "tool" and not (turn.calls or (turn.content or "").strip()):
            raise UnsoundRowError("empty_turn", f"turn {number}: {turn.role} says nothing")
        before = turn
    if before.role != "assistant":
        raise UnsoundRowError("no_answer", f"it ends with {before.role or 'nothing'}")


def _misplaced(before: Turn) -> Reason:
    """Return what is wrong with a turn that may not come after another."""
    if before.role in ("", "system"):
        return "no_request"
    return "call_without_result" if before.calls else "wrong_order"


@dataclass(slots=True)
class _Binding:
    """Turns being brought together: calls with tools' legal names, results with their calls.

    `open` holds the calls that wait for their results: the id as given, and as it became.
    """

    tools: ForeignTools
    changed: list[str] = field(default_factory=list)
    _open: list[tuple[GivenCall, ToolCall]] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)
    _number: int = 0

    def message(self, turn: Turn) -> Message:
        """Return a turn as a message. Raises: UnsoundRowError."""
        self._number += 1
        if turn.role == "tool":
            return self._result(turn)
        self.check_answered()
        assistant = turn.role == "assistant"
        calls = tuple(map(self._call, turn.calls))
        return Message(
            role=turn.role,
            content=turn.content if (turn.content or "").strip() else None,
            tool_calls=calls,
            reasoning=turn.reasoning if assistant else None,
            train=assistant and turn.train,
        )

    def check_answered(self) -> None:
        """Raise UnsoundRowError for a call that no result followed."""
        if self._open:
            name = self._open[0][1].name
            msg = f"turn {self._number}: no result of {name} came before it"
            raise UnsoundRowError("call_without_result", msg)

    def _call(self, given: GivenCall) -> ToolCall:
        name = self.tools.names.get(given.name)
        if name is None:
            msg = f"turn {self._number}: {given.name[:80]!r} is none of the tools it offers"
            raise UnsoundRowError("unknown_tool", msg)
        call = ToolCall(id=self._id(given), name=name, arguments=given.arguments)
        self._open.append((given, call))
        return call

    def _id(self, given: GivenCall) -> str:
        """Return an id that no other call has: the one given, or one made of the call itself."""
        made = digest(self._number, given.name, given.arguments)
        first = given.id or f"call_{made[:_ID_HEX]}"
        found, count = first, 1
        while found in self._taken:
            count += 1
            found = f"{first}_{count}"
        self._taken.add(found)
        if given.id and found != given.id:
            self.changed.append(f"call id {given.id[:80]}, given again, became {found}")
        return found

    def _result(self, turn: Turn) -> Message:
        place = self._place_of(turn)
        if place is None:
            whose = turn.call_id or turn.name or "nobody"
            msg = f"turn {self._number}: a result of {whose[:80]}, which waits for none"
            raise UnsoundRowError("result_without_call", msg)
        _, call = self._open.pop(place)
        return Message(
            role="tool",
            content=turn.content or "",
            tool_call_id=call.id,
            name=call.name,
            train=False,
        )

    def _place_of(self, turn: Turn) -> int | None:
        """Return which open call a result is of: the one it names, else the first."""
        for place, (given, _) in enumerate(self._open):
            if turn.call_id and given.id and turn.call_id != given.id:
                continue
            if not turn.name or turn.name == given.name:
                return place
        return None


def _check_calls(messages: Sequence[Message], contract: Contract) -> None:
    for number, turn in enumerate(messages, start=1):
        for call in turn.tool_calls:
            try:
                contract.validated(call.name, call.arguments)
            except Refused as refused:
                msg = f"turn {number}: {call.name}: {refused.message}"
                raise UnsoundRowError("call_breaks_schema", msg) from refused
