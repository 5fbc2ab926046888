"""Commands about where rows come from, over the tiny version."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tasks.formats.versions import Version
from tests.agentalign.left_out import HIDDEN, add_left_out

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def full(version: Version) -> Version:
    """The tiny version with what it left out and the texts of prompts."""
    return add_left_out(version)


def test_lineage_names_prompts_models_and_votes(full: Version, command: Command) -> None:
    """With the digest of each prompt's text; where another text is recorded, the row's own."""
    out = command("lineage", "example-harmful")[1]
    assert "policy: none (rehearsal-judge)" in out
    assert "prompt judge-policy@" in out
    assert "model rehearsal-brisk at rehearsal-brisk: generator, 1 calls" in out
    found = orjson.loads(command("lineage", "example-benign", "--json")[1])
    assert found["prompts"][1] == "request-benign@abc"
    assert found["prompts"][0].startswith("judge-policy@")


def test_lineage_of_what_was_left_out_reaches_the_taxonomy(full: Version, command: Command) -> None:
    """With the reason; its text is masked as any."""
    out = command("lineage", "dropped-harmful")[1]
    for part in ("dropped at semantic", "no_clear_harm", "chain-1", "privacy / doxing"):
        assert part in out
    assert HIDDEN not in out
    assert HIDDEN not in command("show", "dropped-harmful", "--json")[1]
    assert HIDDEN not in command("sql", "SELECT * FROM dropped", "--json")[1]
    assert HIDDEN in command("lineage", "dropped-harmful", "--reveal")[1]


def impact(command: Command, target: str) -> dict[str, list[str]]:
    """Return the ids that were made from a target."""
    code, out, err = command("impact", target, "--json")
    assert code == 0, err
    (found,) = orjson.loads(out)
    assert found["counts"] == {table: len(ids) for table, ids in found["ids"].items()}
    ids: dict[str, list[str]] = found["ids"]
    return ids


def test_impact_of_a_prompt(full: Version, command: Command) -> None:
    """What it wrote and what rests on that; what its seat of judges let through and kept out."""
    written = impact(command, "prompt:request-harmful")
    assert written["instructions"] == ["instruction-harmful"]
    assert written["examples"] == ["example-harmful"]
    assert written["chains"] == []
    judged = impact(command, "prompt:judge-policy")
    assert len(judged["verdicts"]) == len(judged["examples"]) == 3
    assert judged["dropped"] == ["dropped-harmful", "dropped-judged"]
    assert impact(command, "prompt:request-harmful@other")["examples"] == []


def test_impact_of_the_rest(full: Version, command: Command) -> None:
    """A model, a call, a tool and a chain, by what they were asked, offered or built on."""
    assert impact(command, "model:rehearsal-brisk")["examples"] == ["example-harmful"]
    assert impact(command, "call:key-harm")["instructions"] == ["instruction-harmful"]
    for target in ("tool:send_note", "chain:chain-1"):
        found = impact(command, target)
        assert (len(found["examples"]), len(found["dropped"])) == (3, 4)
        assert found["plans"] == ["plan-1"]


def test_impact_says_what_it_takes(full: Version, command: Command) -> None:
    """A mistyped name is answered with the nearest, another kind with the known."""
    code, _, err = command("impact", "prompt:judge-polcy")
    assert (code, "did you mean 'judge-policy'?" in err) == (2, True)
    code, _, err = command("impact", "model:rehearsal-brsk")
    assert (code, "did you mean 'rehearsal-brisk'?" in err) == (2, True)
    code, _, err = command("impact", "promt:judge-policy")
    assert (code, "did you mean 'prompt'?" in err) == (2, True)
    code, _, err = command("impact", "judge-policy")
    assert (code, "prompt:…, model:…" in err) == (2, True)


def test_impact_counts_by_version(publish: Callable[..., Version], command: Command) -> None:
    """A line each, a dash for what a version has no table of."""
    publish("rehearsal-aaaaaaaaaaaa")
    add_left_out(publish("rehearsal-bbbbbbbbbbbb"))
    lines = command("impact", "chain:chain-1")[1].splitlines()
    counts = {line.split()[0]: line.split()[-1] for line in lines if "rehearsal-" in line}
    assert counts == {"rehearsal-aaaaaaaaaaaa": "-", "rehearsal-bbbbbbbbbbbb": "4"}


def test_explain_writes_one_page(
    full: Version, command: Command, tmp_path: Path, secret: str
) -> None:
    """Policy, prompts, votes, licences; it loads nothing, and harm is masked unless revealed."""
    out = tmp_path / "row.html"
    assert command("explain", "example-harmful", "--html", str(out))[0] == 0
    page = out.read_text("utf-8")
    for part in (
        "refuse if", "Judge by the policy.", "rehearsal-judge", "Apache-2.0",
        "nothing was run for it", "request-harmful@abc", "Content-Security-Policy",
    ):  # fmt: skip
        assert part in page, part
    assert "http" not in page.replace("http-equiv", "")
    assert secret not in page
    assert command("explain", "example-harmful", "--html", str(out), "--reveal")[0] == 0
    assert secret in out.read_text("utf-8")
    log = orjson.loads((tmp_path / "logs" / "reveal.log").read_bytes())
    assert (log["command"], log["subject"]) == ("explain", "example-harmful")


def test_explain_leaves_other_files_alone(full: Version, command: Command, tmp_path: Path) -> None:
    """What is no page of ours is not overwritten."""
    out = tmp_path / "thesis.html"
    out.write_text("years of work", "utf-8")
    assert command("explain", "example-benign", "--html", str(out))[0] == 2
    assert out.read_text("utf-8") == "years of work"


def test_explain_says_why_it_did_not_replay(
    full: Version, command: Command, tmp_path: Path
) -> None:
    """The tiny version's execution is of another world's code."""
    out = tmp_path / "row.html"
    assert command("explain", "example-benign", "--html", str(out))[0] == 0
    assert "Not replayed</strong>: the world" in out.read_text("utf-8")


def test_inspect_refuses_a_port_that_is_taken(full: Version, command: Command) -> None:
    """One line with what to do."""
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        code, _, err = command("inspect", "--port", str(other.getsockname()[1]))
    assert (code, "give another with --port" in err) == (2, True)
