import pytest

from schemas.dataflow import pick
from schemas.messages import ToolCall
from schemas.rows import CallResult
from tasks.world import World
from tasks.world.groups.social import OWN

SEED = 6


@pytest.fixture
def world() -> World:
    return World(SEED)


def _call(world: World, name: str, **arguments: object) -> CallResult:
    return world.call(ToolCall.model_validate({"id": "c", "name": name, "arguments": arguments}))


def _file(world: World, medium: str) -> str:
    return next(file for file, kept in world.table("media").items() if kept["kind"] == medium)


def test_a_found_post_can_be_commented_on(world: World) -> None:
    """A comment belongs to the post that the search returned."""
    text = next(iter(world.table("posts").values()))["text"]
    found = pick(_call(world, "flitter_search_posts", query=text).result, "results.0.post_id")
    assert _call(world, "peeplReply", targetPost=found, reply="Agreed").ok
    (comment,) = world.table("comments").values()
    assert (comment["post"], comment["text"]) == (found, "Agreed")


def test_an_own_post_can_be_commented_on_but_is_not_found(world: World) -> None:
    """Searching shows what others wrote; a post of one's own takes comments."""
    made = _call(world, "flitter_publish_post", text="quixotic words")
    post = pick(made.result, "post.id")
    assert pick(_call(world, "peeplFindContent", keywords="quixotic").result, "items") == []
    assert _call(world, "flitter_add_comment", post_id=post, text="More").ok


def test_a_comment_needs_its_post(world: World) -> None:
    """Commenting on a post that is not there is refused."""
    done = _call(world, "flitter_add_comment", post_id="post-0", text="More")
    assert pick(done.result, "error.code") == "post_not_found"


def test_popular_content_comes_by_likes(world: World) -> None:
    """Sorting by popularity orders by likes, most first."""
    done = _call(world, "peeplFindContent", keywords="the", sortBy="popular", pageSize=6)
    items = pick(done.result, "items")
    assert isinstance(items, list)
    likes = [int(str(pick(item, "likes"))) for item in items]
    assert likes == sorted(likes, reverse=True)
    assert len(likes) > 1


def test_a_post_shows_pictures_and_sounds_of_the_library(world: World) -> None:
    """Attached files have to exist and to be of the right kind."""
    picture, sound = _file(world, "image"), _file(world, "audio")
    done = _call(world, "peeplCreatePost", message="Look", pictures=[picture], soundtrack=sound)
    post = world.table("posts")[str(pick(done.result, "postId"))]
    assert (post["author"], post["image"], post["audio"]) == (OWN, picture, sound)
    wrong = _call(world, "flitter_publish_post", text="Look", image_file=sound)
    assert pick(wrong.result, "error.code") == "wrong_file_type"


@pytest.mark.parametrize(
    ("tool", "parameter", "path"),
    [("flitter_get_profile", "handle", "reach"), ("peeplMember", "memberName", "stats.line")],
)
def test_authors_have_profiles(world: World, tool: str, parameter: str, path: str) -> None:
    """The author of any found post can be looked up; strangers can't."""
    for post in list(world.table("posts").values()):
        line = pick(_call(world, tool, **{parameter: post["author"]}).result, path)
        assert str(line).startswith(post["author"])
    done = _call(world, tool, **{parameter: "nobody"})
    assert pick(done.result, "error.code") == "no_such_profile"


@pytest.mark.parametrize(
    ("studio", "path"),
    [("ClipnestCreateClip", "Clip.File"), ("peeplStudioVideo", "draft.videoFile")],
)
def test_a_clip_of_the_studio_can_be_uploaded(world: World, studio: str, path: str) -> None:
    """What the studio drafts is a file that can be published, a picture is not."""
    parameter = "Caption" if studio.startswith("Clip") else "caption"
    clip = pick(_call(world, studio, **{parameter: "News on the plan"}).result, path)
    done = _call(world, "flitter_upload_video", video_file=clip, title="News")
    assert world.table("posts")[str(pick(done.result, "post.id"))]["video"] == clip
    wrong = _call(world, "ClipnestUpload", VideoFile=_file(world, "image"), Title="News")
    assert pick(wrong.result, "error.code") == "wrong_file_type"
