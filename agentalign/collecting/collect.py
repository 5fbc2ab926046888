"""Removes what nothing needs, in an order that leaves a whole workspace wherever it is cut off.

First versions, each gone in one step; then what only they needed of the store, in one step; then
results that without the store's receipts count for nothing, and logs. What is cut off is done by
the next time.
"""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentalign.collecting.choice import Choice, choose
from agentalign.collecting.leftovers import drafts, old_files, size_of, stale_results
from schemas.workspace import Workspace, store_url
from tasks.doors.registry import mark_removed
from tasks.doors.store import Store
from tasks.doors.store.trimming import Needed, Trimmed, trim
from tasks.holding import hold_workspace

_GOING = ".going-"  # before the name of a version's folder that is being removed


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed of a kind, or would be: how many, and how many bytes."""

    count: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Collected:
    """What was removed, or would be, and which versions stay, and why."""

    kept: dict[str, tuple[str, ...]]
    gone: tuple[str, ...]
    versions: Removed
    answers: Removed  # model calls; the size is that of all that left the store
    rows: int
    results: Removed
    old: Removed  # logs, and copies of the store, of more than a month ago
    own_store: bool  # whether the store is the workspace's own: another one is left alone
    dry_run: bool

    @property
    def size(self) -> int:
        """All bytes."""
        return sum(part.size for part in (self.versions, self.answers, self.results, self.old))

    def as_object(self) -> dict[str, object]:
        """Return it as one JSON object."""
        return asdict(self) | {"size": self.size}


def collect(workspace: Workspace, *, keep: int, dry_run: bool, wait: bool = False) -> Collected:
    """Remove what no version that stays, and no build since the newest, needs.

    Raises:
        WorkspaceBusyError: a build holds the workspace, and `wait` is false.
        WorkspaceError: something can't be read, or there is no room to write the store anew.
    """
    with hold_workspace(workspace, wait=wait):
        choices = choose(workspace, keep)
        own = store_url(workspace) == workspace.store_url
        if has_store := own and bool(choices) and (workspace.root / "store.duckdb").is_file():
            Store.open(workspace.store_url).close()  # if it can't be, nothing is removed
        gone = [choice.version.name for choice in choices if not choice.reasons]
        versions = _drop_versions(workspace, gone, dry_run=dry_run)
        trimmed = None
        if has_store:
            trimmed = trim(workspace.store_url, _needed(choices), dry_run=dry_run)
        stale = stale_results(workspace, trimmed.keys) if trimmed else []
        return Collected(
            kept={each.version.name: each.reasons for each in choices if each.reasons},
            gone=tuple(gone),
            versions=versions,
            answers=_answers(trimmed),
            rows=trimmed.rows if trimmed else 0,
            results=_drop_files(stale, dry_run=dry_run),
            old=_drop_files(old_files(workspace), dry_run=dry_run),
            own_store=own,
            dry_run=dry_run,
        )


def _needed(choices: Sequence[Choice]) -> Needed:
    """Return what the versions that stay need, and the builds since the newest."""
    kept = [choice.version.manifest for choice in choices if choice.reasons]
    return Needed(
        receipts={key for manifest in kept for key in manifest.receipts},
        digests={manifest.digest for manifest in kept},
        runs={manifest.account.run for manifest in kept if manifest.account},
        since=choices[0].version.manifest.created_at,
    )


def _answers(trimmed: Trimmed | None) -> Removed:
    return Removed(trimmed.calls, trimmed.before - trimmed.after) if trimmed else Removed()


def _drop_versions(workspace: Workspace, names: Sequence[str], *, dry_run: bool) -> Removed:
    """Remove versions, and what earlier removals and publications left when they were cut off.

    A folder is first renamed: there is a version as long as all of it is there.
    """
    folders = [workspace.versions / name for name in names]
    size = size_of([*folders, *drafts(workspace)])
    if not dry_run:
        for folder in folders:
            folder.rename(folder.with_name(f"{_GOING}{folder.name}"))
        if names:
            mark_removed(workspace, names, datetime.now(UTC).isoformat(timespec="seconds"))
        for left in drafts(workspace):
            shutil.rmtree(left)
    return Removed(len(names), size)


def _drop_files(files: Sequence[Path], *, dry_run: bool) -> Removed:
    removed = Removed(len(files), size_of(files))
    for file in () if dry_run else files:
        file.unlink(missing_ok=True)
    return removed
