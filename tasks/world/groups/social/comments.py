"""Comments on posts: write one, list those of a post or the user's own, delete one."""

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.excerpts import cut_text
from tasks.world.groups.paging import cut_page
from tasks.world.groups.social.accounts import others, own_handle
from tasks.world.groups.social.network import read_post
from tasks.world.state import Record, State

COMMENTS = 4
SIZE = 4  # comments on a page unless the caller says otherwise
LINE = 280  # bytes of a comment in a list


def seed_comments(world: State) -> None:
    """Put a few comments of others under posts of others."""
    posts, handles = list(world.table("posts")), others(world)
    for _ in range(COMMENTS):
        text = names.sentence(world.rng)
        _put(world, world.rng.choice(posts), world.rng.choice(handles), text)


def _put(world: State, post: str, author: str, text: str) -> Record:
    comment = world.new_id("comment")
    record = {"id": comment, "post": post, "author": author, "text": text}
    return world.insert("comments", comment, record)


def _comment(world: State, post: str, text: str) -> Record:
    read_post(world, post)
    comment = _put(world, post, own_handle(world), text)
    world.note(f"comments: {comment['id']} on {post}")
    return comment


def _flitter_comment(world: State, given: Record) -> Record:
    comment = _comment(world, given["post_id"], given["text"])
    return {"comment": {"id": comment["id"], "post_id": comment["post"]}}


def _peepl_reply(world: State, given: Record) -> Record:
    comment = _comment(world, given["targetPost"], given["reply"])
    return {"replyId": comment["id"], "visibleFrom": world.now()}


def _conversation_reply(world: State, given: Record) -> Record:
    comment = _comment(world, given["targetPost"], given["reply"])
    return {"written": {"replyId": comment["id"], "targetPost": comment["post"]}}


def _list(world: State, given: Record) -> Record:
    post = read_post(world, given["targetPost"])["id"]
    return _page([c for c in world.table("comments").values() if c["post"] == post], given)


def _mine(world: State, given: Record) -> Record:
    own = own_handle(world)
    return _page([c for c in world.table("comments").values() if c["author"] == own], given)


def _page(comments: list[Record], given: Record) -> Record:
    page, size = given.get("page", 1), given.get("pageSize", SIZE)
    shown, following = cut_page(comments, (page - 1) * size, size)
    rows = [_row(comment) for comment in shown]
    return {"replies": rows, "found": len(comments), "nextPage": page + 1 if following else None}


def _row(comment: Record) -> Record:
    ids = {"replyId": comment["id"], "targetPost": comment["post"]}
    return {**ids, "by": comment["author"], "reply": cut_text(comment["text"], LINE)}


def _delete(world: State, given: Record) -> Record:
    comment = world.table("comments").get(given["replyId"])
    if comment is None:
        message = f"there is no reply {given['replyId'][:60]}"
        raise Refused("reply_not_found", message, "list the replies to see their ids")
    if comment["author"] != own_handle(world):
        message = f"{comment['id']} is by {comment['author']}"
        raise Refused("not_your_reply", message, "only your own replies can be deleted")
    del world.table("comments")[comment["id"]]
    world.note(f"comments: {comment['id']} deleted")
    return {"deleted": comment["id"], "targetPost": comment["post"]}


CONVERSATION = {
    "reply": Way(_conversation_reply, ("targetPost", "reply")),
    "list": Way(_list, ("targetPost",), ("page", "pageSize")),
    "mine": Way(_mine, (), ("page", "pageSize")),
    "delete": Way(_delete, ("replyId",)),
}
BEHAVIOURS = {
    "flitter_add_comment": _flitter_comment,
    "peeplReply": _peepl_reply,
    "peeplConversation": desk("task", CONVERSATION),
}
