"""Desks at the media library: make a file, find it, read what is known of it, delete it."""

from tasks.world.contract import Refused
from tasks.world.groups.ai.studios import RATIOS, make_image, speak
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.excerpts import cut_text
from tasks.world.groups.media import (
    delete_media,
    list_media,
    posts_showing,
    require_file,
    require_media,
)
from tasks.world.groups.paging import cut_page
from tasks.world.groups.ranking import rank
from tasks.world.state import Record, State

PAGE = 5  # files on a page unless the caller says otherwise
LINE, WHOLE = 120, 1200  # bytes of a description in a list, of one on its own


def _atelier_create(world: State, given: Record) -> Record:
    made = make_image(world, given["scene"], "atelier", RATIOS["4:3"])
    return {"work": {"file": made["file"], "width": made["width"], "height": made["height"]}}


def _atelier_list(world: State, given: Record) -> Record:
    return _atelier_page(list_media(world, given.get("kind")), given)


def _atelier_find(world: State, given: Record) -> Record:
    files = {record["file"]: record for record in list_media(world, given.get("kind"))}
    documents = {file: (record["about"], file) for file, record in files.items()}
    return _atelier_page([files[file] for file in rank(given["words"], documents)], given)


def _atelier_page(files: list[Record], given: Record) -> Record:
    page, size = given.get("page", 1), given.get("page_size", PAGE)
    shown, following = cut_page(files, (page - 1) * size, size)
    rows = [_atelier_row(record) for record in shown]
    return {"works": rows, "total": len(files), "next_page": page + 1 if following else None}


def _atelier_row(record: Record) -> Record:
    about = cut_text(record["about"], LINE)
    return {"file": record["file"], "kind": record["kind"], "about": about}


def _atelier_describe(world: State, given: Record) -> Record:
    record = require_file(world, given["file"])
    return {"work": _known(record), "shown_by_posts": posts_showing(world, record["file"])[:5]}


def _known(record: Record) -> Record:
    return record | {"about": cut_text(record["about"], WHOLE)}


def _atelier_delete(world: State, given: Record) -> Record:
    return {"deleted": delete_media(world, given["file"])["file"]}


def _voxmill_speak(world: State, given: Record) -> Record:
    made = speak(world, given["lines"], "voxmill")
    return {"take": {"soundFile": made["file"], "seconds": made["seconds"]}}


def _voxmill_list(world: State, given: Record) -> Record:
    takes = list_media(world, "audio")
    start = _place_after(takes, given["cursor"]) if "cursor" in given else 0
    shown, following = cut_page(takes, start, given.get("max", PAGE))
    rows = [{"soundFile": take["file"], "seconds": take["seconds"]} for take in shown]
    return {"takes": rows, "count": len(takes), "cursor": shown[-1]["file"] if following else None}


def _place_after(takes: list[Record], cursor: str) -> int:
    files = [take["file"] for take in takes]
    if cursor not in files:
        hint = "give the cursor of the page before, or leave it out to start"
        raise Refused("unknown_cursor", f"{cursor[:80]} is no sound file of the list", hint)
    return files.index(cursor) + 1


def _voxmill_inspect(world: State, given: Record) -> Record:
    record = require_media(world, given["soundFile"], "audio")
    says = cut_text(record["about"], WHOLE)
    posts = posts_showing(world, record["file"])[:5]
    return {
        "take": {"soundFile": record["file"], "seconds": record["seconds"], "says": says},
        "madeBy": record["made_by"],
        "usedBy": posts,
    }


def _voxmill_remove(world: State, given: Record) -> Record:
    return {"removed": delete_media(world, given["soundFile"], "audio")["file"]}


ATELIER = {
    "create": Way(_atelier_create, ("scene",)),
    "list": Way(_atelier_list, (), ("kind", "page", "page_size")),
    "find": Way(_atelier_find, ("words",), ("kind", "page", "page_size")),
    "describe": Way(_atelier_describe, ("file",)),
    "delete": Way(_atelier_delete, ("file",)),
}
VOXMILL = {
    "speak": Way(_voxmill_speak, ("lines",)),
    "list": Way(_voxmill_list, (), ("max", "cursor")),
    "inspect": Way(_voxmill_inspect, ("soundFile",)),
    "remove": Way(_voxmill_remove, ("soundFile",)),
}
BEHAVIOURS = {
    "atelier_works": desk("operation", ATELIER),
    "voxmillBooth": desk("task", VOXMILL),
}
