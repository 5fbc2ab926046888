"""`agentalign review` over a real store, one letter per line."""

import asyncio
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from schemas.rows import Review
from schemas.workspace import Workspace
from tasks.doors.store import Store
from tests.agentalign.reviewing.samples import answer, make_workspace, request, verdict

Ran = tuple[int, str, str]
Command = Callable[..., Ran]


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A workspace with two benign requests, of which one was rejected, and a harmful one."""
    benign, rejected, harmful = request(0), request(1), request(0, "harmful")
    return make_workspace(
        tmp_path, benign, rejected, harmful, verdict(benign, "none"),
        verdict(rejected, "some", accepted=False), verdict(harmful, "clear"),
        answer(benign, "Done."), answer(harmful, "I won't."),
    )  # fmt: skip


@pytest.fixture
def review(command: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return what runs the command with keys: (exit code, stdout, stderr)."""

    def run(keys: str, *arguments: str) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{key}\n" for key in keys)))
        return command("review", *arguments)

    return run


def kept(place: Workspace) -> list[Review]:
    """Return the reviews in the store."""
    with Store.open(place.store_url) as store:
        return asyncio.run(store.reviews())


def figures(out: str) -> dict[tuple[str, str], dict[str, object]]:
    """Return the figures of `--json`, by check and intent."""
    return {(each["check"], each["intent"]): each for each in orjson.loads(out.splitlines()[-1])}


def test_verdicts_are_stored_and_asked_for_once(place: Workspace, review: Command) -> None:
    """Another sitting offers what is left; figures follow from both."""
    code, out, err = review("a", "--check", "semantic", "--sample", "1")
    assert (code, err) == (0, "")
    assert "1 verdicts are stored" in out
    assert "1 of 1" in review("a", "--check", "semantic")[1]
    assert {each.instruction for each in kept(place)} == {
        "instruction-benign-0", "instruction-benign-1"
    }  # fmt: skip
    assert "nothing is left to review here" in review("a", "--check", "semantic")[1]
    found = figures(review("", "--results", "--json")[1])["semantic", "benign"]
    assert (found["reviewed"], found["accepted"]) == (2, 1)
    assert found["precision"] == {"value": 1, "low": 1, "high": 1}
    assert found["recall"] == {"value": 0.5, "low": 0.5, "high": 0.5}


def test_harmful_texts_are_shown_revealed_alone(place: Workspace, review: Command) -> None:
    """Without --reveal they are left out, and that is said; with it each look is logged."""
    _, out, _ = review("aaa")
    assert "2 rows with harmful text are left out" in out
    assert "the harmful text" not in out
    log = place.logs / "reveal.log"
    assert not log.exists()
    _, out, _ = review("aa", "--reveal", "--intent", "harmful")
    assert "the harmful text 0" in out
    assert "I won't." in out
    looks = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    assert [(each["command"], each["subject"]) for each in looks] == [
        ("review", "instruction-harmful-0"), ("review", "response-instruction-harmful-0")
    ]  # fmt: skip


def test_the_end_of_the_input_is_a_quit(place: Workspace, review: Command) -> None:
    """What was said by then is stored."""
    code, _, _ = review("r", "--intent", "benign")
    assert code == 0
    assert [each.verdict for each in kept(place)] == ["reject"]


def test_a_verdict_can_be_taken_back_after_the_sitting(place: Workspace, review: Command) -> None:
    """The row is offered again; a row nobody reviewed has none."""
    review("r", "--intent", "benign")
    (said,) = kept(place)
    assert review("", "--forget", said.subject)[0] == 0
    assert kept(place) == []
    code, _, err = review("", "--forget", said.subject)
    assert (code, "nobody has reviewed" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--intent", "benine"), "did you mean 'benign'?"),
        (("--check", "semantics"), "did you mean 'semantic'?"),
        (("rehearsal-ffff",), "no version 'rehearsal-ffff'"),
    ],
)
def test_a_wrong_option_names_the_right_one(
    place: Workspace, review: Command, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 2 and one line."""
    assert place
    code, _, err = review("", *arguments)
    assert code == 2
    assert said in err


@pytest.fixture
def holder(place: Workspace) -> Iterator[int]:
    """Another process that holds the store; return its id."""
    script = (
        "import sys; from tasks.doors.store import Store\n"
        "with Store.open(sys.argv[1]): print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, place.store_url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdin
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


def test_a_busy_store_says_who_holds_it(holder: int, review: Command) -> None:
    """One process at a time."""
    code, _, err = review("a")
    assert code != 0
    assert f"in use by process {holder}" in err
