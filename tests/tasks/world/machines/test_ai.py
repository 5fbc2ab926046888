"""The media library under any order of making, editing, showing and deleting."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.catalogue import load_catalogue
from tasks.world import World
from tests.tasks.world.machines.checked import checked_call

TOOLS = [t for t in load_catalogue().tools.values() if t.capability.startswith("AI.")]
VALUES = st.sampled_from(["image-0.png", "the", "list", "speak", 0, 3, None, "video"])
WORDS = st.text(min_size=1, max_size=400)
PLACES = st.integers(0, 6)  # few, so that rules meet at the same file


class Library(RuleBasedStateMachine):
    """A user who makes, edits, publishes and deletes files, and sometimes calls nonsense."""

    @initialize(seed=st.integers(0, 50))
    def begin(self, seed: int) -> None:
        """A new world, and what is known of it."""
        self.world = World(seed)
        self.seeded = {file: dict(kept) for file, kept in self.world.tables["media"].items()}
        self.made: dict[str, str] = {}  # files that are there: name -> what they are about
        self.shown: dict[str, str] = {}  # posts that stand: id -> the file they show
        self.used = set(self.seeded)
        self.draw_a_picture("A lantern")
        self.show_a_picture(0)

    def call(self, name: str, **arguments: Any) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        done = checked_call(self.world, name, arguments)
        return done.result if done.ok else None

    def keep(self, file: str, about: str) -> None:
        """Remember a file that was made; its name is a new one."""
        assert file not in self.used
        self.used.add(file)
        self.made[file] = about

    @rule(scene=WORDS)
    def draw_a_picture(self, scene: str) -> None:
        """A made picture is a new file."""
        done = self.call("atelier_works", operation="create", scene=scene)
        self.keep(done["work"]["file"], scene)

    @rule(words=WORDS)
    def speak(self, words: str) -> None:
        """Spoken words are a new file."""
        done = self.call("voxmillBooth", task="speak", lines=words)
        self.keep(done["take"]["soundFile"], words)

    @rule(words=WORDS)
    def animate(self, words: str) -> None:
        """An animated text is a new file."""
        done = self.call("GlazeworksAnimate", Screenplay=words)
        self.keep(done["Assets"][0]["FileName"], words)

    def any_file(self, place: int) -> str:
        """Return a file that is there, the last made first."""
        files = [*reversed(self.world.tables["media"])]
        return files[place % len(files)]

    @rule(place=PLACES, change=WORDS)
    def edit(self, place: int, change: str) -> None:
        """An edit is a new file; only pictures can be edited."""
        source = self.any_file(place)
        done = self.call("darkroomRetouch", sourceFile=source, change=change)
        assert (done is not None) == source.endswith(".png")
        if done:
            self.keep(done["output"]["name"], change)

    @rule(place=PLACES)
    def show_a_picture(self, place: int) -> None:
        """Pictures can be shown by posts, other files not."""
        file = self.any_file(place)
        done = self.call("flitter_publish_post", text="Look", image_file=file)
        assert (done is not None) == file.endswith(".png")
        if done:
            self.shown[done["post"]["id"]] = file

    @rule()
    def take_a_post_down(self) -> None:
        """The user's own posts can be deleted."""
        if self.shown:
            post, _ = self.shown.popitem()
            assert self.call("townsquare_notices", action="delete", notice_id=post)

    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        """A made file that no post shows can be deleted, and no other."""
        file = self.any_file(place)
        done = self.call("atelier_works", operation="delete", file=file)
        assert (done is not None) == (file in self.made and file not in self.shown.values())
        if done:
            del self.made[file]

    @rule(place=PLACES)
    def find_and_describe(self, place: int) -> None:
        """Each file is found by its name and described as it is."""
        file = self.any_file(place)
        about = self.world.tables["media"][file]["about"]
        work = self.call("atelier_works", operation="describe", file=file)["work"]
        assert about.startswith(work["about"].removesuffix("…"))
        found, page = [], 1
        while page:
            more = self.call("atelier_works", operation="find", words=file, page=page)
            found += [row["file"] for row in more["works"]]
            page = more["next_page"]
        assert file in found
        assert len(found) == len(set(found)) == more["total"]

    @rule(tool=st.sampled_from(TOOLS), data=st.data())
    def call_nonsense(self, tool: Any, data: st.DataObject) -> None:  # noqa: ANN401  a Tool
        """Any call of any tool of the group is answered."""
        names = list(tool.parameters["properties"])
        arguments = data.draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
        # what it makes by accident would be no nonsense
        makers = {
            "prompt",
            "Description",
            "scene",
            "script",
            "Screenplay",
            "text",
            "words",
            "lines",
        }
        self.call(tool.name, **{key: arguments[key] for key in arguments.keys() - makers})

    @invariant()
    def the_library_holds_what_was_made(self) -> None:
        """Nothing is lost or added, and the first files stay as they were."""
        media = self.world.tables["media"]
        assert {file: media[file] for file in self.seeded} == self.seeded
        made = {file: kept["about"] for file, kept in media.items() if file not in self.seeded}
        assert made == self.made
        assert all(file in media for file in self.shown.values())


Library.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLibrary = Library.TestCase
