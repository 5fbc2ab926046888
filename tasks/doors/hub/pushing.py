"""Brings a folder into a dataset repository of the hub: one commit, and a tag with its name."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import BadInputError
from schemas.version import code_version
from tasks.doors.hub.failures import telling
from tasks.doors.hub.library import TIMEOUT_S, set_up_client, set_up_library

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.hf_api import DatasetInfo

_TYPE = "dataset"
_MARK = "agentalign"  # in the header of our cards
_KEPT = ".gitattributes"  # the hub's own, in every repository
_GATE = "manual"  # somebody reads every request for access


@dataclass(frozen=True, slots=True)
class Push:
    """What is to be in a repository."""

    repo: str  # OWNER/NAME
    folder: Path
    files: tuple[str, ...]  # relative to the folder
    private: bool
    gated: bool
    tag: str
    message: str
    description: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of it."""

    url: str
    commit: str
    created: bool  # the repository
    changed: bool  # whether there is a new commit


def check_repo(name: str) -> None:
    """Check that a repository's name is one. Raises: BadInputError."""
    set_up_library()
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # untold

    try:
        validate_repo_id(name)
    except HFValidationError as exc:
        raise BadInputError(f"{name!r} names no repository: {exc}") from exc
    if name.count("/") != 1:
        raise BadInputError(f"{name!r} names no repository: say OWNER/NAME")


def read_endpoint() -> str:
    """Return the address of the hub: HF_ENDPOINT, else the library's own."""
    set_up_library()
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or constants._HF_DEFAULT_ENDPOINT


def push_folder(push: Push, *, replace: bool = False) -> Pushed:
    """Bring a folder into a repository, which is made if there is none.

    Until all of the files are there a new repository is private, and the old one as it was. Files
    that the folder lacks go. A folder that is there already changes nothing.

    Args:
        push: What is to be there.
        replace: Whether a repository that holds another dataset may be overwritten.

    Raises:
        BadInputError: there is no token, or the repository holds another dataset.
        HubError: the hub can't be reached, refuses something, or an upload broke off.
    """
    set_up_library()
    set_up_client()
    api, endpoint = _open(), read_endpoint()
    with telling("can't push to", push.repo, endpoint):
        before = _find(api, push.repo)
        if before is not None and not replace:
            _check_ours(before, push.repo)
        if before is None:
            api.create_repo(push.repo, repo_type=_TYPE, private=True)
        _close_off(api, push, before)
        commit = _commit(api, push, before)
        api.create_tag(push.repo, tag=push.tag, revision=commit, repo_type=_TYPE, exist_ok=True)
        if not push.private and (before is None or before.private):
            api.update_repo_settings(push.repo, private=False, repo_type=_TYPE)
    return Pushed(
        url=f"{endpoint}/datasets/{push.repo}",
        commit=commit,
        created=before is None,
        changed=before is None or commit != before.sha,
    )


def _open() -> "HfApi":
    """Return a client with the user's token. Raises: BadInputError if there is none."""
    from huggingface_hub import HfApi, get_token, is_offline_mode

    if is_offline_mode():
        raise BadInputError("HF_HUB_OFFLINE is set: unset it to push")
    token = get_token()
    if not token:
        msg = "no token: set HF_TOKEN to one that may write, or run `hf auth login`"
        raise BadInputError(msg)
    return HfApi(
        endpoint=read_endpoint(), token=token, library_name=_MARK, library_version=code_version()
    )


def _find(api: "HfApi", repo: str) -> "DatasetInfo | None":
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    try:
        return api.dataset_info(repo, timeout=TIMEOUT_S)
    except RepositoryNotFoundError as exc:
        # to a stranger the hub says 401 of what is not there
        refused: HfHubHTTPError = exc
        if refused.response.status_code in (401, 404):
            return None
        raise


def _check_ours(found: "DatasetInfo", repo: str) -> None:
    """Check that nobody else's data is overwritten. Raises: BadInputError."""
    names = {sibling.rfilename for sibling in found.siblings or ()} - {_KEPT}
    header = vars(found.card_data) if found.card_data else {}
    if names and _MARK not in header:
        msg = (
            f"{repo} holds {len(names)} files of another dataset; name another repository, or say"
            " --replace to have them removed"
        )
        raise BadInputError(msg)


def _close_off(api: "HfApi", push: Push, before: "DatasetInfo | None") -> None:
    """Let the repository be as closed as it shall be before anything new is in it."""
    changes: dict[str, Any] = {}
    if before is None or bool(before.gated) != push.gated:
        changes["gated"] = _GATE if push.gated else False
    if before is not None and push.private and not before.private:
        changes["private"] = True
    if changes:
        api.update_repo_settings(push.repo, repo_type=_TYPE, **changes)


def _commit(api: "HfApi", push: Push, before: "DatasetInfo | None") -> str:
    """Commit what is new, and return the repository's commit."""
    there = {sibling.rfilename for sibling in (before.siblings or ())} if before else set()
    gone = sorted(there - {*push.files, _KEPT})
    commit = api.create_commit(
        push.repo,
        _operations(push, gone),
        commit_message=push.message,
        commit_description=push.description,
        repo_type=_TYPE,
        parent_commit=before.sha if before else None,
    )
    return str(commit.oid)


def _operations(
    push: Push, gone: Sequence[str]
) -> "list[CommitOperationAdd | CommitOperationDelete]":
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    return [
        *(CommitOperationDelete(name, is_folder=False) for name in gone),
        *(CommitOperationAdd(name, push.folder / name) for name in push.files),
    ]
