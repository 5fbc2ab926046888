"""Posts: search them, publish one, read it back, change it, take it down."""

from tasks.world.groups.desks import Way, desk
from tasks.world.groups.excerpts import cut_text, text_part
from tasks.world.groups.paging import cut_page
from tasks.world.groups.social.network import (
    find_posts,
    own_post,
    own_posts,
    publish_post,
    read_post,
    reword_post,
    take_down,
)
from tasks.world.state import Record, State

COUNT = 5  # posts on a page unless the caller says otherwise
EXCERPT, PART = 280, 1600  # bytes of an excerpt, of a part of a text


def _flitter_search(world: State, given: Record) -> Record:
    found = find_posts(world, given["query"])
    shown, following = cut_page(found, given.get("offset", 0), given["limit"])
    rows = [
        {"post_id": p["id"], "author": p["author"], "text": cut_text(p["text"], EXCERPT)}
        for p in shown
    ]
    return {"results": rows, "total": len(found), "next_offset": following}


def _peepl_find(world: State, given: Record) -> Record:
    found = find_posts(world, given["keywords"])
    if given["sortBy"] == "popular":
        found.sort(key=lambda post: -post["likes"])
    page, size = given.get("page", 1), given["pageSize"]
    shown, following = cut_page(found, (page - 1) * size, size)
    items = [_peepl_item(post) for post in shown]
    return {"items": items, "found": len(found), "nextPage": page + 1 if following else None}


def _peepl_item(post: Record) -> Record:
    by, excerpt = {"handle": post["author"]}, cut_text(post["text"], EXCERPT)
    return {"id": post["id"], "by": by, "excerpt": excerpt, "likes": post["likes"]}


def _flitter_post(world: State, given: Record) -> Record:
    pictures = [given["image_file"]] if "image_file" in given else []
    post = publish_post(world, given["text"], pictures, given.get("audio_file"))
    return {"post": {"id": post["id"], "visibility": given["visibility"]}, "at": world.now()}


def _peepl_post(world: State, given: Record) -> Record:
    pictures = given.get("pictures", [])
    post = publish_post(world, given["message"], pictures, given.get("soundtrack"))
    return {"created": True, "postId": post["id"], "pictures": len(pictures)}


def _publish(world: State, given: Record) -> Record:
    pictures = [given["picture"]] if "picture" in given else []
    post = publish_post(world, given["words"], pictures, given.get("sound"))
    return {"notice": {"notice_id": post["id"], "by": post["author"]}}


def _mine(world: State, given: Record) -> Record:
    return _page(own_posts(world), given)


def _find(world: State, given: Record) -> Record:
    return _page(find_posts(world, given["query"]), given)


def _page(posts: list[Record], given: Record) -> Record:
    shown, following = cut_page(posts, given.get("skip", 0), given.get("count", COUNT))
    rows = [
        {"notice_id": p["id"], "by": p["author"], "words": cut_text(p["text"], EXCERPT)}
        for p in shown
    ]
    return {"notices": rows, "of": len(posts), "next_skip": following}


def _read(world: State, given: Record) -> Record:
    post = read_post(world, given["notice_id"])
    words, following = text_part(post["text"], given.get("from_character", 0), PART)
    files = {name: post.get(field) for name, field in FILES.items()}
    shown = {"notice_id": post["id"], "by": post["author"], "likes": post["likes"], **files}
    return {"notice": shown | {"words": words}, "continues_at": following}


def _edit(world: State, given: Record) -> Record:
    post = reword_post(world, own_post(world, given["notice_id"]), given["words"])
    return {"notice": {"notice_id": post["id"], "edited_at": world.now()}}


def _delete(world: State, given: Record) -> Record:
    post = own_post(world, given["notice_id"])
    return {"deleted": post["id"], "comments_deleted": take_down(world, post)}


FILES = {"picture": "image", "sound": "audio", "video": "video"}
TOWNSQUARE = {
    "publish": Way(_publish, ("words",), ("picture", "sound")),
    "mine": Way(_mine, (), ("skip", "count")),
    "find": Way(_find, ("query",), ("skip", "count")),
    "read": Way(_read, ("notice_id",), ("from_character",)),
    "edit": Way(_edit, ("notice_id", "words")),
    "delete": Way(_delete, ("notice_id",)),
}
BEHAVIOURS = {
    "flitter_search_posts": _flitter_search,
    "peeplFindContent": _peepl_find,
    "flitter_publish_post": _flitter_post,
    "peeplCreatePost": _peepl_post,
    "townsquare_notices": desk("action", TOWNSQUARE),
}
