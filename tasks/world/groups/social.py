"""Social: a network's accounts, posts, comments and clips. The user posts under one handle."""

from collections.abc import Sequence
from random import Random

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.media import add_media, draw_media, lacking_media, require_media
from tasks.world.groups.records import rank_matches
from tasks.world.state import Record, State

ACCOUNTS = 8
POSTS = 12
OWN = "own_account"
INTERESTS = ("paints in the evenings", "fixes old radios", "runs a small shop", "hikes a lot",
             "plays the cello", "keeps bees", "teaches part time", "collects maps",
             "bakes on Sundays", "writes about trains")  # fmt: skip


def seed(world: State) -> None:
    """Fill the network with accounts and with posts of theirs."""
    for _ in range(ACCOUNTS):
        _add_account(world)
    handles = list(world.table("accounts"))
    for _ in range(POSTS):
        about = names.topic(world.rng)
        text = names.sentence(world.rng, about)
        _put_post(world, world.rng.choice(handles), text, about=about)
    world.table("comments")


def _add_account(world: State) -> None:
    rng = world.rng
    handle, name, place = names.handle(rng), names.person(rng), names.city(rng)
    bio = f"Lives in {place}, {rng.choice(INTERESTS)}"
    account = {"handle": handle, "name": name, "bio": bio, "followers": rng.randrange(40, 9000)}
    world.insert("accounts", handle, account)


def _put_post(world: State, author: str, text: str, **more: str | None) -> Record:
    post = world.new_id("post")
    likes = world.rng.randrange(300) if author != OWN else 0
    record = {"id": post, "author": author, "text": text, "likes": likes, **more}
    return world.insert("posts", post, record)


def _publish(world: State, text: str, pictures: Sequence[str], sound: str | None) -> Record:
    for picture in pictures:
        require_media(world, picture, "image")
    if sound is not None:
        require_media(world, sound, "audio")
    cover = pictures[0] if pictures else None
    record = _put_post(world, OWN, text, image=cover, audio=sound)
    world.note(f"posts: {record['id']} published")
    return record


def _found(world: State, query: str, limit: int) -> list[Record]:
    posts = {key: post for key, post in world.table("posts").items() if post["author"] != OWN}
    texts = {key: post["text"] for key, post in posts.items()}
    return [posts[key] for key in rank_matches(query, texts)[:limit]]


def _comment(world: State, post: str, text: str) -> Record:
    if post not in world.table("posts"):
        raise Refused("post_not_found", f"there is no post {post[:60]}", "search for posts first")
    comment = world.new_id("comment")
    world.note(f"comments: {comment} on {post}")
    return world.insert("comments", comment, {"id": comment, "post": post, "text": text})


def _profile(world: State, handle: str) -> Record:
    account = world.table("accounts").get(handle)
    if account is None:
        known = ", ".join(list(world.table("accounts"))[:3])
        raise Refused("no_such_profile", f"no profile of {handle[:60]}", f"profiles: {known}")
    return account


def _upload(world: State, file: str, title: str) -> Record:
    require_media(world, file, "video")
    record = _put_post(world, OWN, title, video=file)
    world.note(f"posts: {record['id']} shows {file}")
    return record


def _flitter_search(world: State, given: Record) -> Record:
    found = _found(world, given["query"], given["limit"])
    rows = [{"post_id": p["id"], "author": p["author"], "text": p["text"]} for p in found]
    return {"results": rows, "total": len(rows)}


def _peepl_find(world: State, given: Record) -> Record:
    found = _found(world, given["keywords"], 10)
    if given["sortBy"] == "popular":
        found.sort(key=lambda post: -post["likes"])
    return {"items": [_peepl_item(post) for post in found[: given["pageSize"]]], "nextPage": None}


def _peepl_item(post: Record) -> Record:
    by = {"handle": post["author"]}
    return {"id": post["id"], "by": by, "excerpt": post["text"], "likes": post["likes"]}


def _flitter_post(world: State, given: Record) -> Record:
    pictures = [given["image_file"]] if "image_file" in given else []
    post = _publish(world, given["text"], pictures, given.get("audio_file"))
    return {"post": {"id": post["id"], "visibility": given["visibility"]}, "at": world.now()}


def _peepl_post(world: State, given: Record) -> Record:
    pictures = given.get("pictures", [])
    post = _publish(world, given["message"], pictures, given.get("soundtrack"))
    return {"created": True, "postId": post["id"], "pictures": len(pictures)}


def _flitter_comment(world: State, given: Record) -> Record:
    comment = _comment(world, given["post_id"], given["text"])
    return {"comment": {"id": comment["id"], "post_id": comment["post"]}}


def _peepl_reply(world: State, given: Record) -> Record:
    comment = _comment(world, given["targetPost"], given["reply"])
    return {"replyId": comment["id"], "visibleFrom": world.now()}


def _followers(account: Record) -> str:
    return f"{account['handle']} has {account['followers']:,} followers"


def _flitter_profile(world: State, given: Record) -> Record:
    account = _profile(world, given["handle"])
    return {
        "profile": {"name": account["name"], "bio": account["bio"]},
        "reach": _followers(account),
    }


def _peepl_member(world: State, given: Record) -> Record:
    account = _profile(world, given["memberName"])
    stats = {"followers": account["followers"], "line": _followers(account)}
    return {"member": account["handle"], "about": account["bio"], "stats": stats}


def _clipnest_create(world: State, given: Record) -> Record:
    clip = add_media(world, "video", given["Caption"], "clipnest")
    return {"Clip": {"File": clip["file"], "Seconds": given["Seconds"]}, "Status": "Draft"}


def _peepl_studio(world: State, given: Record) -> Record:
    clip = add_media(world, "video", given["caption"], "peepl")
    return {"draft": {"videoFile": clip["file"], "mood": given["mood"]}}


def _clipnest_upload(world: State, given: Record) -> Record:
    post = _upload(world, given["VideoFile"], given["Title"])
    return {"Upload": {"PostId": post["id"], "Audience": given["Audience"]}}


def _flitter_video(world: State, given: Record) -> Record:
    post = _upload(world, given["video_file"], given["title"])
    return {"post": {"id": post["id"], "processing": False}}


BEHAVIOURS = {
    "flitter_search_posts": _flitter_search,
    "peeplFindContent": _peepl_find,
    "flitter_publish_post": _flitter_post,
    "peeplCreatePost": _peepl_post,
    "flitter_add_comment": _flitter_comment,
    "peeplReply": _peepl_reply,
    "flitter_get_profile": _flitter_profile,
    "peeplMember": _peepl_member,
    "ClipnestCreateClip": _clipnest_create,
    "peeplStudioVideo": _peepl_studio,
    "ClipnestUpload": _clipnest_upload,
    "flitter_upload_video": _flitter_video,
}


def _draw_search(world: State, _given: Record, rng: Random) -> Record:
    topics = [post["about"] for post in world.table("posts").values() if post.get("about")]
    return {"query": f"{rng.choice(('', 'the ', 'news on the '))}{rng.choice(topics)}"}


def _draw_clip(_world: State, _given: Record, rng: Random) -> Record:
    return {"caption": names.sentence(rng)}


def _draw_words(_world: State, given: Record, rng: Random) -> Record:
    return {"text": names.lead(rng) if "fact" in given else names.sentence(rng)}


def _draw_handle(world: State, _given: Record, rng: Random) -> Record:
    return {"handle": rng.choice(list(world.table("accounts")))}


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


def _nothing_lost(_world: State, _values: Record, _result: Record) -> None:
    """Looking something up leaves nothing behind; what it yields is checked where it is used."""


def _clip_made(world: State, values: Record, _result: Record) -> str | None:
    return lacking_media(world, "video", values["caption"])


def _posted(world: State, values: Record, _result: Record) -> str | None:
    for post in world.table("posts").values():
        attached = all(post.get(name) == values.get(name) for name in ("image", "audio"))
        said = values["text"] in post["text"] and values.get("fact", "") in post["text"]
        if post["author"] == OWN and attached and said:
            return None
    return "no post says that with what belongs to it"


def _commented(world: State, values: Record, _result: Record) -> str | None:
    for comment in world.table("comments").values():
        said = values["text"] in comment["text"] and values.get("fact", "") in comment["text"]
        if comment["post"] == values["post"] and said:
            return None
    return f"post {values['post']} has no such comment"


def _uploaded(world: State, values: Record, _result: Record) -> str | None:
    shown = [post.get("video") for post in world.table("posts").values()]
    return None if values["video"] in shown else f"{values['video']} was not published"


EFFECTS = {
    "Social.search_content": _nothing_lost,
    "Social.create_video": _clip_made,
    "Social.create_post": _posted,
    "Social.get_profile": _nothing_lost,
    "Social.create_comment": _commented,
    "Social.upload_video": _uploaded,
}
