"""The network's posts: what the user may read, publish, change and take down."""

from collections.abc import Sequence

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.media import require_media
from tasks.world.groups.ranking import rank
from tasks.world.groups.social.accounts import others, own_handle
from tasks.world.state import Record, State

POSTS = 10


def seed_posts(world: State) -> None:
    """Fill the network with posts of others."""
    handles = others(world)
    for _ in range(POSTS):
        about = names.topic(world.rng)
        text, likes = names.sentence(world.rng, about), world.rng.randint(0, 300)
        _put(world, world.rng.choice(handles), text, about=about, likes=likes)


def _put(world: State, author: str, text: str, **more: object) -> Record:
    post = world.new_id("post")
    return world.insert("posts", post, {"id": post, "author": author, "text": text, **more})


def find_posts(world: State, query: str) -> list[Record]:
    """Return the posts that answer a query, the user's own too, the best first."""
    posts = world.table("posts")
    return [posts[key] for key in rank(query, {key: (p["text"], "") for key, p in posts.items()})]


def own_posts(world: State, *, videos: bool = False) -> list[Record]:
    """Return the user's own posts, or only those that are videos, newest first."""
    own, posts = own_handle(world), reversed(world.table("posts").values())
    return [p for p in posts if p["author"] == own and ("video" in p or not videos)]


def read_post(world: State, post: str) -> Record:
    """Return a post. Raises: Refused (post_not_found)."""
    record = world.table("posts").get(post)
    if record is None:
        raise Refused("post_not_found", f"there is no post {post[:60]}", "search for posts first")
    return record


def own_post(world: State, post: str, *, video: bool = False) -> Record:
    """Return a post of the user's, or only a video.

    Raises:
        Refused: post_not_found, not_your_post or not_a_video.
    """
    record = read_post(world, post)
    if record["author"] != own_handle(world):
        hint = "only your own posts can be changed or taken down"
        raise Refused("not_your_post", f"{post} is by {record['author']}", hint)
    if video and "video" not in record:
        raise Refused("not_a_video", f"{post} shows no video", "list your videos first")
    return record


def publish_post(
    world: State, text: str, pictures: Sequence[str] = (), sound: str | None = None
) -> Record:
    """Publish a post with files of the media library; the first picture is its cover."""
    for picture in pictures:
        require_media(world, picture, "image")
    if sound is not None:
        require_media(world, sound, "audio")
    files = {"image": pictures[0] if pictures else None, "audio": sound}
    post = _put(world, own_handle(world), text, likes=0, pictures=list(pictures), **files)
    world.note(f"posts: {post['id']} published")
    return post


def publish_video(world: State, file: str, title: str) -> Record:
    """Publish a video of the media library under a title."""
    require_media(world, file, "video")
    post = _put(world, own_handle(world), title, likes=0, video=file)
    world.note(f"posts: {post['id']} shows {file}")
    return post


def reword_post(world: State, post: Record, text: str) -> Record:
    """Give a post another text or title; return the post."""
    if post["text"] == text:
        message = f"{post['id']} says that already"
        raise Refused("nothing_to_change", message, "give the new wording")
    post["text"] = text
    world.note(f"posts: {post['id']} reworded")
    return post


def take_down(world: State, post: Record) -> int:
    """Delete a post and the comments on it; return how many there were."""
    comments = world.table("comments")
    gone = [key for key, comment in comments.items() if comment["post"] == post["id"]]
    for key in gone:
        del comments[key]
    del world.table("posts")[post["id"]]
    world.note(f"posts: {post['id']} deleted with {len(gone)} comments")
    return len(gone)
