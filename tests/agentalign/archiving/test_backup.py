"""An archive is whole and true to the workspace, or there is none; a bad one changes nothing."""

import asyncio
import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import orjson
import pytest

from agentalign.archiving.contents import Listing, is_safe
from agentalign.archiving.reading import read_backup
from agentalign.archiving.writing import write_backup
from schemas.calls import CallInfo, Reply
from schemas.errors import BadInputError, WorkspaceBusyError, WorkspaceError
from schemas.version import SCHEMA_VERSION
from schemas.workspace import Workspace
from tasks.doors.store import Store
from tasks.formats.versions import Version, list_versions

INFO = CallInfo(stage="chains", role="generator", item="policy-1", run="run-1")


async def fill(place: Workspace) -> None:
    """Put an answer into the store, and files where a build has them."""
    with Store.open(place.store_url) as store:
        await store.save_replies([(Reply(key="key-1", endpoint="e", model="m", text="t"), INFO)])
    for name in ("journal/calls-00000001.jsonl", "prefect/storage/chains/v1/abc", "aliases.jsonl",
                 "logs/reveal.log"):  # fmt: skip
        (place.root / name).parent.mkdir(parents=True, exist_ok=True)
        (place.root / name).write_text(f"of {name}")


@pytest.fixture
def place(version: Version) -> Workspace:
    """Return a workspace with a version, a store and the rest."""
    found = Workspace(version.folder.parent.parent)
    asyncio.run(fill(found))
    return found


@pytest.fixture
def archive(place: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of the workspace."""
    out = tmp_path_factory.mktemp("archive") / "backup.tar.gz"
    write_backup(place, out)
    return out


@pytest.fixture
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where a workspace may be made."""
    return tmp_path_factory.mktemp("elsewhere") / "w"


async def test_all_that_matters_comes_back(place: Workspace, archive: Path, target: Path) -> None:
    """Versions, answers, journal, results, aliases and the log of looks at harm."""
    restored = read_backup(archive, target, force=False)
    assert restored.aside is None
    for name, member in restored.listing.files.items():
        assert hashlib.sha256((target / name).read_bytes()).hexdigest() == member.sha256
    (back,), (original,) = list_versions(Workspace(target)), list_versions(place)
    assert back.manifest == original.manifest
    with Store.open(Workspace(target).store_url, create=False) as store:
        assert (await store.load_replies(["key-1"]))["key-1"].text == "t"
    for name in ("journal/calls-00000001.jsonl", "prefect/storage/chains/v1/abc", "aliases.jsonl",
                 "logs/reveal.log"):  # fmt: skip
        assert (target / name).read_text() == f"of {name}"
    assert [path.name for path in target.parent.iterdir()] == ["w"]


def test_what_must_not_spread_stays(place: Workspace, tmp_path: Path) -> None:
    """Answers nobody judged, drafts, Prefect's database with its secrets, links: not in it."""
    (place.root / "outside").write_text("x")
    (place.versions / "linked").symlink_to(place.root / "outside")
    for name in ("journal/sensitive-00000001.jsonl", "versions/.draft-x/a", "prefect/prefect.db",
                 "build.lock", "logs/build.log"):  # fmt: skip
        (place.root / name).parent.mkdir(parents=True, exist_ok=True)
        (place.root / name).write_text("x")
    listing = write_backup(place, tmp_path / "out.tar.gz")
    top = {name.partition("/")[0] for name in listing.files}
    assert top == {"aliases.jsonl", "journal", "logs", "prefect", "store.duckdb", "versions"}
    assert not [name for name in listing.files if "sensitive" in name or ".draft" in name]
    assert not {"prefect/prefect.db", "logs/build.log", "versions/linked"} & set(listing.files)


def test_what_only_the_stores_log_held_is_in_the_archive(
    place: Workspace, tmp_path: Path, target: Path
) -> None:
    """A process that was killed left answers beside the file: they are moved into it first."""
    script = """
import asyncio, os, sys
from schemas.calls import CallInfo, Reply
from tasks.doors.store import Store
store = Store.open(sys.argv[1])
info = CallInfo(stage="chains", role="generator", item="policy-1")
asyncio.run(store.save_replies([(Reply(key="late", endpoint="e", model="m"), info)]))
os._exit(1)
"""
    subprocess.run([sys.executable, "-c", script, place.store_url], check=False)
    assert (place.root / "store.duckdb.wal").exists()
    write_backup(place, tmp_path / "out.tar.gz")
    read_backup(tmp_path / "out.tar.gz", target, force=False)
    with Store.open(Workspace(target).store_url, create=False) as store:
        assert set(asyncio.run(store.load_replies(["key-1", "late"]))) == {"key-1", "late"}


def test_a_workspace_in_use_is_not_read(place: Workspace, tmp_path: Path) -> None:
    """While a build, or a review, has the store the archive is not begun."""
    from tasks.holding import hold_workspace

    with hold_workspace(place), pytest.raises(WorkspaceBusyError):
        write_backup(place, tmp_path / "out.tar.gz")
    with Store.open(place.store_url), pytest.raises(WorkspaceError):
        write_backup_elsewhere(place, tmp_path / "out.tar.gz")
    assert not list(tmp_path.glob("*out.tar.gz*"))


def write_backup_elsewhere(place: Workspace, out: Path) -> None:
    """Write an archive from another process; raise what it says."""
    command = [sys.executable, "-m", "agentalign", "backup", str(out), "--workspace"]
    done = subprocess.run([*command, str(place.root)], capture_output=True, text=True, check=False)
    if done.returncode == WorkspaceError.exit_code:
        raise WorkspaceError(done.stderr)


def test_an_archive_is_not_written_over(place: Workspace, archive: Path) -> None:
    """A file that is there stays as it is, and a missing folder is named."""
    before = archive.read_bytes()
    with pytest.raises(BadInputError, match="is there already; remove it"):
        write_backup(place, archive)
    assert archive.read_bytes() == before
    with pytest.raises(BadInputError, match="is no folder"):
        write_backup(place, archive.parent / "none" / "b.tar.gz")


def test_a_full_disk_leaves_no_half_archive(place: Workspace) -> None:
    """What can't be written is said, and nothing lies there."""
    with pytest.raises(BadInputError, match="can't be written"):
        write_backup(place, Path("/proc/backup.tar.gz"))


def refuses(file: Path, target: Path, why: str) -> None:
    """Check that an archive is refused, and that nothing of it is anywhere."""
    with pytest.raises((BadInputError, WorkspaceError), match=why):
        read_backup(file, target, force=False)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.95, 0.999])
def test_a_cut_archive_is_refused(archive: Path, target: Path, share: float) -> None:
    """Wherever it ends too early."""
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * share)])
    refuses(archive, target, "is not restored: ")


def test_an_altered_archive_is_refused(archive: Path, target: Path) -> None:
    """A byte that was changed anywhere is found, in packing or in content."""
    whole = archive.read_bytes()
    for place in range(100, len(whole), len(whole) // 40):  # after the name of the file
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        refuses(archive, target, "is not restored: ")


def pack(file: Path, entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(file, "w:gz") as packed:
        for entry, content in entries:
            packed.addfile(entry, io.BytesIO(content))


def entry(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.type, made.linkname = len(content), kind, "/etc/passwd"
    return made


def listed(files: dict[str, bytes], **more: object) -> tuple[tarfile.TarInfo, bytes]:
    """Return the first member of an archive that lists files."""
    told = {name: {"size": len(c), "sha256": hashlib.sha256(c).hexdigest()}
            for name, c in files.items()}  # fmt: skip
    facts = {"format": "agentalign-backup", "format_version": 1, "made_at": "2030", "files": told,
             "code_version": "0.1.0", "schema_version": SCHEMA_VERSION}  # fmt: skip
    said = orjson.dumps(facts | more)
    return entry("backup.json", said), said


@pytest.mark.parametrize(
    "name",
    [
        "../outside", "/etc/cron.d/x", "versions/../../outside", "versions/./x", "versions//x",
        "bin/sh", "versions", "prefect/prefect.db", "versions/a\nb", "versions\\..\\x", "",
        "store.duckdb/x", "mlflow/../x",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, target: Path, name: str) -> None:
    """Before anything is written, whatever the member is."""
    file = tmp_path / "bad.tar.gz"
    pack(file, [listed({name: b"x"}), (entry(name, b"x"), b"x")])
    assert not is_safe(name)
    refuses(file, target, "which has no place in a workspace")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_only_plain_files_are_taken(tmp_path: Path, target: Path, kind: bytes) -> None:
    """A link or a device under a listed name is refused."""
    file = tmp_path / "bad.tar.gz"
    pack(file, [listed({"aliases.jsonl": b""}), (entry("aliases.jsonl", kind=kind), b"")])
    refuses(file, target, "'aliases.jsonl' is not as listed")


@pytest.mark.parametrize(
    "members",
    [
        [("aliases.jsonl", b"longer"), ("pilot.json", b"x")],
        [("aliases.jsonl", b"ab"), ("pilot.json", b"y")],
        [("aliases.jsonl", b"ab")],
        [("aliases.jsonl", b"ab"), ("aliases.jsonl", b"ab")],
        [("aliases.jsonl", b"ab"), ("pilot.json", b"x"), ("endpoints.json", b"z")],
    ],
)
def test_what_is_not_as_listed_is_refused(
    tmp_path: Path, target: Path, members: list[tuple[str, bytes]]
) -> None:
    """Another size, another content, a file too few, one twice, one too many."""
    file = tmp_path / "bad.tar.gz"
    first = listed({"aliases.jsonl": b"ab", "pilot.json": b"x"})
    pack(file, [first, *((entry(name, content), content) for name, content in members)])
    refuses(file, target, "is not restored: ")


def test_a_header_that_swells_is_refused(tmp_path: Path, target: Path) -> None:
    """A megabyte of gzip that asks for gigabytes of header is not unpacked into memory."""
    file = tmp_path / "bomb.tar.gz"
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 2**32
    with gzip.open(file, "wb", compresslevel=1) as packed:
        packed.write(header.tobuf())
        for _ in range(64):
            packed.write(b"\0" * 2**20)
    refuses(file, target, "is not restored: ")


def test_an_archive_larger_than_the_disk_is_refused(tmp_path: Path, target: Path) -> None:
    """What it says it holds is compared with what is free before any of it is written."""
    file = tmp_path / "large.tar.gz"
    head, said = listed({"store.duckdb": b""})
    said = said.replace(b'"size":0', b'"size":%d' % 2**60)
    head.size = len(said)
    pack(file, [(head, said)])
    refuses(file, target, "only .* are free")


def test_an_archive_of_a_later_release_is_refused(tmp_path: Path, target: Path) -> None:
    """It says which versions are known and what to do."""
    file = tmp_path / "late.tar.gz"
    pack(file, [listed({}, schema_version=SCHEMA_VERSION + 1)])
    refuses(file, target, "made by a later release .* restore it with that release")


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no tar" * 99)])
def test_another_file_is_refused(tmp_path: Path, target: Path, content: bytes) -> None:
    """Nothing, text, and gzip of something else."""
    file = tmp_path / "file"
    file.write_bytes(content)
    refuses(file, target, "no archive that `agentalign backup` wrote")
    refuses(tmp_path / "none", target, "there is no file")


def test_somebody_elses_archive_is_refused(tmp_path: Path, target: Path) -> None:
    """A tar file that doesn't begin with our list, or with one that says nothing."""
    file = tmp_path / "other.tar.gz"
    pack(file, [(entry("aliases.jsonl", b"x"), b"x")])
    refuses(file, target, "no archive that `agentalign backup` wrote")
    pack(file, [(entry("backup.json", b"{}"), b"{}")])
    refuses(file, target, "says nothing that can be read")


def test_a_workspace_in_the_way_is_set_aside(place: Workspace, archive: Path, target: Path) -> None:
    """Without --force it is refused; with it what was there lies beside, whole."""
    target.mkdir()
    read_backup(archive, target, force=False)  # an empty folder is in nobody's way
    (target / "mine").write_text("x")
    with pytest.raises(BadInputError, match="is not empty; give another --workspace, or --force"):
        read_backup(archive, target, force=False)
    restored = read_backup(archive, target, force=True)
    assert restored.aside is not None
    assert (restored.aside / "mine").read_text() == "x"
    assert not (target / "mine").exists()
    assert (target / "store.duckdb").exists()


def test_a_workspace_that_is_built_in_is_not_set_aside(archive: Path, target: Path) -> None:
    """--force does not pull a folder away from under a build."""
    from tasks.holding import hold_workspace

    read_backup(archive, target, force=False)
    with hold_workspace(Workspace(target)), pytest.raises(WorkspaceBusyError):
        read_backup(archive, target, force=True)
    assert sorted(path.name for path in target.parent.iterdir()) == ["w"]


def test_a_bad_archive_leaves_a_workspace_in_the_way(archive: Path, target: Path) -> None:
    """With --force too nothing is moved before all is checked."""
    read_backup(archive, target, force=False)
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(BadInputError, match="Nothing was changed"):
        read_backup(archive, target, force=True)
    assert [path.name for path in target.parent.iterdir()] == ["w"]


def test_the_commands_say_what_they_did(
    place: Workspace, tmp_path: Path, command: Callable[..., tuple[int, str, str]], target: Path
) -> None:
    """Files and bytes of a backup; what was restored, and from when."""
    code, out, err = command("backup", str(tmp_path / "b.tar.gz"))
    assert code == 0, err
    assert (
        f"files, {sum(m.size for m in read_listing(tmp_path / 'b.tar.gz').files.values()):,}" in out
    )
    done = subprocess.run(
        [sys.executable, "-m", "agentalign", "restore", str(tmp_path / "b.tar.gz"),
         "--workspace", str(target)], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"files in {target}, as of 2" in done.stdout


def read_listing(file: Path) -> Listing:
    with tarfile.open(file) as packed:
        opened = packed.extractfile("backup.json")
        assert opened
        return Listing.model_validate_json(opened.read())
