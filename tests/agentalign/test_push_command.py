"""A version goes to the hub whole, closed to strangers, and only when it may."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # ships no types
import pytest

from schemas.rows import Audit
from tasks.formats.version_folder import to_table
from tasks.formats.versions import Version
from tasks.plots.drawing import PLOTS
from tests.agentalign.test_version_commands import GREEN, say
from tests.tasks.doors.hub.stand_in import START, TOKEN, Hub, Repository, free_of, serving
from tests.tasks.report.conftest import AUDIT

Command = Callable[..., tuple[int, str, str]]
Publish = Callable[..., Version]
REAL, OTHER, REPO = "0123456789ab", "ba9876543210", "lab/agents"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """Serve a hub, and let the user have its token."""
    with serving(Hub()) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield running


@pytest.fixture
def make(publish: Publish) -> Publish:
    """Return what makes a sound version that is no rehearsal."""

    def made(name: str = REAL, **facts: object) -> Version:
        version = publish(name)
        audits = to_table(Audit, [AUDIT])
        pq.write_table(audits, version.folder / "lineage" / "audits.parquet")
        (version.folder / "plots").mkdir()
        for plot in PLOTS:
            (version.folder / plot.file).write_bytes(b"a picture of " + plot.name.encode())
        return say(version, **facts)

    return made


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_dry_run_sends_nothing(hub: Hub, make: Publish, command: Command) -> None:
    """It says what would be there: visibility, gate, licence, and each file with its digest."""
    make()
    code, out, err = command("push", REAL, REPO)
    assert (code, err) == (0, "")
    assert out.startswith(f"would push {REAL} to {REPO}\n")
    assert "visibility  private\n  gate        on request" in out
    assert "data/train-00000-of-00001.parquet" in out
    assert out.endswith("nothing was sent; add --yes to push\n")
    said = orjson.loads(command("push", REAL, REPO, "--json")[1])
    assert (said["private"], said["gated"], said["licence"]) == (True, True, ["apache-2.0"])
    assert said["pushed"] is False
    assert hub.requests == []


def test_what_is_pushed_is_the_export(
    hub: Hub, make: Publish, command: Command, tmp_path: Path
) -> None:
    """Byte for byte, in one commit with version and digest, tagged; private and gated before it."""
    version = make()
    code, out, err = command("push", REAL, REPO, "--yes")
    assert (code, err) == (0, ""), err
    repo = hub.repositories[REPO]
    assert repo.seen == ["private, gated manual"]
    assert (repo.private, repo.gated) == (True, "manual")
    _, commit = repo.commits
    assert commit.message == f"AgentAlign {REAL}"
    assert version.manifest.digest in commit.description
    assert repo.tags == {REAL: commit.oid}
    assert f"{hub.url}/datasets/{REPO} made, commit {commit.oid}" in out
    command("export", REAL, "--format", "hub", "--out", str(tmp_path / "out"))
    there = {name: content for name, content in repo.files.items() if name not in START}
    assert {n: hashlib.sha256(c).hexdigest() for n, c in there.items()} == digests(tmp_path / "out")
    said = orjson.loads(command("push", REAL, REPO, "--json")[1])
    assert {each["name"]: each["sha256"] for each in said["files"]} == digests(tmp_path / "out")
    assert hub.uploads == len(PLOTS) + 2


def test_pushing_again_changes_nothing(hub: Hub, make: Publish, command: Command) -> None:
    """No commit, no upload, and it says so."""
    make()
    command("push", REAL, REPO, "--yes")
    uploads = hub.uploads
    code, out, err = command("push", REAL, REPO, "--yes")
    assert (code, err) == (0, "")
    assert "holds just this already, as commit 0000" in out
    assert (len(hub.repositories[REPO].commits), hub.uploads) == (2, uploads)
    assert orjson.loads(command("push", REAL, REPO, "--yes", "--json")[1])["changed"] is False


def test_a_newer_version_takes_the_place_of_an_older_one(
    hub: Hub, make: Publish, command: Command
) -> None:
    """Files that it lacks go, the hub's own stays, and both are found by their tags."""
    make()
    command("push", REAL, REPO, "--yes")
    repo = hub.repositories[REPO]
    repo.files["data/train-00001-of-00002.parquet"] = b"of another time"
    make(OTHER, digest="1" * 64)
    code, out, err = command("push", OTHER, REPO, "--yes")
    assert (code, err) == (0, "")
    assert "updated, commit" in out
    assert repo.commits[-1].removed == ["data/train-00001-of-00002.parquet"]
    assert ".gitattributes" in repo.files
    assert repo.tags == {REAL: repo.commits[1].oid, OTHER: repo.commits[2].oid}


def test_public_and_open_have_to_be_said(hub: Hub, make: Publish, command: Command) -> None:
    """Each alone; what is to be public is so only once all of it is there."""
    make()
    assert command("push", REAL, REPO, "--yes", "--public")[0] == 0
    repo = hub.repositories[REPO]
    assert (repo.private, repo.gated, repo.seen) == (False, "manual", ["private, gated manual"])
    assert command("push", REAL, "lab/open", "--yes", "--no-gate")[0] == 0
    assert (hub.repositories["lab/open"].private, hub.repositories["lab/open"].gated) == (
        True,
        False,
    )


def test_a_public_repository_is_closed_unless_it_is_said(
    hub: Hub, make: Publish, command: Command
) -> None:
    """Before anything new is in it."""
    make()
    hub.repositories[REPO] = Repository(private=False)
    assert command("push", REAL, REPO, "--yes")[0] == 0
    assert hub.repositories[REPO].seen == ["private, gated manual"]


def test_another_dataset_is_not_overwritten(hub: Hub, make: Publish, command: Command) -> None:
    """One without a card of ours is left alone, unless it is to be replaced."""
    make()
    theirs = Repository(private=False, files={"README.md": b"---\nlicense: mit\n---\n# Ours\n"})
    hub.repositories[REPO] = theirs
    code, _, err = command("push", REAL, REPO, "--yes")
    assert (code, len(theirs.commits), theirs.private) == (2, 1, False)
    assert f"{REPO} holds 1 files of another dataset" in err
    theirs.files["rows.csv"] = b"1,2"
    assert command("push", REAL, REPO, "--yes", "--replace")[0] == 0
    assert "rows.csv" not in theirs.files
    assert REAL.encode() in theirs.files["README.md"]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"rehearsal": True}, "the embedded model wrote it"),
        ({"figures": GREEN | {"compliant_refusals": 2.0}}, "the quality gate is red"),
        ({"figures": {}}, "made without an audit"),
    ],
)
def test_what_may_not_be_published_is_not_sent(
    hub: Hub, make: Publish, command: Command, facts: dict[str, object], said: str
) -> None:
    """Neither in a dry run nor with --yes."""
    make(**facts)
    for arguments in ((), ("--yes",)):
        code, out, err = command("push", REAL, REPO, *arguments)
        assert (code, out) == (1, "")
        assert f"{REAL} can't be published: " in err
        assert said in err
    assert hub.requests == []


def test_an_altered_version_is_not_sent(hub: Hub, make: Publish, command: Command) -> None:
    """A file that is not what was published is named."""
    with (make().folder / "data" / "train.parquet").open("ab") as file:
        file.write(b"x")
    code, _, err = command("push", REAL, REPO, "--yes")
    assert (code, "data/train.parquet missing or altered" in err) == (2, True)
    assert hub.requests == []


@pytest.mark.parametrize("name", ["agents", "a/b/c", "lab/a b", "lab/--", "-/x"])
def test_a_name_that_is_none_is_told(hub: Hub, make: Publish, command: Command, name: str) -> None:
    """Before anything is written or sent."""
    make()
    code, _, err = command("push", "--yes", REAL, "--", name)
    assert code == 2, err
    assert hub.requests == []


def test_without_a_token_nothing_is_asked(
    hub: Hub, make: Publish, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is said where one is looked for."""
    make()
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    code, _, err = command("push", REAL, REPO, "--yes")
    assert code == 2
    assert "no token: set HF_TOKEN to one that may write" in err
    assert hub.requests == []


@pytest.mark.parametrize(
    ("request_line", "status", "said"),
    [
        ("GET /api/datasets", 401, "it refuses the token; set HF_TOKEN"),
        ("GET /api/datasets", 500, "it failed; wait and run the same command again"),
        ("POST /api/repos/create", 403, "the token has no right to this; take one that may write"
         " to lab's repositories"),
        ("PUT /api/datasets", 403, "the token has no right"),
        ("POST /api/datasets/lab/agents/commit", 412, "somebody else changed the repository"),
        ("POST /api/datasets/lab/agents/commit", 500, "it failed"),
    ],
)  # fmt: skip
def test_a_refusal_is_told(
    hub: Hub, make: Publish, command: Command, request_line: str, status: int, said: str
) -> None:
    """What was tried, what the hub answered, and what to do; nothing half-done is to be seen."""
    make()
    hub.refuse[request_line] = status
    code, _, err = command("push", REAL, REPO, "--yes")
    assert code == 1
    assert f"can't push to {REPO}: {hub.url} answered {status} (refused by the test): {said}" in err
    assert "Traceback" not in err
    repo = hub.repositories.get(REPO)
    assert repo is None or (repo.private, repo.files, repo.tags) == (True, START, {})


def test_an_upload_that_breaks_off_is_taken_up_again(
    hub: Hub, make: Publish, command: Command
) -> None:
    """Nothing of it is to be seen; the same command does the rest, without a signed address."""
    make()
    hub.refuse["PUT /storage"] = 507
    code, out, err = command("push", REAL, REPO, "--yes")
    assert code == 1
    assert "an upload broke off" in err
    assert "answered 507" in err
    assert hub.repositories[REPO].files == START
    hub.refuse.clear()
    assert command("push", REAL, REPO, "--yes")[0] == 0
    assert len(hub.repositories[REPO].commits) == 2
    assert free_of([out, err])


def test_a_hub_that_is_not_there_is_told(
    make: Publish, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, with the address that was tried."""
    make()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    code, _, err = command("push", REAL, REPO, "--yes")
    assert code == 1
    assert "http://127.0.0.1:9 can't be reached (ConnectError); check HF_ENDPOINT" in err


def test_the_token_is_said_nowhere(
    hub: Hub, make: Publish, command: Command, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Neither where it is right nor where it is refused, at whatever level things are logged."""
    make()
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HF_DEBUG", "1")
    said = [*command("push", REAL, REPO, "--yes")[1:], *command("push", REAL, REPO, "--json")[1:]]
    monkeypatch.setenv("HF_TOKEN", wrong := "hf_" + "wrongToken0000000")
    said += command("push", REAL, REPO, "--yes")[1:]
    assert "it refuses the token" in said[-1]
    assert free_of([*said, caplog.text], (TOKEN, wrong, "s3cr3t"))


def test_it_is_told_to_nobody_else(hub: Hub, make: Publish, command: Command) -> None:
    """The hub is asked for what a push takes, and nothing is reported to it."""
    make()
    command("push", REAL, REPO, "--yes")
    paths = [line.partition(" ")[2].partition("/storage")[0] for line in hub.requests]
    asked = f"/api/datasets/{REPO}"
    assert {path for path in paths if path} == {
        asked, "/api/repos/create", f"{asked}/settings", "/api/validate-yaml",
        f"{asked}/preupload/main", f"/datasets/{REPO}.git/info/lfs/objects/batch",
        f"{asked}/commit/main", f"{asked}/tag/{hub.repositories[REPO].commits[-1].oid}",
    }  # fmt: skip
