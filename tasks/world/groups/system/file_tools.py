"""The providers' tools over the home folder."""

from random import Random

from tasks.world import names
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.system.files import (
    append_file,
    delete_file,
    draw_path,
    list_folder,
    move_file,
    read_file,
    search_files,
    write_file,
)
from tasks.world.groups.system.fitting import fit_rows, fit_text
from tasks.world.state import Record, State

PATHS_A_PAGE = 20
FOUND_A_PAGE = 5


def _hostwright_write(world: State, given: Record) -> Record:
    path = write_file(world, given["path"], given["content"])
    return {"path": path, "bytes": len(given["content"].encode()), "state": "written"}


def _hostwright_append(world: State, given: Record) -> Record:
    path = append_file(world, given["path"], given["content"])
    return {"path": path, "bytes": len(read_file(world, path).encode()), "state": "appended"}


def _hostwright_read(world: State, given: Record) -> Record:
    whole = read_file(world, given["path"])
    content, following = fit_text(whole, given.get("start", 0))
    return {
        "path": given["path"], "content": content, "characters": len(whole),
        "next_start": following,
    }  # fmt: skip


def _hostwright_list(world: State, given: Record) -> Record:
    rows = [{"path": path} for path in list_folder(world, given["path"])]
    page, following = fit_rows(rows, given.get("start", 0), PATHS_A_PAGE)
    paths = [row["path"] for row in page]
    return {"folder": given["path"], "files": paths, "total": len(rows), "next_start": following}


def _hostwright_delete(world: State, given: Record) -> Record:
    return {"path": delete_file(world, given["path"]), "state": "deleted"}


def _opsdeck_save(world: State, given: Record) -> Record:
    path = write_file(world, given["filePath"], given["text"])
    return {"saved": {"filePath": path, "words": len(given["text"].split())}, "at": world.now()}


def _rackmate_put(world: State, given: Record) -> Record:
    path = write_file(world, given["target"], "\n".join(given["lines"]))
    return {"stored-at": path, "line-count": len(given["lines"])}


def _filewick_save(world: State, given: Record) -> Record:
    return {"saved": {"entry": write_file(world, given["entry"], given["text"])}}


def _filewick_append(world: State, given: Record) -> Record:
    return {"extended": {"entry": append_file(world, given["entry"], given["text"])}}


def _filewick_move(world: State, given: Record) -> Record:
    moved = move_file(world, given["entry"], given["new-entry"])
    return {"moved": {"from": given["entry"], "to": moved}}


def _filewick_delete(world: State, given: Record) -> Record:
    return {"deleted": {"entry": delete_file(world, given["entry"])}}


def _filewick_open(world: State, given: Record) -> Record:
    text, following = fit_text(read_file(world, given["entry"]), given.get("from", 0))
    return {"entry": given["entry"], "text": text, "continue-from": following}


def _filewick_browse(world: State, given: Record) -> Record:
    rows = [{"entry": path} for path in list_folder(world, given["entry"])]
    page, following = fit_rows(rows, given.get("from", 0), PATHS_A_PAGE)
    return {"entries": page, "of": len(rows), "continue-from": following}


def _filewick_search(world: State, given: Record) -> Record:
    found = search_files(world, given["words"])
    page, following = fit_rows(found, given.get("from", 0), FOUND_A_PAGE)
    rows = [{"entry": row["path"], "line": row["line"]} for row in page]
    return {"found": rows, "of": len(found), "continue-from": following}


def _draw_file(_world: State, _given: Record, rng: Random) -> Record:
    about = names.topic(rng)
    return {"path": draw_path(rng, about), "content": names.sentence(rng, about)}


def _written(world: State, needs: Record, _yields: Record) -> str | None:
    record = world.tables["files"].get(needs["path"])
    if record is None:
        return f"there is no file {needs['path']}"
    content = " ".join(record["content"].split())
    parts = [str(needs[name]) for name in ("content", "fact") if name in needs]
    lost = [part for part in parts if " ".join(part.split()).rstrip(".!?") not in content]
    return f"{needs['path']} does not say: {lost[0]}" if lost else None


BEHAVIOURS = {
    "hostwright_file": desk(
        "operation",
        {
            "write": Way(_hostwright_write, ("path", "content")),
            "append": Way(_hostwright_append, ("path", "content")),
            "read": Way(_hostwright_read, ("path",), ("start",)),
            "list": Way(_hostwright_list, ("path",), ("start",)),
            "delete": Way(_hostwright_delete, ("path",)),
        },
    ),
    "opsdeckSaveText": _opsdeck_save,
    "rackmate-put-file": _rackmate_put,
    "filewick_desk": desk(
        "action",
        {
            "save": Way(_filewick_save, ("entry", "text")),
            "append": Way(_filewick_append, ("entry", "text")),
            "move": Way(_filewick_move, ("entry", "new-entry")),
            "delete": Way(_filewick_delete, ("entry",)),
            "open": Way(_filewick_open, ("entry",), ("from",)),
            "browse": Way(_filewick_browse, ("entry",), ("from",)),
            "search": Way(_filewick_search, ("words",), ("from",)),
        },
    ),
}
DRAWS = {"System.manage_files": _draw_file}
EFFECTS = {"System.manage_files": _written}
