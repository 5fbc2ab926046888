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
from tasks.world.groups.social.accounts import own_handle

Act = Callable[..., Any]  # the fixtures' protocol

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
    comment = list(world.table("comments").values())[-1]
    assert (comment["post"], comment["text"]) == (found, "Agreed")


PUBLISHERS: dict[str, tuple[JsonObject, str]] = {
    "flitter_publish_post": ({}, "text"),
    "peeplCreatePost": ({}, "message"),
    "townsquare_notices": ({"action": "publish"}, "words"),
}


@pytest.mark.parametrize("tool", PUBLISHERS)
def test_an_own_post_is_found_everywhere(world: World, act: Act, tool: str) -> None:
    """A post of one's own is found by its words, listed, read back and takes comments."""
    given, parameter = PUBLISHERS[tool]
    act(tool, **given, **{parameter: "quixotic words of the ledger"})
    (post,) = [p for p, kept in world.table("posts").items() if "quixotic" in kept["text"]]
    assert act("flitter_search_posts", query="quixotic ledger")["results"][0]["post_id"] == post
    assert act("peeplFindContent", keywords="the quixotic words")["items"][0]["id"] == post
    assert act("townsquare_notices", action="mine")["notices"][0]["notice_id"] == post
    notice = act("townsquare_notices", action="read", notice_id=post)["notice"]
    assert (notice["words"], notice["by"]) == ("quixotic words of the ledger", own_handle(world))
    act("flitter_add_comment", post_id=post, text="More")
    assert act("peeplConversation", task="list", targetPost=post)["found"] == 1


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
    assert (post["author"], post["image"], post["audio"]) == (own_handle(world), picture, sound)
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


def test_rarer_words_decide_between_posts(act: Act) -> None:
    """A post with the one rare word comes before posts that share common ones."""
    for text in ("the ledger of the harbor", "the ledger of the garden", "a zephyr ledger"):
        act("flitter_publish_post", text=text)
    found = act("flitter_search_posts", query="ledger harbor zephyr garden ledger", limit=6)
    assert {row["text"] for row in found["results"][:3]} == {
        "the ledger of the harbor", "the ledger of the garden", "a zephyr ledger"
    }  # fmt: skip
    first = act("flitter_search_posts", query="a ledger with zephyr", limit=1)["results"][0]
    assert first["text"] == "a zephyr ledger"


@pytest.mark.parametrize(
    ("tool", "given", "rows", "step", "following"),
    [
        ("flitter_search_posts", {"query": "the", "limit": 3}, "results", "offset", "next_offset"),
        ("peeplFindContent", {"keywords": "the", "pageSize": 3}, "items", "page", "nextPage"),
        (
            "townsquare_notices",
            {"action": "find", "query": "the", "count": 3},
            "notices",
            "skip",
            "next_skip",
        ),
    ],
)
def test_pages_show_every_post_once(
    world: World, act: Act, tool: str, given: JsonObject, rows: str, step: str, following: str
) -> None:
    """Going from page to page shows each match once, three at a time."""
    seen: list[str] = []
    more: JsonObject = {}
    while True:
        shown = act(tool, **given, **more)
        assert len(shown[rows]) <= 3
        seen += [
            str(row.get("post_id") or row.get("id") or row["notice_id"]) for row in shown[rows]
        ]
        if shown[following] is None:
            break
        more = {step: shown[following]}
    assert len(seen) == len(set(seen)) == shown.get("total", shown.get("found", shown.get("of")))
    assert set(seen) == {p for p, kept in world.table("posts").items() if _has(kept, "the")}


def _has(post: dict[str, Any], word: str) -> bool:
    return word in post["text"].lower().split()


def test_editing_changes_the_words_alone(world: World, act: Act, refusal: Act) -> None:
    """An edited post keeps its id, its files and its comments."""
    picture = _file(world, "image")
    made = act("townsquare_notices", action="publish", words="Before", picture=picture)
    post = made["notice"]["notice_id"]
    act("peeplReply", targetPost=post, reply="Seen")
    edit = {"action": "edit", "notice_id": post, "words": "After"}
    act("townsquare_notices", **edit)
    notice = act("townsquare_notices", action="read", notice_id=post)["notice"]
    assert (notice["words"], notice["picture"]) == ("After", picture)
    assert act("peeplConversation", task="list", targetPost=post)["found"] == 1
    assert refusal("townsquare_notices", **edit) == "ERR_NOTHING_TO_CHANGE"


def test_a_deleted_post_takes_its_comments_along(world: World, act: Act, refusal: Act) -> None:
    """Neither the post nor what was said of it is found any more."""
    post = act("flitter_publish_post", text="quixotic")["post"]["id"]
    act("flitter_add_comment", post_id=post, text="More")
    done = act("townsquare_notices", action="delete", notice_id=post)
    assert (done["deleted"], done["comments_deleted"]) == (post, 1)
    assert act("peeplFindContent", keywords="quixotic")["found"] == 0
    assert act("peeplConversation", task="mine")["found"] == 0
    assert refusal("townsquare_notices", action="read", notice_id=post) == "ERR_POST_NOT_FOUND"
    assert all(comment["post"] != post for comment in world.table("comments").values())


def test_what_others_wrote_stays(world: World, refusal: Act) -> None:
    """Posts and comments of others can't be changed or deleted."""
    post, comment = next(iter(world.table("posts"))), next(iter(world.table("comments")))
    edit = {"action": "edit", "notice_id": post, "words": "x"}
    assert refusal("townsquare_notices", **edit) == "ERR_NOT_YOUR_POST"
    assert refusal("townsquare_notices", action="delete", notice_id=post) == "ERR_NOT_YOUR_POST"
    assert refusal("ClipnestChannel", Action="Remove", PostId=post) == "not_your_post"
    assert refusal("peeplConversation", task="delete", replyId=comment) == "not_your_reply"
    assert refusal("peeplConversation", task="delete", replyId="comment-0") == "reply_not_found"


def test_comments_of_others_are_listed_with_their_authors(world: World, act: Act) -> None:
    """A post's replies are those that stand under it, and nobody else's."""
    for post in world.table("posts"):
        kept = {key for key, c in world.table("comments").items() if c["post"] == post}
        shown = act("peeplConversation", task="list", targetPost=post, pageSize=6)
        assert {row["replyId"] for row in shown["replies"]} == kept
        assert all(row["by"] in world.table("accounts") for row in shown["replies"])


def test_following_adds_one_follower_and_unfollowing_takes_it_back(
    world: World, act: Act, refusal: Act
) -> None:
    """The figure of a profile moves by one, and only once."""
    handle = list(world.table("accounts"))[3]
    before = act("FlockDirectory", Operation="View", Handle=handle)
    act("FlockDirectory", Operation="Follow", Handle=handle)
    assert act("peeplMember", memberName=handle)["stats"]["followers"] == _reach(before) + 1
    assert act("FlockDirectory", Operation="Following")["Entries"][0]["Handle"] == handle
    assert refusal("FlockDirectory", Operation="Follow", Handle=handle) == "AlreadyFollowing"
    act("FlockDirectory", Operation="Unfollow", Handle=handle)
    assert act("FlockDirectory", Operation="View", Handle=handle) == before
    assert refusal("FlockDirectory", Operation="Unfollow", Handle=handle) == "NotFollowing"
    own = own_handle(world)
    assert refusal("FlockDirectory", Operation="Follow", Handle=own) == "OwnAccount"


def _reach(view: dict[str, Any]) -> int:
    return int(view["Reach"].split()[2].replace(",", ""))


def test_accounts_are_found_by_name_and_by_interest(world: World, act: Act) -> None:
    """Each account comes first for its own name and is found by what it says of itself."""
    for handle, account in world.table("accounts").items():
        named = act("FlockDirectory", Operation="Find", Query=account["name"])
        assert named["Entries"][0]["Handle"] == handle
        found = act("FlockDirectory", Operation="Find", Query=account["bio"], Count=8)
        assert handle in [entry["Handle"] for entry in found["Entries"]]


def test_a_channel_lists_renames_and_removes_videos(world: World, act: Act, refusal: Act) -> None:
    """Videos that any provider published are on the channel until they are removed."""
    clip = _file(world, "video")
    post = act("flitter_upload_video", video_file=clip, title="News")["post"]["id"]
    row = {"PostId": post, "Title": "News", "VideoFile": clip}
    assert act("ClipnestChannel", Action="List")["Videos"] == [row]
    act("ClipnestChannel", Action="Rename", PostId=post, Title="Later news")
    assert act("ClipnestChannel", Action="List")["Videos"][0]["Title"] == "Later news"
    assert act("ClipnestChannel", Action="Remove", PostId=post)["VideoFile"] == clip
    assert act("ClipnestChannel", Action="List")["Videos"] == []
    assert clip in [file["VideoFile"] for file in act("ClipnestChannel", Action="Files")["Files"]]
    words = act("flitter_publish_post", text="No video")["post"]["id"]
    assert refusal("ClipnestChannel", Action="Remove", PostId=words) == "not_a_video"


UNDO = {
    "townsquare_notices": ("Social.create_post", "action", "delete", "notice_id"),
    "ClipnestChannel": ("Social.upload_video", "Action", "Remove", "PostId"),
}


@pytest.mark.parametrize("tool", UNDO)
def test_an_undone_step_is_not_done(tool: str) -> None:
    """A goal whose post was taken down again has lost its effect."""
    capability, chooser, operation, key = UNDO[tool]
    (step,) = draw_goal((capability,), (tool,), SEED, random.Random(1))
    world = World(SEED)
    arguments = fill_arguments(load_catalogue().tools[tool], step.values)
    done = world.call(ToolCall(id="c", name=tool, arguments=arguments))
    assert check(world, (step,)) == ()
    post = str(pick(done.result, load_catalogue().tools[tool].results["post"]))
    assert _call(world, tool, **{chooser: operation, key: post}).ok
    assert check(world, (step,))[0].startswith(f"step 1 ({capability})")


def test_a_deleted_comment_is_not_written() -> None:
    """A goal whose comment was deleted again has lost its effect."""
    chain = ("Social.search_content", "Social.create_comment")
    steps = draw_goal(chain, ("flitter_search_posts", "peeplConversation"), SEED, random.Random(1))
    world = World(SEED)
    found = _call(world, "flitter_search_posts", **steps[0].values)
    post = pick(found.result, "results.0.post_id")
    reply = {"task": "reply", "targetPost": post, "reply": steps[1].values["text"]}
    comment = pick(_call(world, "peeplConversation", **reply).result, "written.replyId")
    assert check(world, steps) == ()
    assert _call(world, "peeplConversation", task="delete", replyId=comment).ok
    assert check(world, steps)[0].startswith("step 2 (Social.create_comment)")


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("townsquare_notices", {"action": "publish"}, "ERR_MISSING_PARAMETER"),
        ("townsquare_notices", {"action": "mine", "words": "x"}, "ERR_UNEXPECTED_PARAMETER"),
        (
            "townsquare_notices",
            {"action": "publish", "words": "x", "picture": "none.png"},
            "ERR_FILE_NOT_FOUND",
        ),
        ("peeplConversation", {"task": "list"}, "missing_parameter"),
        ("peeplConversation", {"task": "list", "targetPost": "post-0"}, "post_not_found"),
        ("FlockDirectory", {"Operation": "View"}, "MissingParameter"),
        ("FlockDirectory", {"Operation": "View", "Handle": "nobody"}, "NoSuchProfile"),
        ("ClipnestChannel", {"Action": "Publish", "Title": "x"}, "missing_parameter"),
        ("ClipnestChannel", {"Action": "List", "Title": "x"}, "unexpected_parameter"),
    ],
)
def test_what_does_not_go_together_is_refused(
    refusal: Act, tool: str, arguments: JsonObject, code: str
) -> None:
    """A missing or an idle parameter and an unknown id have codes in the provider's style."""
    assert refusal(tool, **arguments) == code
