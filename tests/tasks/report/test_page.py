import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import orjson
import pytest

from schemas.messages import Message
from tasks.formats.versions import Version
from tasks.report.contents import gather
from tasks.report.page import DASH, MARK, SECTIONS, render

Command = Callable[..., tuple[int, str, str]]
VOID = {"meta", "br", "link", "img", "hr", "input"}
LOADING = {"script", "link", "img", "iframe", "object", "embed", "source", "audio", "video",
           "base", "form", "image", "use"}  # fmt: skip


class Reader(HTMLParser):
    """Reads a page strictly: every tag is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has to be closed, unless it holds nothing."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        """Check that a tag closes the one that was opened last."""
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        """Return the values of an attribute, wherever it stands."""
        return [value or "" for key, value in self.attributes if key == name]


def read(page: str) -> Reader:
    """Return what a page is made of; its tags are balanced."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def page_of(version: Version, *, reveal: bool = False) -> str:
    """Return the page of a version."""
    return render(gather(version, reveal=reveal))


def section(page: str, anchor: str) -> str:
    """Return the text of a section, without its tags."""
    found = re.search(rf'<section aria-labelledby="{anchor}">(.*?)</section>', page, re.S)
    assert found, anchor
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_every_section_is_there_and_linked(audited: Version) -> None:
    """Each has a heading that links to itself and an entry in the contents."""
    page = page_of(audited)
    reader = read(page)
    for each in SECTIONS:
        assert reader.values("id").count(each.anchor) == 1
        assert reader.values("href").count(f"#{each.anchor}") >= 2
        assert section(page, each.anchor) != each.title


def test_links_lead_somewhere_on_the_page(audited: Version) -> None:
    """No link leaves the page, and each has its target; ids are distinct."""
    reader = read(page_of(audited))
    assert all(href.startswith("#") for href in reader.values("href"))
    ids = reader.values("id")
    assert {href.removeprefix("#") for href in reader.values("href")} <= set(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("reveal", [False, True])
def test_the_page_loads_nothing_and_runs_nothing(audited: Version, reveal: bool) -> None:
    """No tag, attribute or style asks for anything outside, and a policy forbids it as well."""
    page = page_of(audited, reveal=reveal)
    reader = read(page)
    assert not LOADING & set(reader.tags)
    assert not any(key.startswith("on") or key in ("src", "srcset") for key, _ in reader.attributes)
    assert not re.search(r"url\(|@import|@font-face", page)
    assert any(value.startswith("default-src 'none'") for value in reader.values("content"))


def test_what_matters_most_comes_first(audited: Version) -> None:
    """Rehearsal, short targets and broken expectations stand before the first section."""
    head = page_of(audited).partition("<section")[0]
    for told in (
        "Not for training", "1,200 benign rows fewer than asked for",
        "Spoilt copies that the filters catch: 90.0%, at least 95.0% is wanted",
        "of_tomorrow: expect_column_values_to_be_between",
    ):  # fmt: skip
        assert told in head, told


def test_figures_are_told_in_their_sections(audited: Version) -> None:
    """Counts have separators, shares are percentages, what can't be measured is a dash."""
    page = page_of(audited)
    for anchor, told in {
        "funnel": "3,000 in, 2,500 passed (83%)",
        "kinds": "an observation shows the harm",
        "sizes": "helped median 4",
        "variety": "agentharm.json",
        "judges": "88% 0.75",
        "filters": "18 of 20 90% 70%",
        "shortcuts": "51.0% 58.0%",
        "yields": "60.0%",
        "dropped": "It was written as harmful, but the judges see no clear harm in it",
        "making": "$1.23",
        "more": "agentalign lineage example-harmful",
    }.items():  # fmt: skip
        assert told in section(page, anchor), (anchor, section(page, anchor))
    assert f"distinct runs of three words {DASH}" in section(page, "variety")


def test_reasons_say_where_and_name_a_caught_copy(audited: Version) -> None:
    """A reason has its category and intent, and a spoilt copy of a row of the version."""
    text = section(page_of(audited), "dropped")
    assert "privacy, harmful (500)" in text
    assert "intent flipped: a copy of instruction-benign" in text
    assert "a word of tomorrow" in text


def test_only_parameters_that_were_changed_are_listed(audited: Version) -> None:
    """A changed seed stands beside its default; nothing else does."""
    text = section(page_of(audited), "making")
    assert "seed 7 20250523" in text
    assert "balance.harmful" not in text


def test_harmful_texts_are_masked_unless_revealed(audited: Version, secret: str) -> None:
    """The request stands in the page only when it is revealed, and the page says so."""
    page = page_of(audited)
    assert secret not in page
    assert "[masked: harmful request" in section(page, "talks")
    revealed = page_of(audited, reveal=True)
    assert secret in section(revealed, "talks")
    assert "Harmful requests stand here in clear" in revealed


def test_texts_of_rows_are_text(audited: Version, rewrite: Callable[..., None]) -> None:
    """Markup in a row is shown, never taken for the page's own."""
    attack = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    turns = (
        Message(role="user", content=attack),
        Message(role="tool", name="t", content=f'{{"found": "</pre>{attack}"}}'),
        Message(role="assistant", content="</li></ol>" + attack),
    )
    rewrite("example-benign", messages=turns, subcategory="<b>x</b>", responder='"><script>')
    page = page_of(audited)
    assert "script" not in read(page).tags
    assert "&lt;script&gt;alert(" in page
    assert "img" not in read(page).tags


def test_conversations_are_whole(audited: Version, rewrite: Callable[..., None]) -> None:
    """A long observation is folded, never cut, and calls show their arguments."""
    long = orjson.dumps({"page": "word " * 500}).decode()
    turns = (
        Message(role="user", content="Read it."),
        Message(role="tool", name="reader", content=long),
        Message(role="assistant", content="Done.", train=False),
    )
    rewrite("example-benign", messages=turns)
    page = page_of(audited)
    assert page.count("word word word") > 100
    assert "2,516 characters" in page
    assert "no loss" in section(page, "talks")
    assert "<b>send_note</b> {" in page


def test_every_kind_has_one_conversation(audited: Version, rewrite: Callable[..., None]) -> None:
    """A row of each class and kind is drawn; a fault and calls at once have their own."""
    rewrite("example-borderline", recovered=True)
    rewrite("example-benign", situation="no_tool")
    text = section(page_of(audited), "talks")
    assert text.count("split") == 3
    for name in ("asked and refused", "no tool needed", "borderline and done"):
        assert name in text


def test_a_version_without_an_audit_says_what_is_missing(version: Version) -> None:
    """The page is whole: what only an audit knows is said to be unknown."""
    page = page_of(version)
    read(page)
    assert "Nothing is known of how good these rows are" in page
    for anchor in ("variety", "judges", "filters", "shortcuts"):
        assert "made without an audit" in section(page, anchor)
    assert "bias" not in section(page, "rows")
    assert "privacy" in section(page, "rows")


def test_a_version_of_an_earlier_release_is_read_as_far_as_it_says(version: Version) -> None:
    """Rows without a kind, or a word on harm, are counted, and none of them is shown."""
    for file in version.files("examples"):
        query = f"SELECT * EXCLUDE (situation, style, holds_harm, recovered) FROM '{file}'"
        duckdb.execute(f"COPY ({query}) TO '{file}.new' (FORMAT parquet)")
        Path(f"{file}.new").replace(file)
    page = page_of(version)
    for anchor in ("kinds", "styles", "talks"):
        assert "made before rows said what kind they are of" in section(page, anchor)
    assert "send_note" in section(page, "tools")
    assert "take over" not in page


def test_the_command_writes_the_page(audited: Version, command: Command, tmp_path: Path) -> None:
    """It says version, file and size; a second run takes the place of the first."""
    out = tmp_path / "report.html"
    for _ in range(2):
        code, told, err = command("report", audited.name, "--out", str(out))
        assert code == 0, err
    assert MARK in out.read_text("utf-8")
    assert f"{audited.name} in {out}, {out.stat().st_size:,} bytes" in told
    assert {path.name for path in tmp_path.iterdir()} == {"versions", "report.html"}


def test_revealing_is_logged_and_not_done_unlogged(
    audited: Version, command: Command, tmp_path: Path, secret: str
) -> None:
    """--reveal leaves a line with the version; where it can't, no page is written."""
    out = tmp_path / "report.html"
    assert command("report", audited.name, "--out", str(out), "--reveal")[0] == 0
    entry = orjson.loads((tmp_path / "logs" / "reveal.log").read_bytes())
    assert (entry["command"], entry["subject"]) == ("report", audited.name)
    assert secret in out.read_text("utf-8")
    out.unlink()
    (tmp_path / "logs" / "reveal.log").unlink()
    (tmp_path / "logs").rmdir()
    (tmp_path / "logs").write_text("a file in the way")
    code, _, err = command("report", audited.name, "--out", str(out), "--reveal")
    assert (code, out.exists()) == (2, False)
    assert "is not shown unlogged" in err


def test_an_unknown_version_is_a_message(version: Version, command: Command) -> None:
    """A wrong name is answered with the right ones, and nothing is written."""
    code, _, err = command("report", "rehearsal-0123456789ac", "--out", "never.html")
    assert (code, Path("never.html").exists()) == (2, False)
    assert f"did you mean '{version.name}'?" in err
