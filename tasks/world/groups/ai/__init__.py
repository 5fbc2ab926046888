"""AI: pictures, videos and voices made from descriptions, and the library they lie in."""

from random import Random

from tasks.world import names
from tasks.world.groups.ai import libraries, scenes, studios
from tasks.world.groups.media import draw_media, lacking_media, seed_media
from tasks.world.groups.records import capitals, respell
from tasks.world.state import Record, State
from tasks.world.wording import same_wording


def seed(world: State) -> None:
    """Fill the media library."""
    seed_media(world)


BEHAVIOURS = respell({**studios.BEHAVIOURS, **libraries.BEHAVIOURS}, {"atelier": capitals})


def _draw_image(_world: State, _given: Record, rng: Random) -> Record:
    return {"subject": scenes.picture(rng)}


def _draw_video(_world: State, _given: Record, rng: Random) -> Record:
    return {"script": scenes.script(rng)}


def _draw_edit(world: State, _given: Record, rng: Random) -> Record:
    return {"image": draw_media(world, "image", rng), "change": scenes.change(rng)}


def _draw_voice(_world: State, _given: Record, rng: Random) -> Record:
    return {"speech": names.sentence(rng)}


DRAWS = {
    "AI.create_image": _draw_image,
    "AI.create_video": _draw_video,
    "AI.edit_image": _draw_edit,
    "AI.generate_voice": _draw_voice,
}


def _image_made(world: State, values: Record, _yields: Record) -> str | None:
    return lacking_media(world, "image", values["subject"])


def _video_made(world: State, values: Record, _yields: Record) -> str | None:
    return lacking_media(world, "video", values["script"])


def _image_edited(world: State, values: Record, _yields: Record) -> str | None:
    for record in world.table("media").values():
        changed = same_wording(record["about"], values["change"])
        if record.get("edited_from") == values["image"] and changed:
            return None
    return f"{values['image']} was not edited as told"


def _voice_made(world: State, values: Record, _yields: Record) -> str | None:
    return lacking_media(world, "audio", values["speech"])


EFFECTS = {
    "AI.create_image": _image_made,
    "AI.create_video": _video_made,
    "AI.edit_image": _image_edited,
    "AI.generate_voice": _voice_made,
}
