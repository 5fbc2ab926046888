import random
from collections.abc import Callable
from typing import Any

import pytest

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from schemas.dataflow import fill_arguments
from schemas.messages import ToolCall
from schemas.rows import CallResult, StepGoal
from tasks.world import World, check, draw_goal
from tasks.world.groups.communication.messages import ME
from tasks.world.state import Record

Act = Callable[..., Any]  # the fixtures' protocol

SEED = 8


@pytest.fixture
def world() -> World:
    return World(SEED)


def _call(world: World, name: str, **arguments: object) -> CallResult:
    return world.call(ToolCall.model_validate({"id": "c", "name": name, "arguments": arguments}))


def _error(done: CallResult) -> JsonObject:
    assert isinstance(done.result, dict)
    error = done.result["error"]
    assert isinstance(error, dict)
    return error


def _sent(world: World) -> list[Record]:
    return [mail for mail in world.table("emails").values() if mail["from"] == ME]


def test_mail_lies_in_the_outbox_as_it_was_sent(world: World) -> None:
    """What was sent can be found with recipient, subject and text."""
    _call(world, "postbird_send_email", to="mira@example.com", subject="Plan", body="Ready")
    (sent,) = _sent(world)
    assert (sent["to"], sent["subject"], sent["text"]) == ("mira@example.com", "Plan", "Ready")


def test_a_letter_to_several_people_is_one_mail_each(world: World) -> None:
    """Every recipient gets a copy; one unknown server stops them all."""
    letter = {"title": "Plan", "content": "Ready", "format": "plain"}
    both = ["a@example.com", "b@example.org"]
    assert _call(world, "mailHarborDeliver", recipients=both, **letter).ok
    assert [sent["to"] for sent in _sent(world)] == both
    done = _call(world, "mailHarborDeliver", recipients=["a@example.com", "b@real.zz"], **letter)
    assert _error(done)["code"] == "undeliverable"
    assert len(_sent(world)) == 2


@pytest.mark.parametrize("address", ["a@notexample.com", "a@example.com.zz", "a@b.example.zz"])
def test_only_reserved_domains_have_a_mail_server(world: World, address: str) -> None:
    """No address outside the reserved domains can be written to."""
    done = _call(world, "larkmail-send-letter", recipient=address, headline="Plan", text="Ready")
    assert _error(done)["code"] == "undeliverable"


def test_texts_go_to_fictional_numbers_only(world: World) -> None:
    """Numbers outside the block for fiction are not accepted."""
    assert _call(world, "textwren_send_sms", phone_number="202-555-0142", message="Ready").ok
    done = _call(world, "textwren_send_sms", phone_number="202-555-0242", message="Ready")
    assert _error(done)["code"] == "invalid_arguments"


def test_long_texts_take_several_segments(world: World) -> None:
    """A segment holds 160 characters."""
    done = _call(world, "textwren_send_sms", phone_number="202-555-0142", message="a" * 161)
    assert isinstance(done.result, dict)
    assert done.result["sms"] == {"id": done.changes[0].split()[1], "segments": 2, "status": "sent"}


def test_chats_reach_contacts_alone(world: World) -> None:
    """An unknown account is an error that names known ones."""
    handle = next(iter(world.table("contacts")))
    assert _call(world, "quillchat-direct-message", to=handle, body="Ready").ok
    done = _call(world, "chatterly_send_message", account="nobody", text="Ready")
    assert _error(done)["code"] == "unknown_account"
    assert handle in str(_error(done)["hint"])


SENDERS: dict[str, tuple[JsonObject, str]] = {
    "postbird_send_email": ({"to": "a@example.com", "subject": "Plan"}, "body"),
    "larkmail-send-letter": ({"recipient": "a@example.com", "headline": "Plan"}, "text"),
    "postroomMailbox": (
        {"operation": "send", "recipient": "a@example.com", "subject": "Plan"},
        "message",
    ),
}


@pytest.mark.parametrize("tool", SENDERS)
def test_any_mailbox_reads_what_any_provider_sent(world: World, act: Act, tool: str) -> None:
    """A letter is listed first, found by its words and read back to the letter."""
    given, parameter = SENDERS[tool]
    act(tool, **given, **{parameter: "The quixotic ledger is ready"})
    (sent,) = _sent(world)
    first = act("postroomMailbox", operation="list", folder="sent")["letters"][0]
    assert (first["letterId"], first["to"]) == (sent["id"], "a@example.com")
    found = act("larkmail-mailbox", job="find", words="quixotic")
    assert [row["ref"] for row in found["list"]] == [sent["id"]]
    assert act("larkmail-mailbox", job="read", ref=sent["id"])["text"] == sent["text"]
    letter = act("postroomMailbox", operation="open", letterId=sent["id"])["letter"]
    assert (letter["subject"], letter["text"]) == ("Plan", sent["text"])


def test_inboxes_hold_messages_of_contacts(world: World, act: Act) -> None:
    """Each medium starts with a few messages that known people sent before the first call."""
    contacts = list(world.table("contacts").values())
    rows = {
        "email": act("postroomMailbox", operation="list")["letters"],
        "phone": act("SignalboxTexts", Action="List")["Texts"],
        "handle": act("chatterly_conversations", action="search", query="the")["messages"],
    }
    for address, messages in rows.items():
        senders = {row.get("from", row.get("From")) for row in messages}
        assert senders
        assert senders <= {contact[address] for contact in contacts}
        assert all(
            row.get("sentAt", row.get("At", row.get("at"))) < world.now() for row in messages
        )


def test_a_long_letter_is_read_in_parts(act: Act) -> None:
    """The parts put together are the letter, and none of them is too large."""
    text = " ".join(f"\u20ac{number}" for number in range(600))
    act("postbird_send_email", to="a@example.com", subject="Plan", body=text)
    letter = act("postroomMailbox", operation="list", folder="sent")["letters"][0]["letterId"]
    parts = ""
    start: int | None = 0
    while start is not None:
        opened = act("postroomMailbox", operation="open", letterId=letter, fromCharacter=start)
        part = opened["letter"]
        assert len(part["text"].encode()) <= 1400
        parts, start = parts + part["text"], part["continuesAtCharacter"]
    assert parts == text


def test_numbered_pages_show_every_letter_once(world: World, act: Act) -> None:
    """Pages of two letters hold all of the inbox, newest first."""
    seen, page = [], 1
    while page:
        shown = act("postroomMailbox", operation="list", perPage=2, page=page)
        seen += shown["letters"]
        page = shown["nextPage"]
    assert {row["letterId"] for row in seen} == set(world.table("emails"))
    assert len(seen) == shown["total"] == len(world.table("emails"))
    assert [row["sentAt"] for row in seen] == sorted((r["sentAt"] for r in seen), reverse=True)


def test_a_cursor_goes_on_where_the_list_ended(world: World, act: Act, refusal: Act) -> None:
    """One letter at a time, the cursor walks through the inbox; an invented one is refused."""
    seen: list[str] = []
    more: JsonObject = {}
    while len(seen) < 10:
        shown = act("larkmail-mailbox", job="browse", **{"at-most": 1}, **more)
        seen += [row["ref"] for row in shown["list"]]
        if shown["next-after"] is None:
            break
        more = {"after": shown["next-after"]}
    assert sorted(seen) == sorted(world.table("emails"))
    assert refusal("larkmail-mailbox", job="browse", after="msg-0") == "unknown_cursor"


def test_a_recalled_message_is_as_if_never_sent(act: Act) -> None:
    """Undoing a step of a goal leaves the goal undone, for each medium."""
    undo = {
        "postroomMailbox": ("operation", "recall", "letterId", "Communication.send_email"),
        "larkmail-mailbox": ("job", "take-back", "ref", "Communication.send_email"),
        "SignalboxTexts": ("Action", "Cancel", "TextId", "Communication.send_sms"),
        "chatterly_conversations": (
            "action", "unsend", "message_id", "Communication.send_instant_message"
        ),
    }  # fmt: skip
    for tool, (chooser, operation, key, capability) in undo.items():
        (step,) = draw_goal((capability,), (tool,), SEED, random.Random(1))
        world = World(SEED)
        done = world.call(_planned(step))
        assert check(world, (step,)) == ()
        message = done.changes[0].split()[1]
        arguments: JsonObject = {chooser: operation, key: message}
        assert world.call(ToolCall(id="u", name=tool, arguments=arguments)).ok
        assert check(world, (step,))[0].endswith(f"was sent to {next(iter(step.values.values()))}")


def _planned(step: StepGoal) -> ToolCall:
    tool = load_catalogue().tools[step.tool]
    return ToolCall(id="c", name=tool.name, arguments=fill_arguments(tool, step.values))


def test_mail_is_recalled_within_half_an_hour(world: World, act: Act, refusal: Act) -> None:
    """Thirty minutes after it was sent a letter can still be recalled, one later not."""
    waits: tuple[tuple[int, str | None], ...] = ((30, None), (31, "ERR_TOO_LATE"))
    for waited, code in waits:
        act("postbird_send_email", to="a@example.com", subject="Plan", body="Ready")
        letter = _sent(world)[-1]["id"]
        for _ in range(waited - 1):
            act("postroomMailbox", operation="list")
        recall = {"operation": "recall", "letterId": letter}
        assert code is None or refusal("postroomMailbox", **recall) == code
        assert code or act("postroomMailbox", **recall)["recalled"] == letter


def test_received_messages_are_deleted_and_sent_ones_recalled(
    world: World, act: Act, refusal: Act
) -> None:
    """Each way of removing a message says for which the other one is."""
    received = next(iter(world.table("texts")))
    act("textwren_send_sms", phone_number="202-555-0142", message="Ready")
    (sent,) = [text["id"] for text in world.table("texts").values() if text["from"] == ME]
    assert refusal("SignalboxTexts", Action="Cancel", TextId=received) == "NotYourMessage"
    assert refusal("SignalboxTexts", Action="Delete", TextId=sent) == "SentMessage"
    act("SignalboxTexts", Action="Delete", TextId=received)
    assert refusal("SignalboxTexts", Action="Open", TextId=received) == "MessageNotFound"
    letter = next(iter(world.table("emails")))
    assert act("larkmail-mailbox", job="throw-away", ref=letter)["thrown-away"] == letter
    letter = next(iter(world.table("emails")))
    assert act("postroomMailbox", operation="discard", letterId=letter)["discarded"] == letter


def test_a_chat_has_a_history_with_both_sides(world: World, act: Act, refusal: Act) -> None:
    """What was received and what was sent stand in one list, newest first."""
    received = next(iter(world.table("chats").values()))
    handle = received["from"]
    before = act("chatterly_conversations", action="history", account=handle)["total"]
    act("quillchat-direct-message", to=handle, body="Ready")
    history = act("chatterly_conversations", action="history", account=handle)
    assert (history["total"], history["messages"][0]["text"]) == (before + 1, "Ready")
    newest = history["messages"][0]["id"]
    read = act("chatterly_conversations", action="read", message_id=newest)
    assert read["message"] == history["messages"][0] | {"continues_at": None}
    assert refusal("chatterly_conversations", action="history", account="x") == "unknown_account"


def test_chats_list_the_whole_address_book(world: World, act: Act) -> None:
    """Every contact has a row with the number of messages exchanged."""
    rows: list[JsonObject] = []
    start: int | None = 0
    while start is not None:
        shown = act("chatterly_conversations", action="list_chats", offset=start)
        rows += shown["chats"]
        start = shown["next_offset"]
    assert [row["account"] for row in rows] == list(world.table("contacts"))
    assert sum(int(str(row["messages"])) for row in rows) == len(world.table("chats"))


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("postroomMailbox", {"operation": "send", "subject": "Plan"}, "ERR_MISSING_PARAMETER"),
        ("postroomMailbox", {"operation": "list", "query": "x"}, "ERR_UNEXPECTED_PARAMETER"),
        ("postroomMailbox", {"operation": "open", "letterId": "m"}, "ERR_MESSAGE_NOT_FOUND"),
        ("larkmail-mailbox", {"job": "read"}, "missing_parameter"),
        ("SignalboxTexts", {"Action": "Send", "Words": "x"}, "MissingParameter"),
        ("SignalboxTexts", {"Action": "Open", "TextId": "m"}, "MessageNotFound"),
        ("chatterly_conversations", {"action": "unsend"}, "missing_parameter"),
        (
            "chatterly_conversations",
            {"action": "send", "account": "x", "text": "x"},
            "unknown_account",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    refusal: Act, tool: str, arguments: JsonObject, code: str
) -> None:
    """A missing or an idle parameter and an unknown message have codes in the provider's style."""
    assert refusal(tool, **arguments) == code
