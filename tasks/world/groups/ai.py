"""AI: pictures, videos and voices made from descriptions."""

from random import Random

from tasks.world import names
from tasks.world.groups.media import (
    add_media,
    draw_media,
    lacking_media,
    require_media,
    seed_media,
)
from tasks.world.state import Record, State

SIZES = {"square": (1024, 1024), "portrait": (768, 1024), "landscape": (1024, 768)}
RATIOS = {"1:1": (900, 900), "4:3": (1200, 900), "16:9": (1600, 900)}
LENGTHS = {"short": 12, "medium": 30, "long": 60}
LETTERS_A_SECOND = 14

LOOKS = ("watercolour", "pencil drawing", "flat illustration", "studio photograph",
         "paper collage", "wide photograph", "soft oil painting", "line drawing",
         "clean poster", "woodcut")  # fmt: skip
THINGS = ("lantern", "wooden rowboat", "brass compass", "row of market stalls", "stone bridge",
          "bicycle", "stack of ledgers", "glass greenhouse", "folded map", "pair of headphones",
          "conference badge", "delivery van", "blue envelope", "coffee cup", "signpost",
          "wall calendar", "name tag", "set of keys", "laptop on a desk",
          "clock tower")  # fmt: skip
PLACES = ("beside a quiet harbor", "in an empty courtyard", "on a tidy desk", "under a grey sky",
          "in front of a brick wall", "at the edge of a field", "near a tall window",
          "on a cobbled street", "in a bright office", "against a plain background",
          "below a row of trees", "next to a small stage")  # fmt: skip
LIGHTS = ("in the morning light", "at dusk", "with long shadows", "in warm colours",
          "in cool colours", "with plenty of empty space", "seen from above", "in close view",
          "with a thin white border", "in soft focus")  # fmt: skip
CHANGES = ("Make the background {shade} and move the {thing} to the {side}",
           "Add a {shade} {thing} on the {side} and keep the rest as it is",
           "Replace the {thing} on the {side} with a {shade} one",
           "Crop it around the {thing} and give the {side} a {shade} tone",
           "Brighten the {side} and put a {shade} frame around the {thing}")  # fmt: skip
SHADES = ("darker", "lighter", "pale blue", "warm yellow", "muted green", "deep red", "plain white",
          "soft grey", "sand coloured", "violet")  # fmt: skip
SIDES = ("left", "right", "upper half", "lower half", "upper left corner", "lower right corner")


def seed(world: State) -> None:
    """Fill the media library."""
    seed_media(world)


def _pixelloom_create(world: State, given: Record) -> Record:
    width, height = SIZES[given["size"]]
    made = add_media(world, "image", given["prompt"], "pixelloom")
    image = {"file": made["file"], "width": width, "height": height, "style": given["style"]}
    return {"image": image, "created_at": world.now()}


def _pixelloom_edit(world: State, given: Record) -> Record:
    source = require_media(world, given["image_file"], "image")
    made = add_media(world, "image", given["instruction"], "pixelloom")
    made["edited_from"] = source["file"]
    return {"image": {"file": made["file"], "edited_from": source["file"]}}


def _glazeworks_render(world: State, given: Record) -> Record:
    width, height = RATIOS[given["AspectRatio"]]
    made = add_media(world, "image", given["Description"], "glazeworks")
    asset = {"FileName": made["file"], "Width": width, "Height": height}
    return {"JobId": world.new_id("job"), "State": "Finished", "Assets": [asset]}


def _glazeworks_animate(world: State, given: Record) -> Record:
    made = add_media(world, "video", given["Screenplay"], "glazeworks")
    asset = {"FileName": made["file"], "Seconds": LENGTHS[given["Length"]]}
    return {"JobId": world.new_id("job"), "State": "Finished", "Assets": [asset]}


def _darkroom_retouch(world: State, given: Record) -> Record:
    source = require_media(world, given["sourceFile"], "image")
    made = add_media(world, "image", given["change"], "darkroom")
    made["edited_from"] = source["file"]
    return {"output": {"name": made["file"], "strength": given["strength"]}, "revision": 2}


def _reelforge_make(world: State, given: Record) -> Record:
    made = add_media(world, "video", given["script"], "reelforge")
    seconds, captions = given["duration_seconds"], given["captions"]
    video = {"file": made["file"], "duration_seconds": seconds, "captions": captions}
    return {"status": "ready", "video": video}


def _larynx_speak(world: State, given: Record) -> Record:
    made = add_media(world, "audio", given["text"], "larynx")
    seconds = round(len(given["text"]) / LETTERS_A_SECOND / given["speed"], 1)
    return {"audio": {"file": made["file"], "seconds": seconds, "voice": given["voice"]}}


def _chantry_voice(world: State, given: Record) -> Record:
    made = add_media(world, "audio", given["words"], "chantry")
    length = len(given["words"]) * 1000 // LETTERS_A_SECOND
    return {"recording": made["file"], "speaker": given["speaker"], "length_ms": length}


BEHAVIOURS = {
    "pixelloom_create_image": _pixelloom_create,
    "pixelloom_edit_image": _pixelloom_edit,
    "GlazeworksRender": _glazeworks_render,
    "GlazeworksAnimate": _glazeworks_animate,
    "darkroomRetouch": _darkroom_retouch,
    "reelforge_make_video": _reelforge_make,
    "larynx_speak": _larynx_speak,
    "chantry-record-voice": _chantry_voice,
}


def _draw_image(_world: State, _given: Record, rng: Random) -> Record:
    look, thing, place = rng.choice(LOOKS), rng.choice(THINGS), rng.choice(PLACES)
    article = "An" if look[0] in "aeiou" else "A"
    return {"subject": f"{article} {look} of a {thing} {place} {rng.choice(LIGHTS)}"}


def _draw_video(_world: State, _given: Record, rng: Random) -> Record:
    first, second = rng.sample(THINGS, 2)
    opening = f"Open on a {first} {rng.choice(PLACES)} then cut to a {second}"
    return {"script": f"{opening} and close with a title about the {names.topic(rng)}"}


def _draw_edit(world: State, _given: Record, rng: Random) -> Record:
    shade, thing, side = rng.choice(SHADES), rng.choice(THINGS), rng.choice(SIDES)
    change = rng.choice(CHANGES).format(shade=shade, thing=thing, side=side)
    return {"image": draw_media(world, "image", rng), "change": change}


def _draw_voice(_world: State, _given: Record, rng: Random) -> Record:
    return {"speech": names.sentence(rng)}


DRAWS = {
    "AI.create_image": _draw_image,
    "AI.create_video": _draw_video,
    "AI.edit_image": _draw_edit,
    "AI.generate_voice": _draw_voice,
}


def _image_made(world: State, values: Record, _result: Record) -> str | None:
    return lacking_media(world, "image", values["subject"])


def _video_made(world: State, values: Record, _result: Record) -> str | None:
    return lacking_media(world, "video", values["script"])


def _image_edited(world: State, values: Record, _result: Record) -> str | None:
    origins = [record.get("edited_from") for record in world.table("media").values()]
    return None if values["image"] in origins else f"{values['image']} was not edited"


def _voice_made(world: State, values: Record, _result: Record) -> str | None:
    return lacking_media(world, "audio", values["speech"])


EFFECTS = {
    "AI.create_image": _image_made,
    "AI.create_video": _video_made,
    "AI.edit_image": _image_edited,
    "AI.generate_voice": _voice_made,
}
