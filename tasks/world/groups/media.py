"""Pictures, videos and sounds: one library that several groups add to and publish from."""

from random import Random
from typing import Any, Literal, get_args

from schemas.base import JsonValue
from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.state import Record, State
from tasks.world.wording import same_wording

Medium = Literal["image", "video", "audio"]
ENDINGS: dict[Medium, str] = {"image": "png", "video": "mp4", "audio": "mp3"}
LIBRARY = "library"  # the maker of the files that were there from the start
SHOWN_AS = get_args(Medium)  # the fields of a post that name a file
SEEDED = 4
SIDES = (600, 768, 900, 1024, 1200, 1600)  # pixels


def seed_media(world: State) -> None:
    """Put a few files of each medium into the library."""
    rng = world.rng
    for medium, ending in ENDINGS.items():
        for _ in range(SEEDED):
            about = names.topic(rng)
            details = (
                {"width": rng.choice(SIDES), "height": rng.choice(SIDES)}
                if medium == "image"
                else {"seconds": rng.randint(5, 240)}
            )
            _put(world, f"{about.replace(' ', '-')}.{ending}", medium, about, LIBRARY, details)


def add_media(
    world: State, medium: Medium, about: str, made_by: str, **details: JsonValue
) -> Record:
    """Add a file that a call made, and return its record.

    `details` are its `width` and `height` in pixels, its `seconds`, what it was `edited_from`.
    """
    file = f"{world.new_id(medium)}.{ENDINGS[medium]}"
    world.note(f"media: {file} made")
    return _put(world, file, medium, about, made_by, {**details, "made_at": world.now()})


def _put(
    world: State, file: str, medium: Medium, about: str, made_by: str, details: dict[str, Any]
) -> Record:
    record = {"file": file, "kind": medium, "about": about, "made_by": made_by, **details}
    return world.insert("media", file, record)


def require_file(world: State, file: str) -> Record:
    """Return a file's record, whatever its medium. Raises: Refused (file_not_found)."""
    record = world.table("media").get(file)
    if record is None:
        raise Refused("file_not_found", f"there is no file {file[:80]}", "list the library first")
    return record


def require_media(world: State, file: str, medium: Medium) -> Record:
    """Return a file's record. Raises: Refused, if there is none or it is of another medium."""
    record = world.table("media").get(file)
    if record is None:
        hint = f"files of that kind: {', '.join(_files(world, medium)[:3])}"
        raise Refused("file_not_found", f"there is no file {file[:80]}", hint)
    if record["kind"] != medium:
        raise Refused("wrong_file_type", f"{file} holds {record['kind']}, not {medium}")
    return record


def list_media(world: State, medium: str | None = None) -> list[Record]:
    """Return the files of a medium, or all, the last one made first."""
    records = reversed(world.table("media").values())
    return [record for record in records if medium in (None, record["kind"])]


def posts_showing(world: State, file: str) -> list[str]:
    """Return the ids of the posts that show a file, oldest first."""
    posts = world.tables.get("posts", {})
    return [key for key, post in posts.items() if file in _shown(post)]


def _shown(post: Record) -> list[str]:
    return [*(post[field] for field in SHOWN_AS if post.get(field)), *post.get("pictures", ())]


def delete_media(world: State, file: str, medium: Medium | None = None) -> Record:
    """Delete a file that a call made and return its record.

    Raises:
        Refused: file_not_found, wrong_file_type, library_file or file_in_use.
    """
    record = require_media(world, file, medium) if medium else require_file(world, file)
    if record["made_by"] == LIBRARY:
        hint = "only files that were made here can be deleted"
        raise Refused("library_file", f"{file} belongs to the library", hint)
    showing = posts_showing(world, file)
    if showing:
        raise Refused("file_in_use", f"{file} is shown by {showing[0]}", "delete the post first")
    world.note(f"media: {file} deleted")
    return world.table("media").pop(file)


def draw_media(world: State, medium: Medium, rng: Random) -> str:
    """Return the name of a file of the library."""
    return rng.choice(_files(world, medium))


def _files(world: State, medium: Medium) -> list[str]:
    return [file for file, record in world.table("media").items() if record["kind"] == medium]


def lacking_media(world: State, medium: Medium, about: str) -> str | None:
    """Return what is missing if no file of the medium is about `about`."""
    for record in world.table("media").values():
        if record["kind"] == medium and same_wording(record["about"], about):
            return None
    return f"no {medium} was made as described"
