import random
from collections.abc import Callable
from typing import Any

import pytest

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from schemas.dataflow import fill_arguments, pick
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World, check, draw_goal

Act = Callable[..., Any]  # the fixtures' protocol

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
        ("atelier_works", {"operation": "create", "scene": "A lantern"}, "work.file", "image"),
        ("voxmillBooth", {"task": "speak", "lines": "A lantern"}, "take.soundFile", "audio"),
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


def test_the_library_knows_what_any_studio_made(act: Act) -> None:
    """A file is listed first, found by its description and described with its measures."""
    made = act("GlazeworksRender", Description="A quixotic lantern", AspectRatio="16:9")
    file = made["Assets"][0]["FileName"]
    assert act("atelier_works", operation="list", kind="image")["works"][0]["file"] == file
    found = act("atelier_works", operation="find", words="the quixotic one")
    assert [work["file"] for work in found["works"]] == [file]
    work = act("atelier_works", operation="describe", file=file)["work"]
    assert (work["width"], work["height"], work["made_by"]) == (1600, 900, "glazeworks")


def test_an_edit_keeps_the_measures_and_counts_revisions(act: Act) -> None:
    """The third version of a picture is as large as the first."""
    file = act("pixelloom_create_image", prompt="A lantern", size="portrait")["image"]["file"]
    for revision in (2, 3):
        edited = act("darkroomRetouch", sourceFile=file, change="Crop it")
        file = edited["output"]["name"]
        assert edited["revision"] == revision
    work = act("atelier_works", operation="describe", file=file)["work"]
    assert (work["width"], work["height"], work["revision"]) == (768, 1024, 3)


def test_a_booth_lists_its_takes_by_cursor(world: World, act: Act, refusal: Act) -> None:
    """Walking through the list shows each sound file once, the last one made first."""
    newest = act("larynx_speak", text="A lantern")["audio"]["file"]
    seen: list[str] = []
    more: JsonObject = {}
    while True:
        shown = act("voxmillBooth", task="list", max=2, **more)
        seen += [take["soundFile"] for take in shown["takes"]]
        if shown["cursor"] is None:
            break
        more = {"cursor": shown["cursor"]}
    sounds = [f for f, kept in world.table("media").items() if kept["kind"] == "audio"]
    assert (seen[0], seen) == (newest, sounds[::-1])
    assert refusal("voxmillBooth", task="list", cursor="x.mp3") == "unknown_cursor"


def test_the_library_is_listed_in_pages(world: World, act: Act) -> None:
    """Pages of five hold all files of all kinds."""
    seen, page = [], 1
    while page:
        shown = act("atelier_works", operation="list", page=page)
        seen += [work["file"] for work in shown["works"]]
        page = shown["next_page"]
    assert seen == list(world.table("media"))[::-1]
    assert shown["total"] == len(seen)


def test_a_file_that_a_post_shows_stays(act: Act, refusal: Act) -> None:
    """A shown file can be deleted only after the post; the library's own never."""
    file = act("atelier_works", operation="create", scene="A lantern")["work"]["file"]
    cover = act("pixelloom_create_image", prompt="A cover")["image"]["file"]
    post = act("peeplCreatePost", message="Look", pictures=[cover, file])["postId"]
    known = act("atelier_works", operation="describe", file=file)
    assert known["shown_by_posts"] == [post]
    assert refusal("atelier_works", operation="delete", file=file) == "ERR_FILE_IN_USE"
    act("townsquare_notices", action="delete", notice_id=post)
    assert act("atelier_works", operation="delete", file=file) == {"deleted": file}
    assert refusal("atelier_works", operation="describe", file=file) == "ERR_FILE_NOT_FOUND"


def test_the_librarys_own_files_stay(world: World, refusal: Act) -> None:
    """What was there from the start can't be deleted, a sound booth removes sounds alone."""
    for file, kept in world.table("media").items():
        assert refusal("atelier_works", operation="delete", file=file) == "ERR_LIBRARY_FILE"
        removed = refusal("voxmillBooth", task="remove", soundFile=file)
        assert removed == ("library_file" if kept["kind"] == "audio" else "wrong_file_type")


UNDO = {
    "atelier_works": ("AI.create_image", "operation", "delete", "file"),
    "voxmillBooth": ("AI.generate_voice", "task", "remove", "soundFile"),
}


@pytest.mark.parametrize("tool", UNDO)
def test_a_deleted_file_is_a_lost_effect(tool: str) -> None:
    """A goal whose file was deleted again is not reached."""
    capability, chooser, operation, key = UNDO[tool]
    (step,) = draw_goal((capability,), (tool,), SEED, random.Random(1))
    world, entry = World(SEED), load_catalogue().tools[tool]
    arguments = fill_arguments(entry, step.values)
    done = world.call(ToolCall(id="c", name=tool, arguments=arguments))
    assert check(world, (step,)) == ()
    file = str(pick(done.result, next(iter(entry.results.values()))))
    assert _call(world, tool, **{chooser: operation, key: file}).ok
    assert check(world, (step,))[0].startswith(f"step 1 ({capability}): no ")


def test_an_edit_deleted_again_is_a_lost_effect() -> None:
    """The file of an edit is what the goal asks for."""
    (step,) = draw_goal(("AI.edit_image",), ("darkroomRetouch",), SEED, random.Random(1))
    world, entry = World(SEED), load_catalogue().tools["darkroomRetouch"]
    done = _call(world, entry.name, **fill_arguments(entry, step.values))
    assert check(world, (step,)) == ()
    file = pick(done.result, "output.name")
    assert _call(world, "atelier_works", operation="delete", file=file).ok
    assert check(world, (step,))[0].endswith("was not edited as told")
    picture = step.values["image"]
    assert _call(world, "pixelloom_edit_image", image_file=picture, instruction="Crop it").ok
    assert check(world, (step,))[0].endswith("was not edited as told")


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("atelier_works", {"operation": "create"}, "ERR_MISSING_PARAMETER"),
        ("atelier_works", {"operation": "list", "file": "x"}, "ERR_UNEXPECTED_PARAMETER"),
        ("voxmillBooth", {"task": "inspect"}, "missing_parameter"),
        ("voxmillBooth", {"task": "inspect", "soundFile": "x"}, "file_not_found"),
    ],
)
def test_what_does_not_go_together_is_refused(
    refusal: Act, tool: str, arguments: JsonObject, code: str
) -> None:
    """A missing or an idle parameter and an unknown file have codes in the provider's style."""
    assert refusal(tool, **arguments) == code


def test_a_take_can_be_inspected(act: Act) -> None:
    """A sound file says its words, its length and who made it."""
    file = act("chantry-record-voice", words="a" * 28, speaker="calm")["recording"]
    take = act("voxmillBooth", task="inspect", soundFile=file)
    assert take["take"] == {"soundFile": file, "seconds": 2.0, "says": "a" * 28}
    assert (take["madeBy"], take["usedBy"]) == ("chantry", [])
