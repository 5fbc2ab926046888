"""The system group."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from schemas.messages import ToolCall
from tasks.world.core import World
from tasks.world.groups.system import DRAWS, EFFECTS
from tasks.world.groups.system.shell import summarise

Act = Callable[..., Any]  # the fixtures' protocol


def first(world: World, table: str) -> str:
    return next(iter(world.tables[table]))


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


def test_a_restart_gives_a_new_process(world: World, act: Act) -> None:
    """The program runs on under another id; looking at it restarts nothing."""
    name = first(world, "programs_running")
    before = world.tables["programs_running"][name]["process"]
    act("hostwright_service", operation="status", name=name)
    assert world.tables["programs_running"][name]["process"] == before
    assert act("RackmateRestart", Process=name)["Restarted"]["ProcessId"] != before


def test_a_package_is_installed_once(world: World, act: Act, refusal: Act) -> None:
    """The second attempt is refused."""
    name = first(world, "packages")
    assert act("rackmate-install", package=name)["installed"].startswith(f"{name} ")
    assert act("opsdeckPackages", action="show", packageName=name)["known"]["installed"]
    again = {"action": "install", "packageName": name}
    assert refusal("opsdeckPackages", **again) == "ERR_ALREADY_INSTALLED"


def test_a_started_container_is_listed(world: World, act: Act, refusal: Act) -> None:
    """Images that are not there are refused, and so is a run without one."""
    image = first(world, "images")
    started = act("hostwright_run_container", image=image)
    listed = act("opsdeckContainer", action="list")["containers"]
    assert [(entry["id"], entry["image"]) for entry in listed] == [(started["container_id"], image)]
    assert refusal("opsdeckContainer", action="run") == "ERR_IMAGE_MISSING"
    assert refusal("hostwright_run_container", image="none:1.0.0") == "unknown_image"


def test_a_page_says_what_the_search_said(world: World, act: Act) -> None:
    """Fetching a found address gives the fact of its search result."""
    title = next(iter(world.tables["pages"].values()))["title"]
    found = act("lumenfind_web_search", query=title)["results"][0]
    assert act("fetchling_get", url=found["url"])["extract"] == found["snippet"]
    assert "response" not in act("opsdeckHttp", verb="HEAD", address=found["url"])


def test_a_key_is_kept_with_its_host(world: World, act: Act, refusal: Act) -> None:
    """Hosts that are not managed get none."""
    host = first(world, "hosts")
    made = act("RackmateIssueKey", Machine=host, KeyName="Backup job")
    kept = world.tables["keys"][made["Key"]["Fingerprint"]]
    assert (kept["host"], kept["label"], kept["algorithm"]) == (host, "Backup job", "ed25519")
    nowhere = {"host": "nowhere.example", "label": "x"}
    assert refusal("hostwright_add_key", **nowhere) == "unknown_host"


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
    assert refusal("opsdeckRun", commandLine="cat -n") == "ERR_MISSING_OPERAND"


def test_a_summary_is_cut_at_a_word() -> None:
    """A long line keeps whole words, one without spaces its first characters."""
    assert summarise(["x", "word " * 30]) == " ".join(["word"] * 16)
    assert summarise(["y" * 200]) == "y" * 80
