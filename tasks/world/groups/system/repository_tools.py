"""The providers' tools over repositories."""

from random import Random

from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.desks import Way, desk
from tasks.world.groups.system.files import SNIPPET
from tasks.world.groups.system.fitting import clip, fit_rows
from tasks.world.groups.system.repositories import (
    VERBS,
    changes,
    commit,
    create_branch,
    delete_branch,
    present_branch,
    require_repository,
    revert,
    standing,
    switch_branch,
)
from tasks.world.state import Record, State

ROWS = 10  # commits, files or repositories a page
CAPABILITY = "System.manage_git"


def changed_rows(world: State, name: str) -> list[Record]:
    """Return a row for each file that is not committed: file, state and a line of it.

    Raises:
        Refused: unknown_repository.
    """
    return [
        {"file": file, "state": _state(before, now), "line": _telling(before, now)}
        for file, (before, now) in changes(world, name).items()
    ]


def _state(before: str | None, now: str | None) -> str:
    if before is None:
        return "added"
    return "deleted" if now is None else "modified"


def _telling(before: str | None, now: str | None) -> str:
    old, lines = set((before or "").split("\n")), (now or "").split("\n")
    new = [line for line in lines if line not in old]
    return f"+ {clip(new[0], SNIPPET)}" if new else f"- {clip((before or '')[:SNIPPET], SNIPPET)}"


def commit_rows(world: State, name: str) -> list[Record]:
    """Return a row for each commit of the present branch, the latest first.

    Raises:
        Refused: unknown_repository.
    """
    commits = present_branch(require_repository(world, name))["commits"]
    valid = standing(commits)
    return [
        {
            "hash": made["hash"], "message": made["message"], "files": len(made["files"]),
            "reverted": made["hash"] not in valid,
        }
        for made in reversed(commits)
    ]  # fmt: skip


def _hostwright_commit(world: State, given: Record) -> Record:
    made = commit(world, given["repository"], given["message"])
    row = {"hash": made["hash"], "message": made["message"], "files": len(made["files"])}
    branch = world.tables["repositories"][given["repository"]]["branch"]
    return {"commit": row, "repository": given["repository"], "branch": branch}


def _opsdeck_commit(world: State, given: Record) -> Record:
    made = commit(world, given["repo"], given["commitMessage"])
    return {"sha": made["hash"], "filesChanged": len(made["files"])}


def _opsdeck_status(world: State, given: Record) -> Record:
    rows = changed_rows(world, given["repo"])
    page, _ = fit_rows([{"file": row["file"]} for row in rows], 0, ROWS)
    repository = world.tables["repositories"][given["repo"]]
    return {
        "branch": repository["branch"], "changedFiles": [row["file"] for row in page],
        "changedCount": len(rows), "lastCommit": commit_rows(world, given["repo"])[0],
    }  # fmt: skip


def _opsdeck_log(world: State, given: Record) -> Record:
    rows = commit_rows(world, given["repo"])
    page, following = fit_rows(rows, given.get("skip", 0), ROWS)
    return {"commits": page, "total": len(rows), "nextSkip": following}


def _opsdeck_revert(world: State, given: Record) -> Record:
    made = revert(world, given["repo"], given["sha"])
    return {"revertedBy": made["hash"], "reverted": made["reverts"]}


def _twigline_record(world: State, given: Record) -> Record:
    made = commit(world, given["project"], given["note"])
    return {"recorded": {"revision": made["hash"], "touched": len(made["files"])}}


def _twigline_projects(world: State, given: Record) -> Record:
    repositories = world.tables["repositories"]
    rows = [
        {"project": name, "line": record["branch"], "unrecorded": len(changes(world, name))}
        for name, record in repositories.items()
    ]
    page, following = fit_rows(rows, given.get("offset", 0), ROWS)
    return {"projects": page, "count": len(rows), "next-offset": following}


def _twigline_changes(world: State, given: Record) -> Record:
    rows = changed_rows(world, given["project"])
    page, following = fit_rows(rows, given.get("offset", 0), ROWS)
    return {"changes": page, "count": len(rows), "next-offset": following}


def _twigline_history(world: State, given: Record) -> Record:
    rows = commit_rows(world, given["project"])
    page, following = fit_rows(rows, given.get("offset", 0), ROWS)
    return {"revisions": page, "count": len(rows), "next-offset": following}


def _twigline_lines(world: State, given: Record) -> Record:
    repository = require_repository(world, given["project"])
    rows = [
        {"line": name, "revisions": len(branch["commits"]), "in-use": name == repository["branch"]}
        for name, branch in repository["branches"].items()
    ]
    page, following = fit_rows(rows, given.get("offset", 0), ROWS)
    return {"lines": page, "count": len(rows), "next-offset": following}


def _twigline_open_line(world: State, given: Record) -> Record:
    create_branch(world, given["project"], given["line"])
    return {"opened": given["line"], "in-use": False}


def _twigline_switch(world: State, given: Record) -> Record:
    switch_branch(world, given["project"], given["line"])
    return {"in-use": given["line"]}


def _twigline_drop(world: State, given: Record) -> Record:
    delete_branch(world, given["project"], given["line"])
    return {"dropped": given["line"]}


def _twigline_take_back(world: State, given: Record) -> Record:
    made = revert(world, given["project"], given["revision"])
    return {"taken-back": made["reverts"], "by": made["hash"]}


def _draw_commit(world: State, _given: Record, rng: Random) -> Record:
    dirty = [name for name in world.tables["repositories"] if changes(world, name)]
    if not dirty:
        raise Refused("nothing_to_commit", "No repository has changes left.")
    return {"repository": rng.choice(dirty), "message": f"{rng.choice(VERBS)} {names.topic(rng)}"}


def _committed(world: State, needs: Record, yields: Record) -> str | None:
    key = yields["commit"]
    branches = world.tables["repositories"][needs["repository"]]["branches"].values()
    known = any(key in standing(branch["commits"]) for branch in branches)
    return None if known else f"{needs['repository']} has no commit {key} that stands"


_IN_PROJECT, _FROM = ("project",), ("offset",)
BEHAVIOURS = {
    "hostwright_git_commit": _hostwright_commit,
    "opsdeckGit": desk(
        "action",
        {
            "commit": Way(_opsdeck_commit, ("repo", "commitMessage")),
            "status": Way(_opsdeck_status, ("repo",)),
            "log": Way(_opsdeck_log, ("repo",), ("skip",)),
            "revert": Way(_opsdeck_revert, ("repo", "sha")),
        },
    ),
    "twigline_desk": desk(
        "task",
        {
            "record": Way(_twigline_record, ("project", "note")),
            "list-projects": Way(_twigline_projects, takes=("offset",)),
            "show-changes": Way(_twigline_changes, _IN_PROJECT, _FROM),
            "show-history": Way(_twigline_history, _IN_PROJECT, _FROM),
            "list-lines": Way(_twigline_lines, _IN_PROJECT, _FROM),
            "open-line": Way(_twigline_open_line, ("project", "line")),
            "switch-line": Way(_twigline_switch, ("project", "line")),
            "drop-line": Way(_twigline_drop, ("project", "line")),
            "take-back": Way(_twigline_take_back, ("project", "revision")),
        },
    ),
}
DRAWS = {"System.manage_git": _draw_commit}
EFFECTS = {"System.manage_git": _committed}
