"""Publishes a version on the dataset hub: what would be there, and that it may be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from agentalign.damage import damaged_files
from agentalign.exporting import export_version
from agentalign.gate import obstacles
from schemas.errors import QualityError, WorkspaceError
from tasks.card.licences import hub_licences, sources_of
from tasks.doors.hub.pushing import Push, check_repo
from tasks.formats.exporting.hub import NAME as HUB
from tasks.formats.version_folder import file_digests
from tasks.formats.versions import Version


@dataclass(frozen=True, slots=True)
class PushedFile:
    """A file of a repository."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A push, and the files that are on the disk for it."""

    push: Push
    licences: tuple[str, ...]
    files: tuple[PushedFile, ...]

    def as_object(self) -> dict[str, object]:
        """Return it as one JSON object."""
        push = self.push
        return {
            "repo": push.repo,
            "private": push.private,
            "gated": push.gated,
            "licence": list(self.licences),
            "tag": push.tag,
            "message": push.message,
            "files": [
                {"name": file.name, "bytes": file.size, "sha256": file.sha256}
                for file in self.files
            ],
        }


@contextmanager
def planning(version: Version, repo: str, *, private: bool, gated: bool) -> Iterator[Planned]:
    """Write what a repository shall hold into a folder that lasts as long as it is needed.

    Raises:
        BadInputError: the repository's name is none.
        QualityError: the version may not be published.
        WorkspaceError: files of the version are damaged.
    """
    check_repo(repo)
    _check_publishable(version)
    with TemporaryDirectory(prefix="agentalign-push-") as scratch:
        folder = Path(scratch)
        export_version(version, HUB, folder)
        yield _plan(version, repo, folder, private=private, gated=gated)


def _check_publishable(version: Version) -> None:
    if reasons := list(obstacles(version.manifest, for_training=True)):
        raise QualityError(f"{version.name} can't be published: {'; '.join(reasons)}")
    if damaged := damaged_files(version):
        raise WorkspaceError(
            f"{version.name} can't be published: {', '.join(damaged)} missing or altered; remove"
            " the folder and build the version again, without new calls"
        )


def _plan(version: Version, repo: str, folder: Path, *, private: bool, gated: bool) -> Planned:
    digests = file_digests(folder)
    push = Push(
        repo=repo, folder=folder, files=tuple(digests), private=private, gated=gated,
        tag=version.name, message=f"AgentAlign {version.name}",
        description=f"Digest of the rows: {version.manifest.digest}",
    )  # fmt: skip
    return Planned(
        push=push,
        licences=tuple(hub_licences(sources_of(version.manifest))),
        files=tuple(
            PushedFile(name, (folder / name).stat().st_size, sha256)
            for name, sha256 in digests.items()
        ),
    )
