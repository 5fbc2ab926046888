"""The system group."""

import random
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from schemas.messages import ToolCall
from tasks.world.core import World
from tasks.world.groups.system import DRAWS, EFFECTS
from tasks.world.groups.system.fitting import fit_rows, fit_text
from tasks.world.groups.system.shell import summarise
from tests.tasks.world.groups.conftest import yields_of

Act = Callable[..., Any]  # the fixtures' protocol
FILES, GIT, DOCKER = "System.manage_files", "System.manage_git", "System.manage_docker"
PACKAGES, PROCESS, SSH = "System.manage_packages", "System.manage_process", "System.manage_ssh"


def first(world: World, table: str) -> str:
    return next(iter(world.tables[table]))


def installed(world: World, yes: bool) -> str:
    packages = world.tables["packages"].items()
    return next(name for name, record in packages if bool(record["installed"]) == yes)


def running(world: World) -> str:
    return next(n for n, r in world.tables["programs_running"].items() if r["process"])


def test_a_written_file_reads_back(act: Act) -> None:
    """By the same provider, by the shell of another one, and in its folder's list."""
    act("rackmate-put-file", target="plans/visit.txt", lines=["The gate opens", "at nine"])
    read = act("hostwright_file", operation="read", path="plans/visit.txt")
    assert read["content"] == "The gate opens\nat nine"
    assert act("opsdeckRun", commandLine="cat plans/visit.txt")["lastLine"] == "at nine"
    listed = act("hostwright_file", operation="list", path="plans")
    assert "plans/visit.txt" in listed["files"]


def test_the_effect_of_writing_is_the_content(world: World, act: Act) -> None:
    """Content and fact have to be in the file; overwriting it loses the effect."""
    needs = {"path": "notes/a.txt", "content": "The gate opens", "fact": "at 9:30"}
    act("opsdeckSaveText", filePath="notes/a.txt", text="The gate opens today at 9:30.")
    assert EFFECTS["System.manage_files"](world, needs, {}) is None
    act("opsdeckSaveText", filePath="notes/a.txt", text="Something else")
    assert EFFECTS["System.manage_files"](world, needs, {})


def test_a_file_can_be_appended_to_moved_and_deleted(act: Act, refusal: Act) -> None:
    """Each provider's reader sees what the others did; what is gone is gone for all."""
    act("opsdeckSaveText", filePath="plans/visit.txt", text="The gate opens")
    act("filewick_desk", action="append", entry="plans/visit.txt", text="at nine")
    act("hostwright_file", operation="append", path="plans/visit.txt", content="or ten")
    act("filewick_desk", **{"action": "move", "entry": "plans/visit.txt", "new-entry": "old/a.txt"})
    read = act("filewick_desk", action="open", entry="old/a.txt")
    assert read["text"] == "The gate opens\nat nine\nor ten"
    gone = {"operation": "read", "path": "plans/visit.txt"}
    assert refusal("hostwright_file", **gone) == "file_not_found"
    act("hostwright_file", operation="delete", path="old/a.txt")
    assert refusal("filewick_desk", action="open", entry="old/a.txt") == "fileNotFound"


def test_undoing_a_file_undoes_its_effect(world: World, act: Act) -> None:
    """Deleting and moving both lose what was written."""
    needs = {"path": "notes/a.txt", "content": "The gate opens"}
    act("filewick_desk", action="save", entry="notes/a.txt", text="The gate opens")
    assert EFFECTS[FILES](world, needs, {}) is None
    act("filewick_desk", **{"action": "move", "entry": "notes/a.txt", "new-entry": "notes/b.txt"})
    assert EFFECTS[FILES](world, needs, {})
    act("filewick_desk", action="save", entry="notes/a.txt", text="The gate opens")
    act("filewick_desk", action="delete", entry="notes/a.txt")
    assert EFFECTS[FILES](world, needs, {})


def test_paths_that_mean_the_same_are_the_same(act: Act) -> None:
    """A dot and a doubled slash in a path change nothing."""
    act("opsdeckSaveText", filePath="./notes//a.txt", text="Here")
    assert act("hostwright_file", operation="read", path="notes/a.txt")["content"] == "Here"
    assert act("hostwright_shell", command="cat ./notes/a.txt")["summary"] == "Here"


def test_a_path_is_a_file_or_a_folder(act: Act, refusal: Act) -> None:
    """A file can't be written where a folder is, nor into a file, nor moved onto another."""
    act("opsdeckSaveText", filePath="box/a.txt", text="x")
    act("opsdeckSaveText", filePath="box/b.txt", text="y")
    assert refusal("opsdeckSaveText", filePath="box", text="x") == "ERR_IS_A_FOLDER"
    assert refusal("opsdeckSaveText", filePath="box/a.txt/b", text="x") == "ERR_NOT_A_FOLDER"
    move = {"action": "move", "entry": "box/a.txt", "new-entry": "box/b.txt"}
    assert refusal("filewick_desk", **move) == "fileExists"
    assert refusal("hostwright_file", operation="list", path="none") == "folder_not_found"


def test_files_are_found_by_their_text(act: Act) -> None:
    """The file that holds most of the words comes first, with the line that does."""
    act("opsdeckSaveText", filePath="notes/a.txt", text="Hello\nThe zebra ate the tulips")
    act("opsdeckSaveText", filePath="notes/b.txt", text="A zebra")
    found = act("filewick_desk", action="search", words="zebra tulips")
    assert [row["entry"] for row in found["found"]] == ["notes/a.txt", "notes/b.txt"]
    assert found["found"][0]["line"] == "The zebra ate the tulips"
    assert act("filewick_desk", action="search", words="qqq")["of"] == 0


def test_a_long_file_is_read_in_parts(act: Act, refusal: Act) -> None:
    """The parts make up the whole, and every result is small; there is a largest file."""
    whole = "".join(chr(0x4E00 + n) if n % 3 else "\t" for n in range(4000))
    act("opsdeckSaveText", filePath="notes/long.txt", text=whole)
    parts: list[str] = []
    start: int | None = 0
    while start is not None:
        read = act("hostwright_file", operation="read", path="notes/long.txt", start=start)
        assert len(orjson.dumps(read)) < 3000
        parts.append(read["content"])
        start = read["next_start"]
    assert "".join(parts) == whole
    lines = ["x" * 4000] * 6
    assert refusal("rackmate-put-file", target="notes/c.txt", lines=lines) == "file_too_big"


def test_a_folder_is_listed_in_pages(act: Act) -> None:
    """All pages together name every file once, whoever lists."""
    for n in range(45):
        act("opsdeckSaveText", filePath=f"many/{n:03d}.txt", text="x")
    seen: list[str] = []
    start: int | None = 0
    while start is not None:
        page = act("hostwright_file", operation="list", path="many", start=start)
        assert page["total"] == 45
        seen += page["files"]
        start = page["next_start"]
    assert seen == [f"many/{n:03d}.txt" for n in range(45)]
    browsed = act("filewick_desk", **{"action": "browse", "entry": "many", "from": 40})
    assert (len(browsed["entries"]), browsed["continue-from"]) == (5, None)
    assert act("opsdeckRun", commandLine="ls many")["lastLine"] == "45 in all"


@pytest.mark.parametrize("path", ["/etc/a.txt", "~/a.txt", "notes/../../a", "notes/"])
def test_files_stay_in_the_home_folder(refusal: Act, path: str) -> None:
    """Absolute paths, ways out and bare folders are refused."""
    assert refusal("opsdeckSaveText", filePath=path, text="x") == "ERR_BAD_PATH"


def test_a_commit_takes_all_changes(world: World, act: Act, refusal: Act) -> None:
    """Afterwards the log shows it and there is nothing left to commit."""
    name = first(world, "repositories")
    made = act("hostwright_git_commit", repository=name, message="Tidy the visitor page")
    assert act("opsdeckGit", action="status", repo=name)["changedFiles"] == []
    logged = act("hostwright_shell", command=f"git log {name}")
    assert logged["summary"] == f"{made['commit']['hash']} Tidy the visitor page"
    again = {"repository": name, "message": "Again"}
    assert refusal("hostwright_git_commit", **again) == "nothing_to_commit"


def test_a_file_in_a_repository_is_a_change_of_it(world: World, act: Act) -> None:
    """Written, altered and deleted files show in the status until they are committed."""
    name = first(world, "repositories")
    act("hostwright_git_commit", repository=name, message="Start")
    act("opsdeckSaveText", filePath=f"{name}/new.txt", text="Hello")
    act("opsdeckSaveText", filePath=f"{name}/readme.md", text="Other")
    shown = act("twigline_desk", **{"task": "show-changes", "project": name})["changes"]
    assert [(row["file"], row["state"], row["line"]) for row in shown] == [
        ("new.txt", "added", "+ Hello"),
        ("readme.md", "modified", "+ Other"),
    ]
    act("hostwright_file", operation="delete", path=f"{name}/readme.md")
    assert "deleted readme.md" in act("opsdeckRun", commandLine=f"git status {name}")["output"]
    assert act("opsdeckGit", action="commit", repo=name, commitMessage="All")["filesChanged"] == 2


def test_a_reverted_commit_is_taken_back(world: World, act: Act, refusal: Act) -> None:
    """The files are as before and the effect is lost; reverting the revert brings both back."""
    name = first(world, "repositories")
    act("hostwright_git_commit", repository=name, message="Start")
    act("opsdeckSaveText", filePath=f"{name}/readme.md", text="Other")
    made = act("twigline_desk", task="record", project=name, note="Change it")
    key, needs = made["recorded"]["revision"], {"repository": name, "message": "Change it"}
    assert EFFECTS[GIT](world, needs, yields_of(GIT, made)) is None
    back = act("opsdeckGit", action="revert", repo=name, sha=key)
    assert act("hostwright_shell", command=f"cat {name}/readme.md")["stdout"] == f"This is {name}"
    assert EFFECTS[GIT](world, needs, yields_of(GIT, made))
    again = {"task": "take-back", "project": name, "revision": key}
    assert refusal("twigline_desk", **again) == "already-reverted"
    act("twigline_desk", **again | {"revision": back["revertedBy"]})
    assert act("hostwright_shell", command=f"cat {name}/readme.md")["stdout"] == "Other"
    assert EFFECTS[GIT](world, needs, yields_of(GIT, made)) is None
    assert act("opsdeckGit", action="status", repo=name)["changedCount"] == 0


def test_a_revert_never_loses_later_work(world: World, act: Act, refusal: Act) -> None:
    """A file that was changed since is not overwritten; an unknown commit is named."""
    name = first(world, "repositories")
    made = act("hostwright_git_commit", repository=name, message="Start")
    file = next(
        path
        for path in world.tables["files"]
        if path.startswith(f"{name}/") and not path.endswith("readme.md")
    )
    act("opsdeckSaveText", filePath=file, text="Later work")
    revert = {"action": "revert", "repo": name, "sha": made["commit"]["hash"]}
    assert refusal("opsdeckGit", **revert) == "ERR_CONFLICT"
    assert refusal("opsdeckGit", **revert | {"sha": "zzzz"}) == "ERR_UNKNOWN_COMMIT"


def test_a_branch_keeps_its_own_files(world: World, act: Act, refusal: Act) -> None:
    """Switching brings a branch's files back; work that would be lost stops it."""
    name = first(world, "repositories")
    act("hostwright_git_commit", repository=name, message="Start")
    line = {"project": name, "line": "visit"}
    act("twigline_desk", task="open-line", **line)
    assert refusal("twigline_desk", task="open-line", **line) == "branch-exists"
    act("twigline_desk", task="switch-line", **line)
    act("opsdeckSaveText", filePath=f"{name}/visit.txt", text="On the branch")
    made = act("hostwright_git_commit", repository=name, message="Branch work")
    needs = {"repository": name, "message": "Branch work"}
    act("twigline_desk", task="switch-line", project=name, line="main")
    gone = {"operation": "read", "path": f"{name}/visit.txt"}
    assert refusal("hostwright_file", **gone) == "file_not_found"
    assert EFFECTS[GIT](world, needs, yields_of(GIT, made)) is None
    act("opsdeckSaveText", filePath=f"{name}/visit.txt", text="Not yet committed")
    assert refusal("twigline_desk", task="switch-line", **line) == "uncommitted-changes"
    act("hostwright_file", operation="delete", path=f"{name}/visit.txt")
    act("twigline_desk", task="switch-line", **line)
    shown = act("hostwright_shell", command=f"git branch {name}")
    assert shown["summary"] == "* visit"
    assert refusal("twigline_desk", task="drop-line", **line) == "branch-in-use"
    assert refusal("twigline_desk", task="switch-line", **line) == "already-there"
    act("twigline_desk", task="switch-line", project=name, line="main")
    act("twigline_desk", task="drop-line", **line)
    assert EFFECTS[GIT](world, needs, yields_of(GIT, made))
    assert refusal("twigline_desk", task="switch-line", **line) == "unknown-branch"


def test_a_branch_never_makes_a_file_of_a_folder(world: World, act: Act, refusal: Act) -> None:
    """Where a branch has a file and the folder has work of the same name, switching stops."""
    name = first(world, "repositories")
    act("opsdeckSaveText", filePath=f"{name}/spot", text="A file")
    act("hostwright_git_commit", repository=name, message="Start")
    act("twigline_desk", task="open-line", project=name, line="other")
    act("hostwright_file", operation="delete", path=f"{name}/spot")
    act("hostwright_git_commit", repository=name, message="Without it")
    act("opsdeckSaveText", filePath=f"{name}/spot/a.txt", text="A folder")
    back = {"task": "switch-line", "project": name, "line": "other"}
    assert refusal("twigline_desk", **back) == "conflict"


def test_the_log_is_shown_in_pages(world: World, act: Act) -> None:
    """Latest first, with how many there are and where the rest starts."""
    name = first(world, "repositories")
    for n in range(14):
        act("opsdeckSaveText", filePath=f"{name}/n.txt", text=str(n))
        act("opsdeckGit", action="commit", repo=name, commitMessage=f"Number {n}")
    page = act("opsdeckGit", action="log", repo=name)
    assert (page["total"], page["nextSkip"]) == (15, 10)
    assert page["commits"][0]["message"] == "Number 13"
    rest = act("twigline_desk", task="show-history", project=name, offset=10)
    assert len(rest["revisions"]) == 5
    assert rest["next-offset"] is None
    lines = act("opsdeckRun", commandLine=f"git log -n 3 {name}")["output"]
    assert [line.split(" ", 1)[1] for line in lines] == ["Number 11", "Number 12", "Number 13"]
    listed = act("twigline_desk", task="list-projects")["projects"]
    assert {"project": name, "line": "main", "unrecorded": 0} in listed


def test_a_restart_gives_a_new_process(world: World, act: Act) -> None:
    """The program runs on under another id; looking at it restarts nothing."""
    name = running(world)
    before = world.tables["programs_running"][name]["process"]
    act("hostwright_service", operation="status", name=name)
    assert world.tables["programs_running"][name]["process"] == before
    again = act("RackmateRestart", Process=name)["Restarted"]["ProcessId"]
    assert again != before
    found = act("opsdeckProcess", action="inspect", programName=name)
    assert (found["process"], found["restarts"]) == (again, 1)


def test_a_stopped_program_is_not_restarted(world: World, act: Act, refusal: Act) -> None:
    """Every provider sees that it stands still; starting it undoes that."""
    name = running(world)
    act("opsdeckProcess", action="restart", programName=name)
    assert EFFECTS[PROCESS](world, {"process_name": name}, {}) is None
    act("hostwright_service", operation="stop", name=name)
    assert EFFECTS[PROCESS](world, {"process_name": name}, {})
    assert refusal("RackmateRestart", Process=name) == "NotRunning"
    stopped = act("opsdeckProcess", action="list", stateFilter="stopped")["programs"]
    assert name in [row["name"] for row in stopped]
    assert "inactive" in act("opsdeckRun", commandLine=f"systemctl status {name}")["lastLine"]
    started = act("opsdeckProcess", action="start", programName=name)["started"]["pid"]
    assert f"{started} {name}" in act("hostwright_shell", command="ps")["stdout"]
    assert refusal("hostwright_service", operation="start", name=name) == "already_running"
    assert act("hostwright_service", operation="list")["total"] == len(
        world.tables["programs_running"]
    )


def test_a_package_is_installed_once(world: World, act: Act, refusal: Act) -> None:
    """The second attempt is refused."""
    name = installed(world, False)
    assert act("rackmate-install", package=name)["installed"].startswith(f"{name} ")
    assert act("opsdeckPackages", action="show", packageName=name)["known"]["installed"]
    again = {"action": "install", "packageName": name}
    assert refusal("opsdeckPackages", **again) == "ERR_ALREADY_INSTALLED"
    assert name in act("hostwright_shell", command="pip list")["stdout"]


def test_an_uninstalled_package_is_gone(world: World, act: Act, refusal: Act) -> None:
    """Its effect is lost, and it can be installed again."""
    name = installed(world, False)
    act("rackmate-install", package=name)
    gone = {"action": "uninstall", "packageName": name}
    act("opsdeckPackages", **gone)
    assert EFFECTS[PACKAGES](world, {"package_name": name}, {})
    assert refusal("opsdeckPackages", **gone) == "ERR_NOT_INSTALLED"
    listed = act("opsdeckPackages", action="list", perPage=10)["packages"]
    assert name not in [row["name"] for row in listed]
    act("opsdeckPackages", action="install", packageName=name)
    assert EFFECTS[PACKAGES](world, {"package_name": name}, {}) is None


def test_an_upgrade_brings_the_latest_version(world: World, act: Act, refusal: Act) -> None:
    """Once; what is not installed can't be upgraded."""
    name = installed(world, True)
    world.tables["packages"][name] |= {"installed": "0.1.2", "latest": "3.0.1"}
    upgrade = {"action": "upgrade", "packageName": name}
    made = act("opsdeckPackages", **upgrade)
    assert (made["from"], made["to"]) == ("0.1.2", "3.0.1")
    assert act("opsdeckRun", commandLine=f"pip show {name}")["lastLine"].startswith("version 3.0.1")
    assert refusal("opsdeckPackages", **upgrade) == "ERR_UP_TO_DATE"
    absent = upgrade | {"packageName": installed(world, False)}
    assert refusal("opsdeckPackages", **absent) == "ERR_NOT_INSTALLED"


def test_packages_are_found_by_name_and_use(world: World, act: Act) -> None:
    """A part of the name is enough, and all pages together hold all that is found."""
    name, record = next(iter(world.tables["packages"].items()))
    found = act("opsdeckPackages", action="search", searchWords=name[:6])["packages"]
    assert name in [row["name"] for row in found]
    by_use = act("opsdeckPackages", action="search", searchWords=record["use"], perPage=1)
    assert by_use["packages"][0]["use"] == record["use"]
    assert act("opsdeckPackages", action="search", searchWords="zzz")["total"] == 0


def test_a_started_container_is_listed(world: World, act: Act, refusal: Act) -> None:
    """The latest first, and in the shell; images that are not there are refused."""
    image = first(world, "images")
    started = act("hostwright_run_container", image=image)["container_id"]
    listed = act("opsdeckContainer", action="list")["containers"][0]
    assert (listed["id"], listed["image"], listed["state"]) == (started, image, "running")
    shown = act("hostwright_shell", command="docker ps -a")["stdout"]
    assert shown.startswith(f"{started} {image} running")
    assert refusal("opsdeckContainer", action="run") == "ERR_MISSING_PARAMETER"
    assert refusal("hostwright_run_container", image="none:1.0.0") == "unknown_image"


def test_a_stopped_container_is_no_effect(world: World, act: Act, refusal: Act) -> None:
    """It can be resumed; it can be removed only while it stands still, and then is gone."""
    needs = {"image_name": first(world, "images")}
    made = act("bargeway-vessel", order="launch", image=needs["image_name"])
    other = act("opsdeckContainer", action="run", imageName=needs["image_name"])
    vessel = made["launched"]["vessel"]
    assert refusal("opsdeckContainer", action="remove", containerId=vessel) == "ERR_STILL_RUNNING"
    assert refusal("bargeway-vessel", order="resume", vessel=vessel) == "already-running"
    act("opsdeckContainer", action="stop", containerId=vessel)
    assert EFFECTS[DOCKER](world, needs, yields_of(DOCKER, made))
    assert EFFECTS[DOCKER](world, needs, yields_of(DOCKER, other)) is None
    assert refusal("bargeway-vessel", order="halt", vessel=vessel) == "not-running"
    act("bargeway-vessel", order="resume", vessel=vessel)
    assert EFFECTS[DOCKER](world, needs, yields_of(DOCKER, made)) is None
    act("bargeway-vessel", order="halt", vessel=vessel)
    journal = act("bargeway-vessel", order="inspect", vessel=vessel)["journal"]
    assert [line.split(" ")[1] for line in journal] == ["running", "exited", "running", "exited"]
    assert act("opsdeckContainer", action="logs", containerId=vessel)["logLines"] == journal
    act("bargeway-vessel", order="discard", vessel=vessel)
    assert EFFECTS[DOCKER](world, needs, yields_of(DOCKER, made))
    assert refusal("bargeway-vessel", order="inspect", vessel=vessel) == "unknown-container"


def test_containers_are_listed_in_pages(world: World, act: Act) -> None:
    """Both providers page to the same whole; images are listed too."""
    for _ in range(23):
        act("hostwright_run_container", image=first(world, "images"))
    total, numbered = len(world.tables["containers"]), []
    page: int | None = 1
    start: int | None = 0
    while page is not None:
        shown = act("opsdeckContainer", action="list", page=page)
        numbered += [row["id"] for row in shown["containers"]]
        page = shown["nextPage"]
    fleet: list[str] = []
    while start is not None:
        shown = act("bargeway-vessel", order="fleet", start=start)
        fleet += [row["vessel"] for row in shown["fleet"]]
        start = shown["next_start"]
    assert fleet == numbered
    assert len(set(fleet)) == total == shown["count"]
    exited = act("bargeway-vessel", order="fleet", condition="exited")
    assert exited["count"] < total
    images = act("bargeway-vessel", order="images")
    assert images["count"] == len(world.tables["images"])


def test_a_page_says_what_the_search_said(world: World, act: Act) -> None:
    """Fetching a found address gives the fact of its search result."""
    title = next(iter(world.tables["pages"].values()))["title"]
    found = act("lumenfind_web_search", query=title)["results"][0]
    assert act("fetchling_get", url=found["url"])["extract"] == found["snippet"]
    assert "response" not in act("opsdeckHttp", verb="HEAD", address=found["url"])
    assert act("opsdeckRun", commandLine=f"curl {found['url']}")["output"][-1] == found["snippet"]


def test_a_page_has_the_keys_that_are_read(world: World, act: Act, refusal: Act) -> None:
    """A slash at the end is the same page; a wrong address is answered with a near one."""
    url, page = next(iter(world.tables["pages"].items()))
    assert act("fetchling_get", url=f"{url}/#part")["title"] == page["title"]
    assert refusal("fetchling_get", url="https://nowhere.example/") == "page_not_found"
    site = "/".join(url.split("/")[:3])
    done = world.call(ToolCall(id="c", name="fetchling_get", arguments={"url": f"{site}/none"}))
    result: Any = done.result
    assert site in result["error"]["hint"]


def test_a_long_page_is_read_in_parts(world: World, act: Act) -> None:
    """Both providers say where the rest starts."""
    url, page = next(iter(world.tables["pages"].items()))
    page["text"] = "word " * 1000
    got = act("fetchling_get", url=url)
    assert len(orjson.dumps(got)) < 3000
    rest = act("opsdeckHttp", verb="GET", address=url, fromCharacter=got["next_start"])
    joined = got["text"] + rest["response"]["body"]
    assert page["text"].startswith(joined)
    assert rest["nextCharacter"] == len(joined)


def test_a_key_is_kept_with_its_host(world: World, act: Act, refusal: Act) -> None:
    """Hosts that are not managed get none."""
    host = first(world, "hosts")
    made = act("RackmateIssueKey", Machine=host, KeyName="Backup job")
    kept = world.tables["keys"][made["Key"]["Fingerprint"]]
    assert (kept["host"], kept["label"], kept["algorithm"]) == (host, "Backup job", "ed25519")
    nowhere = {"host": "nowhere.example", "label": "x"}
    assert refusal("hostwright_add_key", **nowhere) == "unknown_host"


def test_a_revoked_key_opens_nothing(world: World, act: Act, refusal: Act) -> None:
    """A host can be reached as long as it has a key; the effect goes with the key."""
    host = first(world, "hosts")
    for key in list(world.tables["keys"]):
        act("opsdeckKeys", action="revoke", keyFingerprint=key)
    assert refusal("hostwright_shell", command=f"ssh {host} uptime") == "no_access"
    made = act("opsdeckKeys", action="issue", hostName=host, keyLabel="Backup job")
    assert "up" in act("hostwright_shell", command=f"ssh {host} uptime")["summary"]
    assert refusal("hostwright_shell", command=f"ssh {host} reboot") == "command_not_found"
    needs = {"host": host, "label": "Backup job"}
    assert EFFECTS[SSH](world, needs, yields_of(SSH, made)) is None
    key = made["issued"]["keyFingerprint"]
    assert act("opsdeckKeys", action="list", hostName=host)["keys"][0]["fingerprint"] == key
    assert key in act("opsdeckRun", commandLine="ssh-add -l")["output"][0]
    act("opsdeckKeys", action="revoke", keyFingerprint=key)
    assert EFFECTS[SSH](world, needs, yields_of(SSH, made))
    again = {"action": "revoke", "keyFingerprint": key}
    assert refusal("opsdeckKeys", **again) == "ERR_UNKNOWN_KEY"
    other = list(world.tables["hosts"])[1]
    act("RackmateIssueKey", Machine=other, KeyName="Elsewhere")
    assert refusal("opsdeckRun", commandLine=f"ssh {host} hostname") == "ERR_NO_ACCESS"
    assert act("opsdeckKeys", action="list", hostName=host)["total"] == 0


def test_keys_are_listed_in_pages(world: World, act: Act) -> None:
    """The latest first; the pages together hold every key once."""
    for n in range(12):
        act("hostwright_add_key", host=first(world, "hosts"), label=f"Key {n} " + "\u0007" * 70)
    seen: list[str] = []
    skip: int | None = 0
    while skip is not None:
        page = act("opsdeckKeys", action="list", skip=skip)
        assert len(orjson.dumps(page)) < 3000
        seen += [row["fingerprint"] for row in page["keys"]]
        skip = page["nextSkip"]
    assert seen == list(reversed(world.tables["keys"]))


def test_names_and_addresses_lead_to_each_other(world: World, act: Act, refusal: Act) -> None:
    """What is listed can be probed and looked up, by the shell as well."""
    listed = act("pathprobe-check", **{"mode": "list-targets"})
    assert listed["count"] == len(world.tables["hosts"])
    row = listed["targets"][0]
    assert row in act("pathprobe-check", mode="resolve", target=row["host"])["resolved"]
    assert row in act("pathprobe-check", mode="resolve", target=row["address"])["resolved"]
    assert act("hostwright_ping", host=row["host"])["address"] == row["address"]
    dug = act("hostwright_shell", command=f"dig {row['host']}")["summary"]
    assert dug == f"{row['host']} has address {row['address']}"
    unknown = {"mode": "resolve", "target": "nowhere.example"}
    assert refusal("pathprobe-check", **unknown) == "unknown_host"


def test_listed_cards_can_be_read(world: World, act: Act) -> None:
    """The list names every interface, and each has an address."""
    cards = act("opsdeckNetworkInfo", action="list")["nics"]
    assert {card["nic"] for card in cards} == set(world.tables["interfaces"])
    read = act("hostwright_interface_state", interface=cards[0]["nic"])
    assert read["address"] == cards[0]["address"]
    assert cards[0]["address"] in act("opsdeckRun", commandLine="ip addr")["output"][0]


@pytest.mark.parametrize("seed", range(20))
def test_drawn_commands_run(seed: int) -> None:
    """Every drawn command prints something short enough to quote."""
    world = World(seed)
    line = DRAWS["System.execute_command"](world, {}, random.Random(seed))["command"]
    done = world.call(ToolCall(id="c", name="opsdeckRun", arguments={"commandLine": line}))
    result: Any = done.result
    assert done.ok
    assert 0 < len(result["lastLine"]) <= 80


def test_unknown_commands_are_refused_with_the_known_ones(refusal: Act) -> None:
    """So are commands without an operand."""
    assert refusal("hostwright_shell", command="rm notes") == "command_not_found"
    assert refusal("hostwright_shell", command="   ") == "command_not_found"
    assert refusal("opsdeckRun", commandLine="cat") == "ERR_MISSING_OPERAND"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("cat notes/a.txt > notes/b.txt", "not_one_command"),
        ("ls; rm notes", "not_one_command"),
        ("ls && date", "not_one_command"),
        ("cat $HOME", "not_one_command"),
        ("ls\nnotes", "not_one_command"),
        ("cat 'notes", "open_quotes"),
        ("wc -x notes/a.txt", "unknown_option"),
        ("git log --all x", "unknown_option"),
        ("cat a b", "too_many_operands"),
        ("git push", "command_not_found"),
        ("docker rm x", "command_not_found"),
        ("pip install x", "command_not_found"),
        ("head -n x notes/a.txt", "bad_number"),
        ("head notes/a.txt -n", "bad_number"),
        ("cat -", "file_not_found"),
    ],
)
def test_the_shell_does_nothing_else(refusal: Act, line: str, code: str) -> None:
    """What is not one plain known command is refused with the reason."""
    assert refusal("hostwright_shell", command=line) == code


def test_long_output_is_shown_in_pages(act: Act) -> None:
    """The pages together are the file; head and tail show its ends."""
    lines = [f"line {n}" for n in range(1, 42)]
    act("rackmate-put-file", target="notes/long.txt", lines=lines)
    seen: list[str] = []
    start: int | None = 1
    while start is not None:
        assert start in (1, 21, 41)
        page = act("opsdeckRun", commandLine="cat notes/long.txt", firstLine=start)
        seen += page["output"]
        start = page["nextFirstLine"]
    assert seen == lines
    assert act("hostwright_shell", command="head -n 2 notes/long.txt")["stdout"] == "line 1\nline 2"
    assert act("opsdeckRun", commandLine="tail notes/long.txt")["output"] == lines[-10:]
    assert act("opsdeckRun", commandLine="grep 'line 17' notes/long.txt")["output"] == ["line 17"]


def test_no_command_of_the_shell_changes_anything(world: World) -> None:
    """Whatever is drawn, the state stays as it was seeded."""
    rng = random.Random(1)
    for _ in range(60):
        line = DRAWS["System.execute_command"](world, {}, rng)["command"]
        done = world.call(ToolCall(id="c", name="opsdeckRun", arguments={"commandLine": line}))
        assert done.ok, done.result
    assert world.digest() == world.initial_digest


def test_parameters_that_do_not_go_together_are_named(refusal: Act) -> None:
    """An operation without what it needs, or with what it has no use for, is refused."""
    assert refusal("hostwright_file", operation="write", path="a.txt") == "missing_parameter"
    assert refusal("filewick_desk", action="search") == "missingParameter"
    useless = {"operation": "read", "path": "a.txt", "content": "x"}
    assert refusal("hostwright_file", **useless) == "unexpected_parameter"
    assert refusal("opsdeckKeys", action="revoke") == "ERR_MISSING_PARAMETER"
    assert refusal("twigline_desk", task="record", project="x") == "missing-parameter"


@pytest.mark.parametrize("seed", range(40))
def test_every_world_has_something_to_do(seed: int) -> None:
    """Each capability can be drawn three times over, and two worlds rarely look alike."""
    world = World(seed)
    for draw in DRAWS.values():
        for turn in range(3):
            assert draw(world, {}, random.Random(turn))
    other = World(seed + 1000)
    for table in ("files", "hosts", "packages", "repositories", "programs_running", "images"):
        assert world.tables[table].keys() != other.tables[table].keys()


def test_rows_are_cut_to_a_size() -> None:
    """There is always one row, and what is left is said."""
    rows = [{"text": "x" * 1000}] * 3
    assert fit_rows(rows, 0, 3) == (rows[:1], 1)
    assert fit_rows(rows, 2, 3) == (rows[:1], None)
    assert fit_rows([{"text": "x" * 9000}], 0, 3)[1] is None
    assert fit_rows(rows, 9, 3) == ([], None)
    assert fit_text("short") == ("short", None)
    assert fit_text("short", 99) == ("", None)


def test_a_summary_is_cut_at_a_word() -> None:
    """A long line keeps whole words, one without spaces its first characters."""
    assert summarise(["x", "word " * 30]) == " ".join(["word"] * 16)
    assert summarise(["y" * 200]) == "y" * 80
