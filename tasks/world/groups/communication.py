"""Communication: mail, text messages and chat, all sent by the world's one user."""

from random import Random

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.state import Record, State

CONTACTS = 10
KNOWN = 0.7  # share of recipients that are contacts
RESERVED = (".example", "@example.com", "@example.org", "@example.net", ".test")  # domains


def seed(world: State) -> None:
    """Fill the address book; the outboxes start empty."""
    for _ in range(CONTACTS):
        name, handle = names.person(world.rng), names.handle(world.rng)
        email, phone = names.email(world.rng, name), names.phone(world.rng)
        contact = {"name": name, "email": email, "phone": phone, "handle": handle}
        world.insert("contacts", handle, contact)
    for outbox in ("emails", "texts", "chats"):
        world.table(outbox)


def _send(world: State, outbox: str, to: str, text: str, **more: str) -> Record:
    message = world.new_id("msg")
    world.note(f"{outbox}: {message} to {to}")
    sent = {"id": message, "to": to, "text": text, "sent_at": world.now(), **more}
    return world.insert(outbox, message, sent)


def _require_server(to: str) -> None:
    if not to.lower().endswith(RESERVED):
        raise Refused("undeliverable", f"no mail server answers for {to[:80]}", "check the domain")


def _mail(world: State, to: str, subject: str, text: str) -> Record:
    _require_server(to)
    return _send(world, "emails", to, text, subject=subject)


def _chat(world: State, handle: str, text: str) -> Record:
    if handle not in world.table("contacts"):
        known = ", ".join(list(world.table("contacts"))[:3])
        raise Refused("unknown_account", f"nobody here is called {handle[:60]}", f"known: {known}")
    return _send(world, "chats", handle, text)


def _postbird(world: State, given: Record) -> Record:
    sent = _mail(world, given["to"], given["subject"], given["body"])
    return {"message_id": sent["id"], "status": "queued", "to": sent["to"], "at": sent["sent_at"]}


def _mailharbor(world: State, given: Record) -> Record:
    for to in given["recipients"]:
        _require_server(to)
    sent = [_mail(world, to, given["title"], given["content"]) for to in given["recipients"]]
    delivery = {"id": sent[0]["id"], "state": "accepted", "recipientCount": len(sent)}
    return {"delivery": delivery, "format": given["format"]}


def _larkmail(world: State, given: Record) -> Record:
    sent = _mail(world, given["recipient"], given["headline"], given["text"])
    return {"letters": [{"ref": sent["id"], "to": sent["to"], "words": len(sent["text"].split())}]}


def _textwren(world: State, given: Record) -> Record:
    sent = _send(world, "texts", given["phone_number"], given["message"])
    segments = 1 + len(sent["text"]) // 160
    return {"sms": {"id": sent["id"], "segments": segments, "status": "sent"}}


def _pingstone(world: State, given: Record) -> Record:
    sent = _send(world, "texts", given["ToNumber"], given["Text"])
    return {"Receipt": sent["id"], "To": sent["to"], "SentAt": sent["sent_at"]}


def _chatterly(world: State, given: Record) -> Record:
    sent = _chat(world, given["account"], given["text"])
    return {"ok": True, "message": {"id": sent["id"], "to": sent["to"], "at": sent["sent_at"]}}


def _quillchat(world: State, given: Record) -> Record:
    sent = _chat(world, given["to"], given["body"])
    thread = f"thread-{given['to']}"
    return {"thread": thread, "message-id": sent["id"], "notified": given["notify"]}


BEHAVIOURS = {
    "postbird_send_email": _postbird,
    "mailHarborDeliver": _mailharbor,
    "larkmail-send-letter": _larkmail,
    "textwren_send_sms": _textwren,
    "PingstoneSendText": _pingstone,
    "chatterly_send_message": _chatterly,
    "quillchat-direct-message": _quillchat,
}


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


def _lacking(world: State, outbox: str, to: str, text: str, fact: str) -> str | None:
    for sent in world.table(outbox).values():
        if sent["to"] == to and text in sent["text"] and fact in sent["text"]:
            return None
    return f"nothing of that kind was sent to {to}"


def _mailed(world: State, values: Record, _result: Record) -> str | None:
    fact = values.get("fact", "")
    return _lacking(world, "emails", values["recipient"], values["body"], fact)


def _texted(world: State, values: Record, _result: Record) -> str | None:
    return _lacking(world, "texts", values["phone"], values["text"], values.get("fact", ""))


def _chatted(world: State, values: Record, _result: Record) -> str | None:
    return _lacking(world, "chats", values["contact"], values["text"], values.get("fact", ""))


EFFECTS = {
    "Communication.send_email": _mailed,
    "Communication.send_sms": _texted,
    "Communication.send_instant_message": _chatted,
}
