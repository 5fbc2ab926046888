"""Chats: private messages between the user and the accounts in the address book."""

from tasks.world.contract import Refused
from tasks.world.groups.communication.messages import (
    ME,
    find_messages,
    newest_first,
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

LIMIT = 5  # rows unless the caller says otherwise
LINE, PART = 160, 1600  # bytes of a preview, of a part of a text


def _require_contact(world: State, handle: str) -> None:
    if handle not in world.table("contacts"):
        known = ", ".join(list(world.table("contacts"))[:3])
        raise Refused("unknown_account", f"nobody here is called {handle[:60]}", f"known: {known}")


def _chat(world: State, handle: str, text: str) -> Record:
    _require_contact(world, handle)
    return send_message(world, "chats", handle, text)


def _chatterly(world: State, given: Record) -> Record:
    sent = _chat(world, given["account"], given["text"])
    return {"ok": True, "message": {"id": sent["id"], "to": sent["to"], "at": sent_at(sent)}}


def _quillchat(world: State, given: Record) -> Record:
    sent = _chat(world, given["to"], given["body"])
    thread = f"thread-{given['to']}"
    return {"thread": thread, "message-id": sent["id"], "notified": given["notify"]}


def _with(world: State, handle: str) -> list[Record]:
    chats = world.table("chats").values()
    return newest_first([chat for chat in chats if handle in (chat["from"], chat["to"])])


def _list_contacts(world: State, given: Record) -> Record:
    contacts = list(world.table("contacts").values())
    shown, following = cut_page(contacts, given.get("offset", 0), given.get("limit", LIMIT))
    rows = [_contact_row(world, contact) for contact in shown]
    return {"ok": True, "chats": rows, "total": len(contacts), "next_offset": following}


def _contact_row(world: State, contact: Record) -> Record:
    exchanged = _with(world, contact["handle"])
    last = sent_at(exchanged[0]) if exchanged else None
    count = {"messages": len(exchanged), "last_message_at": last}
    return {"account": contact["handle"], "name": contact["name"], **count}


def _history(world: State, given: Record) -> Record:
    _require_contact(world, given["account"])
    return _page(_with(world, given["account"]), given)


def _search(world: State, given: Record) -> Record:
    return _page(find_messages(world, "chats", given["query"]), given)


def _page(chats: list[Record], given: Record) -> Record:
    start = start_after(chats, given.get("after"))
    shown, following = cut_page(chats, start, given.get("limit", LIMIT))
    rows = [_head(chat) | {"text": cut_text(chat["text"], LINE)} for chat in shown]
    more = {"total": len(chats), "next_after": shown[-1]["id"] if following else None}
    return {"ok": True, "messages": rows, **more}


def _head(chat: Record) -> Record:
    return {"id": chat["id"], "from": chat["from"], "to": chat["to"], "at": sent_at(chat)}


def _read(world: State, given: Record) -> Record:
    chat = open_message(world, "chats", given["message_id"])
    text, following = text_part(chat["text"], given.get("start", 0), PART)
    return {"ok": True, "message": _head(chat) | {"text": text, "continues_at": following}}


def _unsend(world: State, given: Record) -> Record:
    chat = recall_message(world, "chats", given["message_id"])
    return {"ok": True, "unsent": {"id": chat["id"], "to": chat["to"]}, "by": ME}


CONVERSATIONS = {
    "send": Way(_chatterly, ("account", "text")),
    "list_chats": Way(_list_contacts, (), ("offset", "limit")),
    "history": Way(_history, ("account",), ("after", "limit")),
    "search": Way(_search, ("query",), ("after", "limit")),
    "read": Way(_read, ("message_id",), ("start",)),
    "unsend": Way(_unsend, ("message_id",)),
}
BEHAVIOURS = {
    "chatterly_send_message": _chatterly,
    "quillchat-direct-message": _quillchat,
    "chatterly_conversations": desk("action", CONVERSATIONS),
}
