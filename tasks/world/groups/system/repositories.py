"""Code repositories: a repository's files lie in its folder, its commits say what was changed.

What has changed is the difference between the folder and what the branch holds, so a file
written by any tool shows up in it.
"""

from collections.abc import Mapping, Sequence
from random import Random

from schemas.ids import digest
from tasks.world import names
from tasks.world.contract import Refused
from tasks.world.groups.records import require
from tasks.world.groups.system.files import put_file
from tasks.world.groups.system.software_names import OWNERS, PURPOSES
from tasks.world.state import Record, State

VERBS = ("Update", "Correct", "Add", "Tidy", "Rework", "Document", "Simplify", "Restore", "Rename")
SEEDED = (3, 5)
SHORT = 12  # hex digits of a commit's hash
LONGEST_MESSAGE = 120


def seed_repositories(world: State) -> None:
    """Fill repositories that all have something to commit."""
    for _ in range(world.rng.randint(*SEEDED)):
        _seed_repository(world, world.rng)


def _seed_repository(world: State, rng: Random) -> None:
    name = f"{rng.choice(OWNERS)}-{rng.choice(PURPOSES)}-{rng.randint(1, 9)}"
    for _ in range(rng.randint(1, 3)):
        about = names.topic(rng)
        content = f"Draft of the {about} for the {rng.choice(PURPOSES)}"
        put_file(world, f"{name}/{about.replace(' ', '-')}.md", content)
    key, readme = f"{rng.getrandbits(4 * SHORT):0{SHORT}x}", f"This is {name}"
    put_file(world, f"{name}/readme.md", readme)
    files = {"readme.md": [None, readme]}
    first = {"hash": key, "message": f"{rng.choice(VERBS)} the readme", "files": files}
    main: Record = {"commits": [first], "holds": {"readme.md": readme}}
    world.insert("repositories", name, {"branch": "main", "branches": {"main": main}})


def require_repository(world: State, name: str) -> Record:
    """Return a repository. Raises: Refused (`unknown_repository`)."""
    return require(world, "repositories", name, "repository")


def present_branch(repository: Record) -> Record:
    """Return what the checked-out branch holds: its commits, oldest first, and its files."""
    branch: Record = repository["branches"][repository["branch"]]
    return branch


def changes(world: State, name: str) -> dict[str, list[str | None]]:
    """Return what is not committed: file → content before and now, None where there is none.

    Raises:
        Refused: unknown_repository.
    """
    held = present_branch(require_repository(world, name))["holds"]
    tree = _tree(world, name)
    files = sorted(held.keys() | tree.keys())
    return {f: [held.get(f), tree.get(f)] for f in files if held.get(f) != tree.get(f)}


def _tree(world: State, name: str) -> dict[str, str]:
    prefix = f"{name}/"
    return {
        path.removeprefix(prefix): record["content"]
        for path, record in world.tables["files"].items()
        if path.startswith(prefix)
    }


def commit(world: State, name: str, message: str) -> Record:
    """Commit all changes and return the commit.

    Raises:
        Refused: unknown_repository or nothing_to_commit.
    """
    changed = changes(world, name)
    if not changed:
        hint = f"Write a file below {name}/ first."
        raise Refused("nothing_to_commit", f"Nothing has changed in {name}.", hint)
    return _add_commit(world, name, {"message": message, "files": changed})


def _add_commit(world: State, name: str, fields: Record) -> Record:
    branch = present_branch(require_repository(world, name))
    key = digest(world.seed, world.new_id("commit"), fields["message"])[:SHORT]
    made = {"hash": key, **fields}
    branch["commits"].append(made)
    for file, (_, now) in fields["files"].items():
        _hold(branch["holds"], file, now)
    world.note(f"{key} committed to {name}")
    return made


def _hold(held: dict[str, str], file: str, content: str | None) -> None:
    if content is None:
        held.pop(file, None)
    else:
        held[file] = content


def revert(world: State, name: str, key: str) -> Record:
    """Take back what a commit of the present branch changed; return the commit that does so.

    Raises:
        Refused: unknown_repository, unknown_commit, already_reverted or conflict.
    """
    branch = present_branch(require_repository(world, name))
    found = require_commit(branch, key)
    if found["hash"] not in standing(branch["commits"]):
        raise Refused("already_reverted", f"{key} is reverted already.")
    _require_untouched(found, branch["holds"], _tree(world, name))
    taken_back = {file: [now, before] for file, (before, now) in found["files"].items()}
    _put_back(world, name, {file: content for file, (_, content) in taken_back.items()})
    message = f"Revert {found['message']}"[:LONGEST_MESSAGE]
    return _add_commit(
        world, name, {"message": message, "files": taken_back, "reverts": found["hash"]}
    )


def require_commit(branch: Record, key: str) -> Record:
    """Return a commit by the start of its hash. Raises: Refused (`unknown_commit`)."""
    commits: list[Record] = branch["commits"]
    found = [made for made in commits if key and made["hash"].startswith(key)]
    if len(found) != 1:
        latest = ", ".join(made["hash"] for made in commits[-3:])
        message = f"{len(found) or 'No'} commits of this branch start with {key[:40]}."
        raise Refused("unknown_commit", message, f"The latest are {latest}.")
    return found[0]


def _require_untouched(made: Record, held: dict[str, str], tree: dict[str, str]) -> None:
    for file, (_, now) in made["files"].items():
        if held.get(file) != now or tree.get(file) != now:
            message = f"{file} has changed since {made['hash']}."
            raise Refused("conflict", message, "Revert later commits first, or edit the file.")


def _put_back(world: State, name: str, contents: Mapping[str, str | None]) -> None:
    kept = _tree(world, name).keys() - contents.keys()
    wanted = kept | {file for file, content in contents.items() if content is not None}
    for file in sorted(wanted):
        for end in (place for place, sign in enumerate(file) if sign == "/"):
            if file[:end] in wanted:
                message = f"{file[:end]} would be a file and a folder."
                raise Refused("conflict", message, f"Move {name}/{file} away first.")
    for file, content in contents.items():
        if content is not None:
            put_file(world, f"{name}/{file}", content)
        else:
            world.tables["files"].pop(f"{name}/{file}", None)


def standing(commits: Sequence[Record]) -> set[str]:
    """Return the hashes of the commits that are not reverted."""
    reverts = {made["hash"]: made.get("reverts") for made in commits}
    found: set[str] = set()
    for key in reverts:
        here: str | None = key
        stands = True
        while here:  # reverting a revert makes the first one stand again
            (found.add if stands else found.discard)(here)
            here, stands = reverts.get(here), not stands
    return found


def create_branch(world: State, name: str, branch: str) -> None:
    """Make a branch of the present one. Raises: Refused (`branch_exists`)."""
    repository = require_repository(world, name)
    if branch in repository["branches"]:
        raise Refused("branch_exists", f"{name} has a branch {branch} already. Switch to it.")
    here = present_branch(repository)
    copied = {"commits": list(here["commits"]), "holds": dict(here["holds"])}
    repository["branches"][branch] = copied
    world.note(f"branch {branch} made in {name}")


def switch_branch(world: State, name: str, branch: str) -> None:
    """Check out a branch; what is not committed comes along.

    Raises:
        Refused: unknown_branch, already_there, uncommitted_changes or conflict.
    """
    repository = require_repository(world, name)
    there = _require_branch(repository, branch)["holds"]
    if branch == repository["branch"]:
        raise Refused("already_there", f"{name} is on {branch} already.")
    here, changed = present_branch(repository)["holds"], changes(world, name)
    other = [f for f in sorted(here.keys() | there.keys()) if here.get(f) != there.get(f)]
    if changed.keys() & set(other):
        message = f"{min(changed.keys() & set(other))} would be lost."
        raise Refused("uncommitted_changes", message, "Commit the changes first.")
    _put_back(world, name, {file: there.get(file) for file in other})
    repository["branch"] = branch
    world.note(f"{name} switched to {branch}")


def delete_branch(world: State, name: str, branch: str) -> None:
    """Delete a branch with its commits. Raises: Refused (`unknown_branch`, `branch_in_use`)."""
    repository = require_repository(world, name)
    _require_branch(repository, branch)
    if branch == repository["branch"]:
        raise Refused("branch_in_use", f"{name} is on {branch}. Switch to another one first.")
    del repository["branches"][branch]
    world.note(f"branch {branch} deleted from {name}")


def _require_branch(repository: Record, branch: str) -> Record:
    if branch not in repository["branches"]:
        known = ", ".join(list(repository["branches"])[:5])
        raise Refused("unknown_branch", f"There is no branch {branch[:60]}.", f"There is {known}.")
    found: Record = repository["branches"][branch]
    return found
