"""Videos: drafted in a studio, published on a channel, renamed, removed."""

from tasks.world.groups.desks import Way, desk
from tasks.world.groups.excerpts import cut_text
from tasks.world.groups.media import add_media, list_media
from tasks.world.groups.paging import cut_page
from tasks.world.groups.social.network import (
    own_post,
    own_posts,
    publish_video,
    reword_post,
    take_down,
)
from tasks.world.state import Record, State

ROWS = 5  # videos on a page unless the caller says otherwise
DRAFT_SECONDS = 20
LINE = 160  # bytes of a title or a caption


def _clipnest_create(world: State, given: Record) -> Record:
    clip = add_media(world, "video", given["Caption"], "clipnest", seconds=given["Seconds"])
    return {"Clip": {"File": clip["file"], "Seconds": given["Seconds"]}, "Status": "Draft"}


def _peepl_studio(world: State, given: Record) -> Record:
    clip = add_media(world, "video", given["caption"], "peepl", seconds=DRAFT_SECONDS)
    return {"draft": {"videoFile": clip["file"], "mood": given["mood"]}}


def _clipnest_upload(world: State, given: Record) -> Record:
    post = publish_video(world, given["VideoFile"], given["Title"])
    return {"Upload": {"PostId": post["id"], "Audience": given["Audience"]}}


def _flitter_video(world: State, given: Record) -> Record:
    post = publish_video(world, given["video_file"], given["title"])
    return {"post": {"id": post["id"], "processing": False}}


def _publish(world: State, given: Record) -> Record:
    post = publish_video(world, given["VideoFile"], given["Title"])
    return {"Published": {"PostId": post["id"], "VideoFile": post["video"]}}


def _list(world: State, given: Record) -> Record:
    videos = own_posts(world, videos=True)
    rows = [
        {"PostId": p["id"], "Title": cut_text(p["text"], LINE), "VideoFile": p["video"]}
        for p in videos
    ]
    return _page("Videos", rows, given)


def _files(world: State, given: Record) -> Record:
    files = list_media(world, "video")
    rows = [{"VideoFile": f["file"], "About": cut_text(f["about"], LINE)} for f in files]
    return _page("Files", rows, given)


def _page(name: str, rows: list[Record], given: Record) -> Record:
    shown, following = cut_page(rows, given.get("Skip", 0), given.get("Rows", ROWS))
    return {name: shown, "Total": len(rows), "NextSkip": following}


def _rename(world: State, given: Record) -> Record:
    post = own_post(world, given["PostId"], video=True)
    return {"Renamed": reword_post(world, post, given["Title"])["id"], "Title": given["Title"]}


def _remove(world: State, given: Record) -> Record:
    post = own_post(world, given["PostId"], video=True)
    return {"Removed": post["id"], "VideoFile": post["video"], "Comments": take_down(world, post)}


CHANNEL = {
    "Publish": Way(_publish, ("VideoFile", "Title")),
    "List": Way(_list, (), ("Skip", "Rows")),
    "Files": Way(_files, (), ("Skip", "Rows")),
    "Rename": Way(_rename, ("PostId", "Title")),
    "Remove": Way(_remove, ("PostId",)),
}
BEHAVIOURS = {
    "ClipnestCreateClip": _clipnest_create,
    "peeplStudioVideo": _peepl_studio,
    "ClipnestUpload": _clipnest_upload,
    "flitter_upload_video": _flitter_video,
    "ClipnestChannel": desk("Action", CHANNEL),
}
