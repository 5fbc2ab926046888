"""Posts, comments, videos and follows under any order of calls."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from tasks.world import World
from tasks.world.groups.social.accounts import own_handle
from tests.tasks.world.machines.checked import checked_call

TOOLS = [t for t in load_catalogue().tools.values() if t.capability.startswith("Social.")]
VALUES = st.sampled_from(["post-0", "the", "publish", "List", "x.png", 0, 3, None, ["y.png"]])
WORDS = st.text(min_size=1, max_size=300)
PLACES = st.integers(0, 5)  # few, so that rules meet at the same post


class Network(RuleBasedStateMachine):
    """A user who publishes, comments, follows, changes and deletes, and calls nonsense."""

    @initialize(seed=st.integers(0, 50))
    def begin(self, seed: int) -> None:
        """A new world, and what is known of it."""
        self.world = World(seed)
        self.own = own_handle(self.world)
        self.posts: dict[str, str] = {}  # own posts that stand: id -> text
        self.comments: dict[str, str] = {}  # own comments that stand: id -> post
        self.followed: list[str] = []
        self.used = {key for table in ("posts", "comments") for key in self.world.tables[table]}
        self.others = self.theirs()
        accounts = self.world.tables["accounts"].items()
        self.followers = {handle: account["followers"] for handle, account in accounts}
        self.publish("The plan is ready")
        self.comment(0, "More of it soon")

    def theirs(self) -> dict[str, JsonObject]:
        """Return the posts and comments of others."""
        tables = (self.world.tables["posts"], self.world.tables["comments"])
        return {k: dict(r) for table in tables for k, r in table.items() if r["author"] != self.own}

    def call(self, name: str, **arguments: Any) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        done = checked_call(self.world, name, arguments)
        return done.result if done.ok else None

    def new(self, key: str) -> str:
        """Return an id that was not given before."""
        assert key not in self.used
        self.used.add(key)
        return key

    @rule(text=WORDS)
    def publish(self, text: str) -> None:
        """A post of any wording is published."""
        done = self.call("flitter_publish_post", text=text)
        self.posts[self.new(done["post"]["id"])] = text

    @rule(text=WORDS, place=PLACES)
    def publish_a_picture(self, text: str, place: int) -> None:
        """A post with a picture is published."""
        media = self.world.tables["media"]
        pictures = [file for file, kept in media.items() if kept["kind"] == "image"]
        shown = pictures[place % len(pictures)]
        done = self.call("townsquare_notices", action="publish", words=text, picture=shown)
        self.posts[self.new(done["notice"]["notice_id"])] = text

    @rule(caption=WORDS, title=st.text(min_size=1, max_size=160))
    def publish_a_clip(self, caption: str, title: str) -> None:
        """A drafted clip is published."""
        clip = self.call("peeplStudioVideo", caption=caption)["draft"]["videoFile"]
        done = self.call("ClipnestUpload", VideoFile=clip, Title=title)
        self.posts[self.new(done["Upload"]["PostId"])] = title

    @rule(place=PLACES, text=WORDS)
    def edit(self, place: int, text: str) -> None:
        """The user's own posts can be reworded, and no others."""
        post = self.any_post(place)
        done = self.call("townsquare_notices", action="edit", notice_id=post, words=text)
        assert (done is not None) == (post in self.posts and self.posts[post] != text)
        if done:
            self.posts[post] = text

    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        """The user's own posts can be deleted, with their comments, and no others."""
        post = self.any_post(place)
        under = [key for key, kept in self.comments.items() if kept == post]
        done = self.call("townsquare_notices", action="delete", notice_id=post)
        assert (done is not None) == (post in self.posts)
        if done:
            assert done["comments_deleted"] == len(under)
            del self.posts[post]
            self.comments = {k: kept for k, kept in self.comments.items() if kept != post}

    def any_post(self, place: int) -> str:
        """Return a post that stands, the user's own first."""
        posts = [*reversed(self.world.tables["posts"])]
        return posts[place % len(posts)]

    @rule(place=PLACES, text=WORDS)
    def comment(self, place: int, text: str) -> None:
        """A comment is the last in the list of those written."""
        post = self.any_post(place)
        done = self.call("peeplReply", targetPost=post, reply=text)
        self.comments[self.new(done["replyId"])] = post
        shown = self.call("peeplConversation", task="mine", page=1 + (len(self.comments) - 1) // 4)
        assert shown["replies"][-1]["replyId"] == done["replyId"]

    @rule(place=PLACES)
    def delete_a_comment(self, place: int) -> None:
        """The user's own comments can be deleted, and no others."""
        comments = [*reversed(self.world.tables["comments"])]
        comment = comments[place % len(comments)] if comments else "comment-0"
        done = self.call("peeplConversation", task="delete", replyId=comment)
        assert (done is not None) == (comment in self.comments)
        self.comments.pop(comment, None)

    @rule(place=PLACES)
    def follow_or_unfollow(self, place: int) -> None:
        """Another account can be followed once and unfollowed once."""
        handle = list(self.followers)[place % len(self.followers)]
        taken = self.call("FlockDirectory", Operation="Follow", Handle=handle)
        assert (taken is not None) == (handle not in (self.own, *self.followed))
        if taken:
            self.followed.append(handle)
        elif handle in self.followed:
            assert self.call("FlockDirectory", Operation="Unfollow", Handle=handle)
            self.followed.remove(handle)

    @rule(place=PLACES)
    def find_a_post_by_its_words(self, place: int) -> None:
        """A post is among the matches of its words, each shown once."""
        post = self.any_post(place)
        text = self.world.tables["posts"][post]["text"]
        if len(text) > 200:  # longer than a query may be
            return
        pages: list[str] = []
        skip: int | None = 0
        while skip is not None:
            shown = self.call("townsquare_notices", action="find", query=text, skip=skip, count=6)
            pages += [row["notice_id"] for row in shown["notices"]]
            skip = shown["next_skip"]
        assert len(pages) == len(set(pages)) == shown["of"]
        assert post in pages or not any(letter.isalnum() for letter in text)

    @rule(tool=st.sampled_from(TOOLS), data=st.data())
    def call_nonsense(self, tool: Any, data: st.DataObject) -> None:  # noqa: ANN401  a Tool
        """Any call of any tool of the group is answered."""
        names = list(tool.parameters["properties"])
        arguments = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
        # what it makes by accident would be no nonsense
        makers = {"text", "message", "words", "Caption", "caption"}
        self.call(tool.name, **{key: arguments[key] for key in arguments.keys() - makers})

    @invariant()
    def everything_stands_as_it_was_left(self) -> None:
        """Nothing is lost or added, and what others wrote stays."""
        posts, comments = self.world.tables["posts"], self.world.tables["comments"]
        own = {key: post["text"] for key, post in posts.items() if post["author"] == self.own}
        assert own == self.posts
        mine = {key: c["post"] for key, c in comments.items() if c["author"] == self.own}
        assert mine == self.comments
        assert self.theirs() == self.others
        assert all(comment["post"] in posts for comment in comments.values())

    @invariant()
    def followers_are_conserved(self) -> None:
        """Accounts have their first followers and the user where followed."""
        for handle, account in self.world.tables["accounts"].items():
            assert account["followers"] == self.followers[handle] + (handle in self.followed)
        assert list(self.world.tables["following"]) == self.followed


Network.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestNetwork = Network.TestCase
