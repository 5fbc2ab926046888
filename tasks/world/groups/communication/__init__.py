"""Communication: mail, text messages and chat of the world's one user, sent and received."""

from random import Random

from tasks.world import names
from tasks.world.groups.communication import chats, mail, texts
from tasks.world.groups.communication.messages import ME, Medium, add_message
from tasks.world.groups.records import capitals, pascal, respell
from tasks.world.state import Record, State

CONTACTS = 8
RECEIVED = 3  # messages of each medium
OLDEST = 4000  # minutes before the first call
KNOWN = 0.7  # share of recipients that are contacts
ADDRESSES: dict[Medium, str] = {"emails": "email", "texts": "phone", "chats": "handle"}


def seed(world: State) -> None:
    """Fill the address book and the inboxes; nothing has been sent yet."""
    for _ in range(CONTACTS):
        name, handle = names.person(world.rng), names.handle(world.rng)
        email, phone = names.email(world.rng, name), names.phone(world.rng)
        contact = {"name": name, "email": email, "phone": phone, "handle": handle}
        world.insert("contacts", handle, contact)
    contacts = list(world.table("contacts").values())
    for medium, address in ADDRESSES.items():
        for _ in range(RECEIVED):
            _receive(world, medium, world.rng.choice(contacts)[address])


def _receive(world: State, medium: Medium, sender: str) -> None:
    about, minute = names.topic(world.rng), world.clock - world.rng.randint(1, OLDEST)
    subject = {"subject": names.title(world.rng, about)} if medium == "emails" else {}
    add_message(world, medium, sender, ME, names.sentence(world.rng, about), minute, **subject)


BEHAVIOURS = respell(
    {**mail.BEHAVIOURS, **texts.BEHAVIOURS, **chats.BEHAVIOURS},
    {"postroom": capitals, "Signalbox": pascal},
)


def _words(given: Record, rng: Random) -> str:
    return names.lead(rng) if "fact" in given else names.sentence(rng)


def _contact(world: State, rng: Random) -> Record:
    return rng.choice(list(world.table("contacts").values()))


def _draw_email(world: State, given: Record, rng: Random) -> Record:
    known = rng.random() < KNOWN
    recipient = _contact(world, rng)["email"] if known else names.email(rng)
    return {"recipient": recipient, "subject": names.title(rng), "body": _words(given, rng)}


def _draw_sms(world: State, given: Record, rng: Random) -> Record:
    known = rng.random() < KNOWN
    phone = _contact(world, rng)["phone"] if known else names.phone(rng)
    return {"phone": phone, "text": _words(given, rng)}


def _draw_chat(world: State, given: Record, rng: Random) -> Record:
    return {"contact": _contact(world, rng)["handle"], "text": _words(given, rng)}


DRAWS = {
    "Communication.send_email": _draw_email,
    "Communication.send_sms": _draw_sms,
    "Communication.send_instant_message": _draw_chat,
}


def _lacking(world: State, medium: Medium, to: str, parts: tuple[str, str]) -> str | None:
    for message in world.table(medium).values():
        text = " ".join(message["text"].split())
        sent = message["from"] == ME and message["to"] == to
        if sent and all(part in text for part in parts):
            return None
    return f"nothing of that kind was sent to {to}"


def _mailed(world: State, values: Record, _yields: Record) -> str | None:
    parts = (values["body"], values.get("fact", ""))
    return _lacking(world, "emails", values["recipient"], parts)


def _texted(world: State, values: Record, _yields: Record) -> str | None:
    parts = (values["text"], values.get("fact", ""))
    return _lacking(world, "texts", values["phone"], parts)


def _chatted(world: State, values: Record, _yields: Record) -> str | None:
    parts = (values["text"], values.get("fact", ""))
    return _lacking(world, "chats", values["contact"], parts)


EFFECTS = {
    "Communication.send_email": _mailed,
    "Communication.send_sms": _texted,
    "Communication.send_instant_message": _chatted,
}
