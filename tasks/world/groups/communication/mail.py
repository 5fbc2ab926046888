"""Mail: letters to any address at a reserved domain, and the mailbox they lie in."""

from tasks.world.contract import Refused
from tasks.world.groups.communication.messages import (
    delete_message,
    find_messages,
    list_box,
    open_message,
    recall_message,
    send_message,
    sent_at,
    start_after,
)
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.excerpts import cut_text, text_part
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record, State

RESERVED = (".example", "@example.com", "@example.org", "@example.net", ".test")  # domains
PAGE = 4  # letters on a page unless the caller says otherwise
LINE, PART = 80, 1400  # bytes of a preview, of a part of a text


def _require_server(to: str) -> None:
    if not to.lower().endswith(RESERVED):
        raise Refused("undeliverable", f"no mail server answers for {to[:80]}", "check the domain")


def _mail(world: State, to: str, subject: str, text: str) -> Record:
    _require_server(to)
    return send_message(world, "emails", to, text, subject=subject)


def _postbird(world: State, given: Record) -> Record:
    sent = _mail(world, given["to"], given["subject"], given["body"])
    return {"message_id": sent["id"], "status": "queued", "to": sent["to"], "at": sent_at(sent)}


def _mailharbor(world: State, given: Record) -> Record:
    for to in given["recipients"]:
        _require_server(to)
    sent = [_mail(world, to, given["title"], given["content"]) for to in given["recipients"]]
    delivery = {"id": sent[0]["id"], "state": "accepted", "recipientCount": len(sent)}
    return {"delivery": delivery, "format": given["format"]}


def _larkmail(world: State, given: Record) -> Record:
    sent = _mail(world, given["recipient"], given["headline"], given["text"])
    return {"letters": [{"ref": sent["id"], "to": sent["to"], "words": len(sent["text"].split())}]}


def _postroom_send(world: State, given: Record) -> Record:
    sent = _mail(world, given["recipient"], given["subject"], given["message"])
    return {"letter": {"letterId": sent["id"], "recipient": sent["to"], "sentAt": sent_at(sent)}}


def _postroom_list(world: State, given: Record) -> Record:
    return _postroom_page(list_box(world, "emails", given.get("folder", "inbox")), given)


def _postroom_search(world: State, given: Record) -> Record:
    return _postroom_page(find_messages(world, "emails", given["query"]), given)


def _postroom_page(letters: list[Record], given: Record) -> Record:
    page, size = given.get("page", 1), given.get("perPage", PAGE)
    shown, following = cut_page(letters, (page - 1) * size, size)
    rows = [_postroom_row(letter) for letter in shown]
    return {"letters": rows, "total": len(letters), "nextPage": page + 1 if following else None}


def _postroom_row(letter: Record) -> Record:
    subject, start = cut_text(letter["subject"], LINE), cut_text(letter["text"], LINE)
    ends = {"letterId": letter["id"], "from": letter["from"], "to": letter["to"]}
    return {**ends, "subject": subject, "beginning": start, "sentAt": sent_at(letter)}


def _postroom_open(world: State, given: Record) -> Record:
    letter = open_message(world, "emails", given["letterId"])
    text, following = text_part(letter["text"], given.get("fromCharacter", 0), PART)
    head = {"letterId": letter["id"], "from": letter["from"], "to": letter["to"]}
    about = {"subject": letter["subject"], "sentAt": sent_at(letter)}
    return {"letter": {**head, **about, "text": text, "continuesAtCharacter": following}}


def _postroom_recall(world: State, given: Record) -> Record:
    letter = recall_message(world, "emails", given["letterId"])
    return {"recalled": letter["id"], "recipient": letter["to"]}


def _postroom_discard(world: State, given: Record) -> Record:
    letter = delete_message(world, "emails", given["letterId"])
    return {"discarded": letter["id"], "from": letter["from"]}


def _lark_browse(world: State, given: Record) -> Record:
    return _lark_page(list_box(world, "emails", given.get("box", "inbox")), given)


def _lark_find(world: State, given: Record) -> Record:
    return _lark_page(find_messages(world, "emails", given["words"]), given)


def _lark_page(letters: list[Record], given: Record) -> Record:
    start = start_after(letters, given.get("after"))
    shown, following = cut_page(letters, start, given.get("at-most", PAGE))
    rows = [
        {"ref": m["id"], "by": m["from"], "for": m["to"], "headline": cut_text(m["subject"], LINE)}
        for m in shown
    ]
    count = {"shown": len(rows), "of": len(letters)}
    return {"list": rows, "count": count, "next-after": shown[-1]["id"] if following else None}


def _lark_read(world: State, given: Record) -> Record:
    letter = open_message(world, "emails", given["ref"])
    text, following = text_part(letter["text"], given.get("skip-letters", 0), PART)
    head = {"ref": letter["id"], "by": letter["from"], "for": letter["to"], "at": sent_at(letter)}
    rest = {"text": text, "letters-left": len(letter["text"]) - following if following else 0}
    return {**head, "headline": letter["subject"], **rest}


def _lark_take_back(world: State, given: Record) -> Record:
    letter = recall_message(world, "emails", given["ref"])
    return {"taken-back": letter["id"], "from-recipient": letter["to"]}


def _lark_throw_away(world: State, given: Record) -> Record:
    return {"thrown-away": delete_message(world, "emails", given["ref"])["id"]}


POSTROOM = {
    "send": Way(_postroom_send, ("recipient", "subject", "message")),
    "list": Way(_postroom_list, (), ("folder", "page", "perPage")),
    "search": Way(_postroom_search, ("query",), ("page", "perPage")),
    "open": Way(_postroom_open, ("letterId",), ("fromCharacter",)),
    "recall": Way(_postroom_recall, ("letterId",)),
    "discard": Way(_postroom_discard, ("letterId",)),
}
LARKMAIL = {
    "write": Way(_larkmail, ("recipient", "headline", "text")),
    "browse": Way(_lark_browse, (), ("box", "after", "at-most")),
    "find": Way(_lark_find, ("words",), ("after", "at-most")),
    "read": Way(_lark_read, ("ref",), ("skip-letters",)),
    "take-back": Way(_lark_take_back, ("ref",)),
    "throw-away": Way(_lark_throw_away, ("ref",)),
}
BEHAVIOURS = {
    "postbird_send_email": _postbird,
    "mailHarborDeliver": _mailharbor,
    "larkmail-send-letter": _larkmail,
    "postroomMailbox": desk("operation", POSTROOM),
    "larkmail-mailbox": desk("job", LARKMAIL),
}
