"""Mail, texts and chats under any order of calls."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from tasks.world import World
from tests.tasks.world.machines.checked import checked_call

MEDIA = ("emails", "texts", "chats")
TOOLS = [t for t in load_catalogue().tools.values() if t.capability.startswith("Communication.")]
VALUES = st.sampled_from(["msg-0", "the", "send", "list", "sent", "202-555-0142", 0, 3, None])
WORDS = st.text(min_size=1, max_size=400)
ADDRESSES = st.sampled_from(["a@example.com", "b@harbor.example", "c@example.org"])
READERS: dict[str, tuple[str, JsonObject, str, str]] = {
    "emails": ("postroomMailbox", {"operation": "open"}, "letterId", "fromCharacter"),
    "texts": ("SignalboxTexts", {"Action": "Open"}, "TextId", "StartAt"),
    "chats": ("chatterly_conversations", {"action": "read"}, "message_id", "start"),
}
TAKERS: dict[str, tuple[str, JsonObject]] = {
    "emails": ("larkmail-mailbox", {"job": "take-back"}),
    "texts": ("SignalboxTexts", {"Action": "Cancel"}),
    "chats": ("chatterly_conversations", {"action": "unsend"}),
}
KEYS = {"emails": "ref", "texts": "TextId", "chats": "message_id"}


class Correspondence(RuleBasedStateMachine):
    """A user who writes, reads, takes back and deletes, and sometimes calls nonsense."""

    sent = Bundle("sent")

    @initialize(seed=st.integers(0, 50))
    def begin(self, seed: int) -> None:
        """A new world, and what is known of it."""
        self.world = World(seed)
        self.kept: dict[str, tuple[str, str, str]] = {}  # id -> medium, recipient, text
        self.received = {key for medium in MEDIA for key in self.world.tables[medium]}
        self.used = set(self.received)

    def call(self, name: str, arguments: JsonObject) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        done = checked_call(self.world, name, arguments)
        return done.result if done.ok else None

    def keep(self, medium: str, to: str, text: str, message: str) -> str:
        """Remember a message that was sent; its id is a new one."""
        assert message not in self.used
        self.used.add(message)
        self.kept[message] = (medium, to, text)
        return message

    @rule(target=sent, to=ADDRESSES, text=WORDS, subject=st.text(min_size=1, max_size=160))
    def mail(self, to: str, text: str, subject: str) -> str:
        """A letter of any wording is sent."""
        arguments: JsonObject = {"to": to, "subject": subject, "body": text}
        done = self.call("postbird_send_email", arguments)
        return self.keep("emails", to, text, done["message_id"])

    @rule(target=sent, to=ADDRESSES, text=WORDS)
    def write_at_the_desk(self, to: str, text: str) -> str:
        """A letter is sent by the desk of another provider."""
        arguments: JsonObject = {"recipient": to, "subject": "Plan", "message": text}
        done = self.call("postroomMailbox", {"operation": "send", **arguments})
        return self.keep("emails", to, text, done["letter"]["letterId"])

    @rule(target=sent, text=WORDS)
    def text(self, text: str) -> str:
        """A text message is sent."""
        done = self.call("PingstoneSendText", {"ToNumber": "202-555-0142", "Text": text})
        return self.keep("texts", "202-555-0142", text, done["Receipt"])

    @rule(target=sent, which=st.integers(0, 7), text=WORDS)
    def chat(self, which: int, text: str) -> str:
        """A chat message is sent to a contact."""
        handles = list(self.world.tables["contacts"])
        to = handles[which % len(handles)]
        done = self.call("quillchat-direct-message", {"to": to, "body": text})
        return self.keep("chats", to, text, done["message-id"])

    @rule(message=sent)
    def read_back(self, message: str) -> None:
        """What was sent reads back to the letter, unless it was taken back."""
        medium, _, text = self.kept.get(message, ("emails", "", ""))
        tool, given, key, offset = READERS[medium]
        parts, start = "", 0
        while True:
            done = self.call(tool, {**given, key: message, offset: start})
            if message not in self.kept:
                assert done is None
                return
            shown = done.get("letter", done.get("message", done))
            parts += shown.get("text", shown.get("Words"))
            following = [value for name, value in shown.items() if "ontinues" in name]
            if following == [None]:
                break
            start = following[0]
        assert parts == text

    @rule(target=sent, message=sent)
    def take_back(self, message: str) -> Any:  # noqa: ANN401  hypothesis' own type
        """What was sent and is young enough can be taken back once."""
        medium, _, _ = self.kept.get(message, ("emails", "", ""))
        tool, given = TAKERS[medium]
        done = self.call(tool, {**given, KEYS[medium]: message})
        assert (done is None) == (message not in self.kept) or medium == "texts"
        if done is not None:
            del self.kept[message]
        return multiple()

    @rule(which=st.integers(0, 20))
    def delete_a_received_one(self, which: int) -> None:
        """A received letter can be deleted."""
        letters = [m for m, kept in self.world.tables["emails"].items() if kept["to"] == "me"]
        if letters:
            letter = letters[which % len(letters)]
            assert self.call("postroomMailbox", {"operation": "discard", "letterId": letter})
            self.received.remove(letter)

    @rule(tool=st.sampled_from(TOOLS), data=st.data())
    def call_nonsense(self, tool: Any, data: st.DataObject) -> None:  # noqa: ANN401  a Tool
        """Any call of any tool of the group is answered."""
        names = list(tool.parameters["properties"])
        some = st.dictionaries(st.sampled_from(names), VALUES, max_size=4)
        arguments: JsonObject = dict(data.draw(some))
        for chooser, argument in tool.arguments.items():
            if not argument.needs:
                choices = tool.parameters["properties"][chooser]["enum"]
                reading = [c for c in choices if c.lower() not in ("send", "write")]
                arguments[chooser] = data.draw(st.sampled_from(reading))
        before = {medium: set(self.world.tables[medium]) for medium in MEDIA}
        self.call(tool.name, arguments)
        for medium in MEDIA:
            for message in set(self.world.tables[medium]) - before[medium]:
                new = self.world.tables[medium][message]
                self.keep(medium, new["to"], new["text"], message)

    @invariant()
    def boxes_hold_what_was_kept(self) -> None:
        """Nothing is lost or added, on either side."""
        for medium in MEDIA:
            rows = self.world.tables[medium].values()
            own = {m["id"]: (medium, m["to"], m["text"]) for m in rows if m["from"] == "me"}
            assert own == {key: kept for key, kept in self.kept.items() if kept[0] == medium}
        others = {m for medium in MEDIA for m in self.world.tables[medium]} - self.kept.keys()
        assert others == self.received


Correspondence.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestCorrespondence = Correspondence.TestCase
