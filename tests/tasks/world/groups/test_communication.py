import pytest

from schemas.base import JsonObject
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World

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


def test_mail_lies_in_the_outbox_as_it_was_sent(world: World) -> None:
    """What was sent can be found with recipient, subject and text."""
    _call(world, "postbird_send_email", to="mira@example.com", subject="Plan", body="Ready")
    (sent,) = world.table("emails").values()
    assert (sent["to"], sent["subject"], sent["text"]) == ("mira@example.com", "Plan", "Ready")


def test_a_letter_to_several_people_is_one_mail_each(world: World) -> None:
    """Every recipient gets a copy; one unknown server stops them all."""
    letter = {"title": "Plan", "content": "Ready", "format": "plain"}
    both = ["a@example.com", "b@example.org"]
    assert _call(world, "mailHarborDeliver", recipients=both, **letter).ok
    assert [sent["to"] for sent in world.table("emails").values()] == both
    done = _call(world, "mailHarborDeliver", recipients=["a@example.com", "b@real.zz"], **letter)
    assert _error(done)["code"] == "undeliverable"
    assert len(world.table("emails")) == 2


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
