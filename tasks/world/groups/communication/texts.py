"""Text messages: to and from phones of the block of numbers kept for fiction."""

from tasks.world.groups.communication.messages import (
    delete_message,
    find_messages,
    list_box,
    open_message,
    recall_message,
    send_message,
    sent_at,
)
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.excerpts import cut_text, text_part
from tasks.world.groups.paging import cut_page
from tasks.world.state import Record, State

SEGMENT = 160  # characters
COUNT = 5  # texts on a page unless the caller says otherwise
LINE, PART = 160, 1600  # bytes of a preview, of a part of a text


def _textwren(world: State, given: Record) -> Record:
    sent = send_message(world, "texts", given["phone_number"], given["message"])
    return {"sms": {"id": sent["id"], "segments": _segments(sent), "status": "sent"}}


def _segments(text: Record) -> int:
    return 1 + (len(text["text"]) - 1) // SEGMENT


def _pingstone(world: State, given: Record) -> Record:
    sent = send_message(world, "texts", given["ToNumber"], given["Text"])
    return {"Receipt": sent["id"], "To": sent["to"], "SentAt": sent_at(sent)}


def _send(world: State, given: Record) -> Record:
    sent = send_message(world, "texts", given["Number"], given["Words"])
    return {"Sent": {"TextId": sent["id"], "Number": sent["to"], "Segments": _segments(sent)}}


def _list(world: State, given: Record) -> Record:
    return _page(list_box(world, "texts", given.get("Box", "Received").lower()), given)


def _search(world: State, given: Record) -> Record:
    return _page(find_messages(world, "texts", given["Query"]), given)


def _page(texts: list[Record], given: Record) -> Record:
    shown, following = cut_page(texts, given.get("Offset", 0), given.get("Count", COUNT))
    rows = [_head(text) | {"Words": cut_text(text["text"], LINE)} for text in shown]
    return {"Texts": rows, "Total": len(texts), "NextOffset": following}


def _head(text: Record) -> Record:
    return {"TextId": text["id"], "From": text["from"], "To": text["to"], "At": sent_at(text)}


def _open(world: State, given: Record) -> Record:
    text = open_message(world, "texts", given["TextId"])
    words, following = text_part(text["text"], given.get("StartAt", 0), PART)
    return _head(text) | {"Words": words, "ContinuesAt": following}


def _cancel(world: State, given: Record) -> Record:
    text = recall_message(world, "texts", given["TextId"])
    return {"Cancelled": text["id"], "Number": text["to"]}


def _delete(world: State, given: Record) -> Record:
    return {"Deleted": delete_message(world, "texts", given["TextId"])["id"]}


SIGNALBOX = {
    "Send": Way(_send, ("Number", "Words")),
    "List": Way(_list, (), ("Box", "Offset", "Count")),
    "Search": Way(_search, ("Query",), ("Offset", "Count")),
    "Open": Way(_open, ("TextId",), ("StartAt",)),
    "Cancel": Way(_cancel, ("TextId",)),
    "Delete": Way(_delete, ("TextId",)),
}
BEHAVIOURS = {
    "textwren_send_sms": _textwren,
    "PingstoneSendText": _pingstone,
    "SignalboxTexts": desk("Action", SIGNALBOX),
}
