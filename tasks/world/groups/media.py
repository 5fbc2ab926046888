"""Pictures, videos and sounds: one library that several groups add to and publish from."""

from random import Random
from typing import Literal

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.state import Record, State
from tasks.world.wording import same_wording

Medium = Literal["image", "video", "audio"]
ENDINGS: dict[Medium, str] = {"image": "png", "video": "mp4", "audio": "mp3"}
SEEDED = 5


def seed_media(world: State) -> None:
    """Put a few files of each medium into the library."""
    for medium, ending in ENDINGS.items():
        for _ in range(SEEDED):
            about = names.topic(world.rng)
            _put(world, f"{about.replace(' ', '-')}.{ending}", medium, about, "library")


def add_media(world: State, medium: Medium, about: str, made_by: str) -> Record:
    """Add a file that a call made, and return its record."""
    file = f"{world.new_id(medium)}.{ENDINGS[medium]}"
    world.note(f"media: {file} made")
    return _put(world, file, medium, about, made_by)


def _put(world: State, file: str, medium: Medium, about: str, made_by: str) -> Record:
    record = {"file": file, "kind": medium, "about": about, "made_by": made_by}
    return world.insert("media", file, record)


def require_media(world: State, file: str, medium: Medium) -> Record:
    """Return a file's record. Raises: Refused, if there is none or it is of another medium."""
    record = world.table("media").get(file)
    if record is None:
        hint = f"files of that kind: {', '.join(_files(world, medium)[:3])}"
        raise Refused("file_not_found", f"there is no file {file[:80]}", hint)
    if record["kind"] != medium:
        raise Refused("wrong_file_type", f"{file} holds {record['kind']}, not {medium}")
    return record


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
