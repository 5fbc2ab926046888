"""Social: a network's accounts, posts, comments and clips. The user posts under one handle."""

from random import Random

from tasks.world import names
from tasks.world.groups.media import draw_media, lacking_media
from tasks.world.groups.records import capitals, pascal, respell
from tasks.world.groups.social import accounts, comments, posts, videos
from tasks.world.groups.social.accounts import others, own_handle, seed_accounts
from tasks.world.groups.social.comments import seed_comments
from tasks.world.groups.social.network import seed_posts
from tasks.world.state import Record, State
from tasks.world.wording import same_wording

LEADS = ("", "", "the ", "news on the ", "what people say of the ", "posts about the ")


def seed(world: State) -> None:
    """Fill the network with accounts, their posts and what is said of these."""
    world.table("following")
    seed_accounts(world)
    seed_posts(world)
    seed_comments(world)


BEHAVIOURS = respell(
    {**accounts.BEHAVIOURS, **posts.BEHAVIOURS, **comments.BEHAVIOURS, **videos.BEHAVIOURS},
    {"townsquare": capitals, "Flock": pascal},
)


def _draw_search(world: State, _given: Record, rng: Random) -> Record:
    topics = [post["about"] for post in world.table("posts").values() if post.get("about")]
    return {"query": f"{rng.choice(LEADS)}{rng.choice(topics)}"}


def _draw_clip(_world: State, _given: Record, rng: Random) -> Record:
    return {"caption": names.sentence(rng)}


def _draw_words(_world: State, given: Record, rng: Random) -> Record:
    return {"text": names.lead(rng) if "fact" in given else names.sentence(rng)}


def _draw_handle(world: State, _given: Record, rng: Random) -> Record:
    return {"handle": rng.choice(others(world))}


def _draw_upload(world: State, _given: Record, rng: Random) -> Record:
    return {"video": draw_media(world, "video", rng), "title": names.title(rng)}


DRAWS = {
    "Social.search_content": _draw_search,
    "Social.create_video": _draw_clip,
    "Social.create_post": _draw_words,
    "Social.get_profile": _draw_handle,
    "Social.create_comment": _draw_words,
    "Social.upload_video": _draw_upload,
}


def _nothing_lost(_world: State, _values: Record, _yields: Record) -> None:
    """Looking something up leaves nothing behind; what it yields is checked where it is used."""


def _clip_made(world: State, values: Record, _yields: Record) -> str | None:
    return lacking_media(world, "video", values["caption"])


def _says(record: Record, values: Record) -> bool:
    text = " ".join(record["text"].split())
    return values["text"] in text and values.get("fact", "") in text


def _posted(world: State, values: Record, _yields: Record) -> str | None:
    own = own_handle(world)
    for post in world.table("posts").values():
        attached = all(post.get(name) == values.get(name) for name in ("image", "audio"))
        if post["author"] == own and attached and _says(post, values):
            return None
    return "no post says that with what belongs to it"


def _commented(world: State, values: Record, _yields: Record) -> str | None:
    own = own_handle(world)
    for comment in world.table("comments").values():
        mine = comment["author"] == own and comment["post"] == values["post"]
        if mine and _says(comment, values):
            return None
    return f"post {values['post']} has no such comment"


def _uploaded(world: State, values: Record, _yields: Record) -> str | None:
    for post in world.table("posts").values():
        if post.get("video") == values["video"] and same_wording(post["text"], values["title"]):
            return None
    return f"{values['video']} was not published under that title"


EFFECTS = {
    "Social.search_content": _nothing_lost,
    "Social.create_video": _clip_made,
    "Social.create_post": _posted,
    "Social.get_profile": _nothing_lost,
    "Social.create_comment": _commented,
    "Social.upload_video": _uploaded,
}
