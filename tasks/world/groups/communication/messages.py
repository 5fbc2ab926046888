"""Messages sent and received: one table each for mail, texts and chats."""

from datetime import timedelta
from typing import Literal

from tasks.world.contract import Refused
from tasks.world.groups.ranking import rank
from tasks.world.state import EPOCH, Record, State

Medium = Literal["emails", "texts", "chats"]
ME = "me"  # stands for the world's one user as sender and as recipient
RECALL_MINUTES: dict[Medium, int] = {"emails": 30, "texts": 10}  # chats: always


def add_message(
    world: State, medium: Medium, sender: str, to: str, text: str, minute: int, **more: str
) -> Record:
    """Keep a message and return its record; `minute` is the time it was sent."""
    message = world.new_id("msg")
    record = {"id": message, "from": sender, "to": to, "text": text, "minute": minute, **more}
    return world.insert(medium, message, record)


def send_message(world: State, medium: Medium, to: str, text: str, **more: str) -> Record:
    """Send a message of the user's and return its record."""
    sent = add_message(world, medium, ME, to, text, world.clock, **more)
    world.note(f"{medium}: {sent['id']} to {to}")
    return sent


def sent_at(message: Record) -> str:
    """Return when a message was sent, ISO 8601 in UTC."""
    moment = EPOCH + timedelta(minutes=message["minute"])
    return f"{moment.isoformat()[:19]}Z"


def list_box(world: State, medium: Medium, box: str) -> list[Record]:
    """Return the messages of the `sent` box or of the inbox, newest first."""
    messages = [m for m in world.table(medium).values() if (m["from"] == ME) == (box == "sent")]
    return newest_first(messages)


def newest_first(messages: list[Record]) -> list[Record]:
    """Return messages by time; of the same minute, the later one comes first."""
    return sorted(reversed(messages), key=lambda message: -message["minute"])


def find_messages(world: State, medium: Medium, query: str) -> list[Record]:
    """Return messages sent and received that answer a query, the best first."""
    messages = world.table(medium)
    documents = {
        key: (m.get("subject", ""), f"{m['from']} {m['to']} {m['text']}")
        for key, m in messages.items()
    }
    return [messages[key] for key in rank(query, documents)]


def start_after(messages: list[Record], last: str | None) -> int:
    """Return the place of the message that follows `last`. Raises: Refused (unknown_cursor)."""
    if last is None:
        return 0
    ids = [message["id"] for message in messages]
    if last not in ids:
        hint = "give the id that the page before named as the next one, or start without one"
        raise Refused("unknown_cursor", f"{last[:60]} is no message of this list", hint)
    return ids.index(last) + 1


def open_message(world: State, medium: Medium, message: str) -> Record:
    """Return a message. Raises: Refused (message_not_found)."""
    record = world.table(medium).get(message)
    if record is None:
        hint = "list or search the messages to see their ids"
        raise Refused("message_not_found", f"there is no message {message[:60]}", hint)
    return record


def recall_message(world: State, medium: Medium, message: str) -> Record:
    """Take a sent message back, as if it had not been sent; return its record.

    Raises:
        Refused: message_not_found, not_your_message or too_late.
    """
    record = open_message(world, medium, message)
    if record["from"] != ME:
        raise Refused("not_your_message", f"{message} is from {record['from']}, not from you")
    limit = RECALL_MINUTES.get(medium)
    age = world.clock - record["minute"]
    if limit is not None and age > limit:
        text = f"{message} went out {age} minutes ago; {limit} is the most"
        raise Refused("too_late", text, "send a correction instead")
    return _remove(world, medium, message, "taken back")


def delete_message(world: State, medium: Medium, message: str) -> Record:
    """Delete a received message and return its record.

    Raises:
        Refused: message_not_found or sent_message.
    """
    record = open_message(world, medium, message)
    if record["from"] == ME:
        text = f"{message} was sent by you and stays with {record['to']}"
        raise Refused("sent_message", text, "take it back instead")
    return _remove(world, medium, message, "deleted")


def _remove(world: State, medium: Medium, message: str, what: str) -> Record:
    world.note(f"{medium}: {message} {what}")
    return world.table(medium).pop(message)
