import pytest

from schemas.dataflow import pick
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World

SEED = 3


@pytest.fixture
def world() -> World:
    return World(SEED)


def _call(world: World, name: str, **arguments: object) -> CallResult:
    return world.call(ToolCall.model_validate({"id": "c", "name": name, "arguments": arguments}))


@pytest.mark.parametrize(
    ("tool", "arguments", "path", "medium"),
    [
        ("pixelloom_create_image", {"prompt": "A lantern"}, "image.file", "image"),
        (
            "GlazeworksRender",
            {"Description": "A lantern", "AspectRatio": "1:1"},
            "Assets.0.FileName",
            "image",
        ),
        ("reelforge_make_video", {"script": "A lantern"}, "video.file", "video"),
        ("GlazeworksAnimate", {"Screenplay": "A lantern"}, "Assets.0.FileName", "video"),
        ("larynx_speak", {"text": "A lantern"}, "audio.file", "audio"),
        ("chantry-record-voice", {"words": "A lantern", "speaker": "calm"}, "recording", "audio"),
    ],
)
def test_what_is_made_lies_in_the_library(
    world: World, tool: str, arguments: dict[str, object], path: str, medium: str
) -> None:
    """The file that is named in the result exists and is about what was asked."""
    done = _call(world, tool, **arguments)
    kept = world.table("media")[str(pick(done.result, path))]
    assert (kept["kind"], kept["about"]) == (medium, "A lantern")


def test_a_made_picture_can_be_edited_again_and_again(world: World) -> None:
    """An edit makes a new file that remembers its source."""
    made = _call(world, "pixelloom_create_image", prompt="A lantern")
    first = str(pick(made.result, "image.file"))
    edited = _call(world, "darkroomRetouch", sourceFile=first, change="Make it darker")
    second = str(pick(edited.result, "output.name"))
    assert _call(world, "pixelloom_edit_image", image_file=second, instruction="Crop it").ok
    assert world.table("media")[second]["edited_from"] == first


def test_a_missing_file_and_a_file_of_another_kind_are_told_apart(world: World) -> None:
    """Editing what is no picture is refused with its own code."""
    clip = next(file for file, kept in world.table("media").items() if kept["kind"] == "video")
    missing = _call(world, "darkroomRetouch", sourceFile="none.png", change="Crop it")
    wrong = _call(world, "darkroomRetouch", sourceFile=clip, change="Crop it")
    assert pick(missing.result, "error.code") == "file_not_found"
    assert pick(wrong.result, "error.code") == "wrong_file_type"


def test_speech_takes_as_long_as_its_words(world: World) -> None:
    """Twice the rate takes half the time."""
    slow = _call(world, "larynx_speak", text="a" * 140, speed=1)
    fast = _call(world, "larynx_speak", text="a" * 140, speed=2)
    assert (pick(slow.result, "audio.seconds"), pick(fast.result, "audio.seconds")) == (10.0, 5.0)
