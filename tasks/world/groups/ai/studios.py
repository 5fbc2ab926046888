"""Studios: pictures, videos and speech made from descriptions, pictures changed as told."""

from tasks.world.groups.media import add_media, require_media
from tasks.world.state import Record, State

SIZES = {"square": (1024, 1024), "portrait": (768, 1024), "landscape": (1024, 768)}
RATIOS = {"1:1": (900, 900), "4:3": (1200, 900), "16:9": (1600, 900)}
LENGTHS = {"short": 12, "medium": 30, "long": 60}  # seconds
LETTERS_A_SECOND = 14


def make_image(world: State, about: str, made_by: str, size: tuple[int, int]) -> Record:
    """Make a picture of a width and height in pixels; return its record."""
    width, height = size
    return add_media(world, "image", about, made_by, width=width, height=height)


def edit_image(world: State, file: str, change: str, made_by: str) -> Record:
    """Make a changed copy of a picture; return its record. Raises: Refused."""
    source = require_media(world, file, "image")
    revision = source.get("revision", 1) + 1
    size = {"width": source["width"], "height": source["height"]}
    more = {"edited_from": file, "revision": revision}
    return add_media(world, "image", change, made_by, **size, **more)


def speak(world: State, words: str, made_by: str, speed: float = 1) -> Record:
    """Make a sound file of words, at a rate of which 1 is normal; return its record."""
    seconds = round(len(words) / LETTERS_A_SECOND / speed, 1)
    return add_media(world, "audio", words, made_by, seconds=seconds)


def _pixelloom_create(world: State, given: Record) -> Record:
    made = make_image(world, given["prompt"], "pixelloom", SIZES[given["size"]])
    size = {"width": made["width"], "height": made["height"]}
    image = {"file": made["file"], **size, "style": given["style"]}
    return {"image": image, "created_at": world.now()}


def _pixelloom_edit(world: State, given: Record) -> Record:
    made = edit_image(world, given["image_file"], given["instruction"], "pixelloom")
    return {"image": {"file": made["file"], "edited_from": made["edited_from"]}}


def _glazeworks_render(world: State, given: Record) -> Record:
    made = make_image(world, given["Description"], "glazeworks", RATIOS[given["AspectRatio"]])
    asset = {"FileName": made["file"], "Width": made["width"], "Height": made["height"]}
    return {"JobId": world.new_id("job"), "State": "Finished", "Assets": [asset]}


def _glazeworks_animate(world: State, given: Record) -> Record:
    seconds = LENGTHS[given["Length"]]
    made = add_media(world, "video", given["Screenplay"], "glazeworks", seconds=seconds)
    asset = {"FileName": made["file"], "Seconds": seconds}
    return {"JobId": world.new_id("job"), "State": "Finished", "Assets": [asset]}


def _darkroom_retouch(world: State, given: Record) -> Record:
    made = edit_image(world, given["sourceFile"], given["change"], "darkroom")
    output = {"name": made["file"], "strength": given["strength"]}
    return {"output": output, "revision": made["revision"]}


def _reelforge_make(world: State, given: Record) -> Record:
    seconds, captions = given["duration_seconds"], given["captions"]
    made = add_media(world, "video", given["script"], "reelforge", seconds=seconds)
    video = {"file": made["file"], "duration_seconds": seconds, "captions": captions}
    return {"status": "ready", "video": video}


def _larynx_speak(world: State, given: Record) -> Record:
    made = speak(world, given["text"], "larynx", given["speed"])
    return {
        "audio": {"file": made["file"], "seconds": made["seconds"], "voice": given["voice"]},
    }


def _chantry_voice(world: State, given: Record) -> Record:
    made = speak(world, given["words"], "chantry")
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
