"""The home folder: text files that are written, read back and listed."""

from random import Random

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.state import Record, State

FOLDERS = ("notes", "reports", "drafts", "shared", "inbox", "plans", "letters", "records")
ENDINGS = ("txt", "md", "log")
SEEDED = 6


def seed_files(world: State) -> None:
    """Write some files."""
    for _ in range(SEEDED):
        about = names.topic(world.rng)
        content = names.sentence(world.rng, about)
        world.insert("files", draw_path(world.rng, about), _file(world, content))


def draw_path(rng: Random, about: str) -> str:
    """Return a path named after a topic."""
    return f"{rng.choice(FOLDERS)}/{about.replace(' ', '-')}.{rng.choice(ENDINGS)}"


def read_file(world: State, path: str) -> str:
    """Return a file's content. Raises: Refused (`file_not_found`)."""
    record = world.tables["files"].get(path)
    if record is None:
        known = ", ".join(list(world.tables["files"])[:3])
        raise Refused("file_not_found", f"There is no file {path[:80]}.", f"There is {known}.")
    return str(record["content"])


def list_folder(world: State, folder: str) -> list[str]:
    """Return the paths below a folder, sorted. Raises: Refused (`folder_not_found`)."""
    prefix = "" if folder in (".", "/", "~") else folder.rstrip("/") + "/"
    found = sorted(path for path in world.tables["files"] if path.startswith(prefix))
    if not found:
        folders = sorted({path.partition("/")[0] for path in world.tables["files"]})
        message = f"There is no folder {folder[:80]}."
        raise Refused("folder_not_found", message, f"There are {', '.join(folders)}.")
    return found


def write_file(world: State, path: str, content: str) -> None:
    """Write a file, replacing one that is there. Raises: Refused (`bad_path`)."""
    parts = path.split("/")
    if path.startswith(("/", "~")) or ".." in parts or not parts[-1].strip():
        message = f"{path[:80]} is not a file of the home folder."
        raise Refused("bad_path", message, "Use a path such as notes/visit.txt.")
    world.insert("files", path, _file(world, content))
    world.note(f"{path} written, {len(content)} characters")


def _file(world: State, content: str) -> Record:
    return {"content": content, "changed_at": world.now()}


def _hostwright_file(world: State, given: Record) -> Record:
    path = given["path"]
    match given["operation"]:
        case "read":
            return {"path": path, "content": read_file(world, path)}
        case "list":
            return {"folder": path, "files": list_folder(world, path)[:20]}
        case _ if "content" not in given:
            raise Refused("nothing_to_write", "To write a file, give its content.")
        case _:
            write_file(world, path, given["content"])
            return {"path": path, "bytes": len(given["content"].encode()), "state": "written"}


def _opsdeck_save(world: State, given: Record) -> Record:
    write_file(world, given["filePath"], given["text"])
    words = len(given["text"].split())
    return {"saved": {"filePath": given["filePath"], "words": words}, "savedAt": world.now()}


def _rackmate_put(world: State, given: Record) -> Record:
    write_file(world, given["target"], "\n".join(given["lines"]))
    return {"stored-at": given["target"], "line-count": len(given["lines"])}


def _draw_file(_world: State, _given: Record, rng: Random) -> Record:
    about = names.topic(rng)
    return {"path": draw_path(rng, about), "content": names.sentence(rng, about)}


def _written(world: State, needs: Record, _result: Record) -> str | None:
    record = world.tables["files"].get(needs["path"])
    if record is None:
        return f"there is no file {needs['path']}"
    content = " ".join(record["content"].split())
    parts = [str(needs[name]) for name in ("content", "fact") if name in needs]
    lost = [part for part in parts if " ".join(part.split()).rstrip(".!?") not in content]
    return f"{needs['path']} does not say: {lost[0]}" if lost else None


BEHAVIOURS = {
    "hostwright_file": _hostwright_file,
    "opsdeckSaveText": _opsdeck_save,
    "rackmate-put-file": _rackmate_put,
}
DRAWS = {"System.manage_files": _draw_file}
EFFECTS = {"System.manage_files": _written}
