"""The home folder: text files that are written, read, moved, deleted and searched.

A folder is what paths have in common; it is there as long as a file lies in it.
"""

from random import Random

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.ranking import rank
from tasks.world.groups.system.fitting import clip
from tasks.world.state import Record, State

FOLDERS = ("notes", "reports", "drafts", "shared", "inbox", "plans", "letters", "records")
ENDINGS = ("txt", "md", "log")
SEEDED = (4, 8)
LARGEST = 20_000  # characters of a file
SNIPPET = 100
HOME = ("", ".", "/", "~")


def seed_files(world: State) -> None:
    """Write some files."""
    for _ in range(world.rng.randint(*SEEDED)):
        about = names.topic(world.rng)
        put_file(world, draw_path(world.rng, about), names.sentence(world.rng, about))


def draw_path(rng: Random, about: str) -> str:
    """Return a path named after a topic."""
    return f"{rng.choice(FOLDERS)}/{about.replace(' ', '-')}.{rng.choice(ENDINGS)}"


def put_file(world: State, path: str, content: str) -> None:
    """Keep a file under a path that is known to be a good one."""
    world.insert("files", path, {"content": content, "changed": world.clock})


def require_file(world: State, path: str) -> Record:
    """Return a file's record. Raises: Refused (`file_not_found`)."""
    files = world.tables["files"]
    record = files.get(_plain(path))
    if record is None:
        known = ", ".join(list(files)[:3])
        hint = f"There is {known}." if known else "The home folder is empty."
        raise Refused("file_not_found", f"There is no file {path[:80]}.", hint)
    return record


def read_file(world: State, path: str) -> str:
    """Return a file's content. Raises: Refused (`file_not_found`)."""
    return str(require_file(world, path)["content"])


def list_folder(world: State, folder: str) -> list[str]:
    """Return the paths below a folder, sorted. Raises: Refused (`folder_not_found`)."""
    prefix = "" if folder in HOME else _plain(folder) + "/"
    found = sorted(path for path in world.tables["files"] if path.startswith(prefix))
    if not found and prefix:
        folders = sorted({path.partition("/")[0] for path in world.tables["files"]})
        message = f"There is no folder {folder[:80]}."
        raise Refused("folder_not_found", message, f"There are {', '.join(folders)}."[:300])
    return found


def write_file(world: State, path: str, content: str) -> str:
    """Write a file, replacing one that is there, and return its plain path.

    Raises:
        Refused: bad_path, is_a_folder, not_a_folder or file_too_big.
    """
    plain = _require_place(world, path)
    if len(content) > LARGEST:
        raise Refused("file_too_big", f"A file holds {LARGEST} characters. Write several files.")
    put_file(world, plain, content)
    world.note(f"{plain} written, {len(content)} characters")
    return plain


def append_file(world: State, path: str, content: str) -> str:
    """Add lines to the end of a file; return its plain path.

    Raises:
        Refused: file_not_found or file_too_big.
    """
    before = read_file(world, path)
    return write_file(world, path, f"{before}\n{content}" if before else content)


def move_file(world: State, path: str, target: str) -> str:
    """Give a file another path and return it.

    Raises:
        Refused: file_not_found, file_exists, bad_path, is_a_folder or not_a_folder.
    """
    content, source = read_file(world, path), _plain(path)
    plain = _require_place(world, target)
    if plain in world.tables["files"]:
        raise Refused("file_exists", f"{plain} is there already. Choose another path.")
    del world.tables["files"][source]
    put_file(world, plain, content)
    world.note(f"{source} moved to {plain}")
    return plain


def delete_file(world: State, path: str) -> str:
    """Delete a file and return its plain path. Raises: Refused (`file_not_found`)."""
    require_file(world, path)
    plain = _plain(path)
    del world.tables["files"][plain]
    world.note(f"{plain} deleted")
    return plain


def search_files(world: State, query: str) -> list[Record]:
    """Return path and a line of the files that hold words of the query, the best first."""
    files = world.tables["files"]
    found = rank(query, {path: (path, record["content"]) for path, record in files.items()})
    return [{"path": path, "line": _telling(files[path]["content"], query)} for path in found]


def _telling(content: str, query: str) -> str:
    lines = content.split("\n")
    ranked = rank(query, {line: ("", line) for line in lines})
    return clip((ranked or lines)[0], SNIPPET)


def _plain(path: str) -> str:
    if path.startswith("/"):
        return path  # nothing of ours: files lie in the home folder
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _require_place(world: State, path: str) -> str:
    plain = _plain(path)
    outside = path.startswith(("/", "~")) or ".." in path.split("/")
    if outside or path.endswith(("/", "/.")) or not plain.strip() or not path.isprintable():
        message = f"{path[:80]} is not a file of the home folder."
        raise Refused("bad_path", message, "Use a path such as notes/visit.txt.")
    for other in world.tables["files"]:
        if other.startswith(plain + "/"):
            raise Refused("is_a_folder", f"{plain} is a folder. Name a file in it.")
        if plain.startswith(other + "/"):
            raise Refused("not_a_folder", f"{other} is a file. Choose another folder.")
    return plain
