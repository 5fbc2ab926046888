"""The system group under any order of calls."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from schemas.base import JsonValue
from schemas.messages import ToolCall
from tasks.world.core import World
from tests.tasks.world.machines.checked import checked_call

PATHS = ("box", "box/a.txt", "notes/b.txt", "./notes//b.txt")
PLACES = st.integers(0, 5)  # of these paths, or of the files there are
TEXTS = st.text(max_size=30) | st.sampled_from(("The gate opens", "x" * 3900, "\n" * 900))
NUMBERS = st.integers(0, 3)
NONSENSE = st.sampled_from(("", "none", "../a", "/", "main", "x" * 30, "'", "-n", "SHA256:0"))
DESKS = {
    "hostwright_file": ("operation", ("write", "append", "read", "list", "delete")),
    "filewick_desk": ("action", ("save", "append", "move", "delete", "open", "browse", "search")),
    "opsdeckContainer": ("action", ("run", "list", "logs", "stop", "remove")),
    "bargeway-vessel": ("order", ("launch", "halt", "resume", "discard", "inspect", "fleet")),
    "hostwright_service": ("operation", ("restart", "start", "stop", "status", "list")),
    "opsdeckProcess": ("action", ("restart", "start", "stop", "inspect", "list")),
    "opsdeckGit": ("action", ("commit", "status", "log", "revert")),
    "twigline_desk": ("task", ("record", "open-line", "switch-line", "drop-line", "take-back")),
    "opsdeckPackages": ("action", ("install", "show", "list", "search", "upgrade", "uninstall")),
    "opsdeckKeys": ("action", ("issue", "list", "revoke")),
    "pathprobe-check": ("mode", ("probe", "resolve", "list-targets")),
}
PARAMETERS = (
    "path", "content", "entry", "text", "new-entry", "words", "imageName", "containerId", "image",
    "vessel", "name", "programName", "repo", "commitMessage", "sha", "project", "note", "line",
    "revision", "packageName", "searchWords", "hostName", "keyLabel", "keyFingerprint", "target",
)  # fmt: skip
LINES = (
    "cat notes/a.txt", "ls", "ls box", "ps", "docker ps -a", "docker images", "pip list",
    "ssh-add -l", "ip addr", "df -h", "free -m", "uptime", "date", "du -s notes", "rm -r notes",
    "cat notes/a.txt > box/b.txt", "ls | wc", "git push", "sh -c ls", "tail -n 2 notes/a.txt",
)  # fmt: skip


class System(RuleBasedStateMachine):
    """Files, programs and software, beside a plain record of what was done to them."""

    containers = Bundle("containers")
    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(31)
        self.files = {p: str(r["content"]) for p, r in self.world.tables["files"].items()}
        self.programs = set(self.world.tables["programs_running"])
        self.packages = set(self.world.tables["packages"])
        self.calls = 0
        self.made: list[str] = []
        self.repository = self.one_of("repositories", 0)

    def call(self, tool: str, **arguments: JsonValue) -> Any:  # noqa: ANN401  any JSON
        """Return the result of a call, None if it was refused."""
        self.calls += 1
        self.world.log.clear()  # a world takes so many calls and no more
        done = checked_call(self.world, tool, arguments)
        return done.result if done.ok else None

    def one_of(self, table: str, number: int) -> str:
        """Return one of the ids of a table."""
        ids = list(self.world.tables[table])
        return ids[number % len(ids)]

    def path(self, number: int) -> str:
        """Return one of a few paths, or of the files there are."""
        return PATHS[number] if number < len(PATHS) else self.one_of("files", number)

    @rule(places=st.lists(PLACES, min_size=1, max_size=4), text=TEXTS)
    def write(self, places: list[int], text: str) -> None:
        """Write what is there or not."""
        for place in places:
            done = self.call("opsdeckSaveText", filePath=self.path(place), text=text)
            if done:
                self.files[done["saved"]["filePath"]] = text

    @rule(place=PLACES, text=TEXTS)
    def append(self, place: int, text: str) -> None:
        """Append to what may be there."""
        done = self.call("filewick_desk", action="append", entry=self.path(place), text=text)
        if done:
            entry = done["extended"]["entry"]
            before = self.files[entry]
            self.files[entry] = f"{before}\n{text}" if before else text

    @rule(place=PLACES, onto=PLACES)
    def move(self, place: int, onto: int) -> None:
        """Move what may be there."""
        path = self.path(place)
        given = {"action": "move", "entry": path, "new-entry": self.path(onto)}
        done = self.call("filewick_desk", **given)
        if done:
            plain = path.removeprefix("./").replace("//", "/")
            self.files[done["moved"]["to"]] = self.files.pop(plain)

    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        """Delete what may be there."""
        done = self.call("hostwright_file", operation="delete", path=self.path(place))
        if done:
            del self.files[done["path"]]

    @rule(number=st.integers(0, 30))
    def read(self, number: int) -> None:
        """A file is read in parts that make up what was written last."""
        path, parts = self.one_of("files", number), []
        start: int | None = 0
        while start is not None:
            part = self.call("hostwright_file", operation="read", path=path, start=start)
            parts.append(part["content"])
            start = part["next_start"]
        assert "".join(parts) == self.files[path]

    @rule()
    def list_files(self) -> None:
        """The pages together name every file once."""
        seen: list[str] = []
        start: int | None = 0
        while start is not None:
            given: dict[str, JsonValue] = {"action": "browse", "entry": ".", "from": start}
            page = self.call("filewick_desk", **given)
            seen += [row["entry"] for row in page["entries"]]
            start = page["continue-from"]
        assert seen == sorted(self.files)

    @rule(target=containers, number=NUMBERS)
    def run_container(self, number: int) -> Any:  # noqa: ANN401  an id
        """A new container has a new id."""
        image = self.one_of("images", number)
        made = self.call("bargeway-vessel", order="launch", image=image)["launched"]["vessel"]
        self.made.append(made)
        return made

    @rule(container=containers)
    def stop_or_resume(self, container: str) -> None:
        """What runs can be stopped, what stands still resumed, and nothing else."""
        if self.call("opsdeckContainer", action="stop", containerId=container):
            assert not self.call("opsdeckContainer", action="stop", containerId=container)
        else:
            assert self.call("bargeway-vessel", order="resume", vessel=container)

    @rule(container=consumes(containers))
    def remove_container(self, container: str) -> None:
        """It stops if it runs, is removed, and then nobody knows it."""
        self.call("bargeway-vessel", order="halt", vessel=container)
        assert self.call("opsdeckContainer", action="remove", containerId=container)
        assert not self.call("bargeway-vessel", order="inspect", vessel=container)

    @rule(target=keys, number=NUMBERS, label=TEXTS)
    def issue_key(self, number: int, label: str) -> Any:  # noqa: ANN401  an id
        """A key opens its host."""
        host = self.one_of("hosts", number)
        done = self.call("RackmateIssueKey", Machine=host, KeyName=label[:80])
        if not done:  # no label
            return multiple()
        self.made.append(done["Key"]["Fingerprint"])
        assert self.call("opsdeckRun", commandLine=f"ssh {host} uptime")
        return done["Key"]["Fingerprint"]

    @rule(key=consumes(keys))
    def revoke_key(self, key: str) -> None:
        """Once."""
        assert self.call("opsdeckKeys", action="revoke", keyFingerprint=key)
        assert not self.call("opsdeckKeys", action="revoke", keyFingerprint=key)

    @rule(number=NUMBERS)
    def install_or_uninstall(self, number: int) -> None:
        """What can't be installed is there already, and what is uninstalled is not."""
        name = self.one_of("packages", number)
        there = bool(self.call("rackmate-install", package=name))
        if not there:
            assert self.call("opsdeckPackages", action="uninstall", packageName=name)
        listed = self.call("opsdeckPackages", action="list", perPage=10)["packages"]
        assert (name in [row["name"] for row in listed]) == there
        assert not self.call("opsdeckPackages", action="upgrade", packageName=name)

    @rule(number=NUMBERS)
    def stop_or_start(self, number: int) -> None:
        """A program that was stopped has no process; each start gives it a new one."""
        name = self.one_of("programs_running", number)
        if self.call("hostwright_service", operation="stop", name=name):
            assert not self.call("RackmateRestart", Process=name)
        started = self.call("opsdeckProcess", action="start", programName=name)["started"]["pid"]
        restarted = self.call("RackmateRestart", Process=name)["Restarted"]["ProcessId"]
        self.made += [started, restarted]

    @rule(place=PLACES, text=TEXTS, message=st.sampled_from(("Change", "Tidy")))
    def change_and_commit(self, place: int, text: str, message: str) -> None:
        """Afterwards nothing is left to commit, and the commit is the latest of the log."""
        path = f"{self.repository}/{self.path(place)}".replace("./", "")
        if self.call("opsdeckSaveText", filePath=path, text=text):
            self._reread()
        given = {"action": "commit", "repo": self.repository, "commitMessage": message}
        done = self.call("opsdeckGit", **given)
        assert self.call("opsdeckGit", action="status", repo=self.repository)["changedCount"] == 0
        if done:
            self.made.append(done["sha"])
            log = self.call("opsdeckGit", action="log", repo=self.repository)["commits"]
            assert (log[0]["hash"], log[0]["reverted"]) == (done["sha"], False)

    @rule(number=NUMBERS)
    def revert(self, number: int) -> None:
        """A commit that was reverted is marked, and can't be reverted again."""
        log = self.call("opsdeckGit", action="log", repo=self.repository)["commits"]
        key = log[number % len(log)]["hash"]
        given = {"task": "take-back", "project": self.repository, "revision": key}
        if self.call("twigline_desk", **given):
            assert not self.call("twigline_desk", **given)
            self._reread()

    @rule()
    def revert_out_of_order(self) -> None:
        """A commit can't be taken back before the later one that changed the same file."""
        path, made, texts = f"{self.repository}/plan.txt", [], []
        for _ in range(2):
            texts.append(f"The plan after {self.calls} calls")
            assert self.call("opsdeckSaveText", filePath=path, text=texts[-1])
            given = {"repository": self.repository, "message": "Plan"}
            made.append(self.call("hostwright_git_commit", **given)["commit"]["hash"])
        revert = {"action": "revert", "repo": self.repository}
        assert not self.call("opsdeckGit", sha=made[0], **revert)
        assert self.call("opsdeckGit", sha=made[1], **revert)
        assert self.world.tables["files"][path]["content"] == texts[0]
        self._reread()

    @rule(line=st.sampled_from(("main", "visit", "other")))
    def branch(self, line: str) -> None:
        """A branch that is switched to is the present one."""
        here = {"project": self.repository}
        self.call("twigline_desk", task="open-line", line=line, **here)
        if self.call("twigline_desk", task="switch-line", line=line, **here):
            assert not self.call("twigline_desk", task="drop-line", line=line, **here)
        self.call("twigline_desk", task="drop-line", line="other", **here)
        self._reread()

    def _reread(self) -> None:
        """Take over what a repository did to the files of its folder, and to those alone."""
        folder, now = f"{self.repository}/", self.world.tables["files"].items()
        kept = {path: text for path, text in self.files.items() if not path.startswith(folder)}
        self.files = kept | {p: r["content"] for p, r in now if p.startswith(folder)}

    @rule(line=st.sampled_from(LINES) | st.text(max_size=20), start=st.integers(1, 30))
    def shell(self, line: str, start: int) -> None:
        """No command changes anything."""
        before = self.world.digest()
        self.call("hostwright_shell", command=line, from_line=start)
        assert self.world.digest() == before

    @rule(data=st.data(), tool=st.sampled_from(sorted(DESKS)))
    def send_nonsense(self, data: st.DataObject, tool: str) -> None:
        """Operations with names that stand for nothing and parameters that don't belong."""
        chooser, ways = DESKS[tool]
        words = st.dictionaries(st.sampled_from(PARAMETERS), NONSENSE, max_size=4)
        way = data.draw(st.sampled_from(ways))
        done = self.world.call(
            ToolCall(id="c", name=tool, arguments={chooser: way, **data.draw(words)})
        )
        assert done.ok or not done.changes
        self.files = {p: str(r["content"]) for p, r in self.world.tables["files"].items()}

    @invariant()
    def files_are_as_written(self) -> None:
        """Every file holds what was written last, and no path is a file and a folder."""
        files = self.world.tables["files"]
        assert {path: record["content"] for path, record in files.items()} == self.files
        assert not any(other.startswith(f"{path}/") for path in files for other in files)

    @invariant()
    def branches_hold_what_their_commits_say(self) -> None:
        """Each commit starts where the one before it ended."""
        for repository in self.world.tables["repositories"].values():
            assert repository["branch"] in repository["branches"]
            for branch in repository["branches"].values():
                held: dict[str, str | None] = {}
                for made in branch["commits"]:
                    for file, (before, now) in made["files"].items():
                        assert held.get(file) == before
                        held[file] = now
                assert {f: text for f, text in held.items() if text is not None} == branch["holds"]

    @invariant()
    def nothing_is_lost_or_made_twice(self) -> None:
        """Programs and packages stay what they are, ids are never given twice."""
        assert set(self.world.tables["programs_running"]) == self.programs
        assert set(self.world.tables["packages"]) == self.packages
        assert len(set(self.made)) == len(self.made)
        processes = [r["process"] for r in self.world.tables["programs_running"].values()]
        running = [process for process in processes if process]
        assert len(set(running)) == len(running)


System.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestSystem = System.TestCase
