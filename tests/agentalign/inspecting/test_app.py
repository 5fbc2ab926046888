"""Pages of the tiny version, as a browser gets them."""

import asyncio
import re
from html import unescape

import orjson
import pytest
from fastapi.testclient import TestClient

from agentalign.inspecting.desk import BUSY
from schemas.rows import Review
from schemas.workspace import Workspace
from tasks.doors.pending import read_acts
from tasks.doors.store import Store
from tasks.formats.versions import Version
from tasks.holding import hold_workspace
from tests.agentalign.inspecting.conftest import Client
from tests.agentalign.left_out import HIDDEN


def ids(page: str) -> list[str]:
    """Return the rows that a list links to, in its order."""
    return re.findall(r'<a href="/rows/([a-z0-9-]+)[^"]*" class="entry"', page)


def stored(place: Workspace) -> list[Review]:
    """Return the reviews in the store."""
    with Store.open(place.store_url) as store:
        return asyncio.run(store.reviews())


def test_the_list_has_every_row(pages: TestClient) -> None:
    """By id, with how many there are."""
    page = pages.get("/").text
    assert ids(page) == ["example-benign", "example-borderline", "example-harmful"]
    assert "3 rows" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("label=harmful", ["example-harmful"]),
        ("intent=borderline", ["example-borderline"]),
        ("kind=trajectory&split=train", ["example-benign", "example-borderline"]),
        ("tool=send_note&category=privacy&subcategory=doxing&label=harmful", ["example-harmful"]),
        ("tool=other", []),
        ("q=benign+note", ["example-benign"]),
        ("q=example-harm", ["example-harmful"]),
        ("q=100%25", []),
        ("q='", []),
        ("nonsense=1&page=99", ["example-benign", "example-borderline", "example-harmful"]),
    ],
)
def test_rows_are_filtered_and_searched(pages: TestClient, query: str, found: list[str]) -> None:
    """Filters add up; words are looked for in ids and texts; what is no filter is left out."""
    answer = pages.get(f"/?{query}")
    assert answer.status_code == 200
    assert ids(answer.text) == found


def test_what_was_left_out_is_listed_with_its_reason(pages: TestClient) -> None:
    """Filtered by reason, stage and by whom."""
    assert len(ids(pages.get("/dropped").text)) == 4
    assert ids(pages.get("/dropped?reason=false_refusal").text) == ["dropped-answer"]
    assert ids(pages.get("/dropped?stage=semantic&by=judges&q=pottery").text) == ["dropped-judged"]
    page = pages.get("/rows/dropped-judged").text
    assert "the judges see signs of harm in it" in page
    assert "A pottery request that was dropped" in page


def test_a_version_of_an_earlier_release_says_what_it_lacks(
    version: Version, client: Client
) -> None:
    """Without the table of what was left out, and without texts of prompts, it opens all the same.

    A prompt it names has a page that says that its text is not known.
    """
    pages = client(version)
    assert "before versions held what was left out" in pages.get("/dropped").text
    assert len(ids(pages.get("/").text)) == 3
    assert "has not recorded the text" in pages.get("/prompts/request-benign").text


@pytest.mark.parametrize(
    "path", ["/", "/rows/example-harmful", "/rows/instruction-harmful", "/dropped",
             "/rows/dropped-harmful", "/?q=accounts", "/dropped?q=lives"]
)  # fmt: skip
def test_harmful_texts_are_masked(pages: TestClient, secret: str, path: str) -> None:
    """No page shows them by itself, and no search tells what is in them."""
    page = unescape(pages.get(path).text)
    assert secret not in page
    assert HIDDEN not in page
    if "q=" in path:
        assert ids(page) == []


def test_a_masked_text_is_shown_on_demand_and_that_is_logged(
    pages: TestClient, secret: str, place: Workspace
) -> None:
    """By a form alone: no address shows it."""
    assert pages.get("/rows/example-harmful/show").status_code == 405
    assert not (place.logs / "reveal.log").exists()
    assert secret in pages.post("/rows/example-harmful/show").text
    assert HIDDEN in pages.post("/rows/dropped-harmful/show").text
    assert secret not in pages.get("/rows/example-harmful").text
    log = (place.logs / "reveal.log").read_bytes().splitlines()
    assert [(entry := orjson.loads(line))["command"] + entry["subject"] for line in log] == [
        "inspectexample-harmful", "inspectdropped-harmful"
    ]  # fmt: skip


def test_a_row_shows_what_it_rests_on(pages: TestClient) -> None:
    """Conversation, votes, state changes, policy, calls, neighbours."""
    page = unescape(pages.get("/rows/example-benign").text)
    for part in ("Done.", "rehearsal-judge", "State changes", "send_note", "refuse if",
                 "1 of 3", "/rows/example-borderline"):  # fmt: skip
        assert part in page, part


def test_every_node_of_the_picture_has_its_own_page(pages: TestClient) -> None:
    """From a row to the taxonomy."""
    page = unescape(pages.get("/rows/example-harmful").text)
    drawn = page[page.index('<svg class="lineage"') : page.index("</svg>")]
    links = set(re.findall(r'href="([^"]+)"', drawn))
    assert {"/rows/response-harmful", "/rows/instruction-harmful", "/rows/verdict-harmful",
            "/rows/binding-1", "/rows/plan-1", "/rows/plan-1#execution", "/rows/chain-1",
            "/rows/policy-1", "/taxonomy#privacy", "/prompts/request-harmful",
            "/models/rehearsal-brisk"} <= links  # fmt: skip
    assert {link: pages.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_pages_of_origins_tell_what_was_made_from_them(pages: TestClient) -> None:
    """A prompt has its text; one that is another by now, or unknown, does not."""
    assert "Judge by the policy." in pages.get("/prompts/judge-policy").text
    assert "/rows/verdict-benign" in pages.get("/prompts/judge-policy").text
    assert "/rows/instruction-harmful" in pages.get("/calls/key-harmful").text
    assert "/rows/example-harmful" in pages.get("/models/rehearsal-brisk").text
    for path in ("/prompts/none", "/calls/none", "/models/none", "/rows/example-none", "/rows/x",
                 "/none"):  # fmt: skip
        assert pages.get(path).status_code == 404


def test_what_is_said_of_a_row_is_a_review_in_the_store(
    pages: TestClient, place: Workspace
) -> None:
    """Of the answer or of the request; said again it replaces, and it can be taken back."""
    sent = {"check": "response", "verdict": "reject", "note": "too curt"}
    page = pages.post("/rows/example-benign/review?intent=benign", data=sent)
    assert "rejected by a person" in page.text
    assert "intent=benign" in str(page.url)
    (review,) = stored(place)
    assert (review.subject, review.check, review.verdict, review.note, review.outcome) == (
        "response-benign", "response", "reject", "too curt", "accepted"
    )  # fmt: skip
    pages.post("/rows/example-benign/review", data={"check": "response", "verdict": "accept"})
    assert [each.verdict for each in stored(place)] == ["accept"]
    relabel = {"check": "semantic", "verdict": "relabel", "label": "borderline"}
    pages.post("/rows/example-benign/review", data=relabel)
    assert {(each.check, each.label) for each in stored(place)} == {
        ("response", ""), ("semantic", "borderline")
    }  # fmt: skip
    pages.post("/rows/example-benign/undo", data={"check": "response"})
    assert [each.check for each in stored(place)] == ["semantic"]


def test_what_was_left_out_can_be_reviewed(pages: TestClient, place: Workspace) -> None:
    """With what the filter had said of it; what could not be made can't be judged."""
    pages.post("/rows/dropped-judged/review", data={"check": "semantic", "verdict": "accept"})
    pages.post("/rows/dropped-answer/review", data={"check": "response", "verdict": "reject"})
    found = {each.subject: (each.outcome, each.slot) for each in stored(place)}
    assert found == {
        "instruction-b1": ("rejected", "benign/1/review"),
        "response-b2": ("rejected", "benign/2/response/review"),
    }
    assert "accept</button>" not in pages.get("/rows/dropped-failed").text
    answer = pages.post("/rows/dropped-failed/review", data={"verdict": "accept"})
    assert answer.status_code == 404


def test_nobody_judges_what_is_masked(pages: TestClient, place: Workspace) -> None:
    """The text has to be shown first."""
    sent = {"check": "response", "verdict": "accept"}
    answer = pages.post("/rows/example-harmful/review", data=sent)
    assert (answer.status_code, "Show the text first" in answer.text) == (409, True)
    pages.post("/rows/example-harmful/show")
    assert pages.post("/rows/example-harmful/review", data=sent).status_code == 200
    assert [(each.masked, each.verdict) for each in stored(place)] == [(True, "accept")]


@pytest.mark.parametrize("sent", [{"verdict": "no"}, {"verdict": "relabel", "label": "odd"}, {},
                                  {"verdict": "accept", "label": "benign"}])  # fmt: skip
def test_what_is_no_verdict_is_refused(
    pages: TestClient, place: Workspace, sent: dict[str, str]
) -> None:
    """Nothing is stored for it."""
    answer = pages.post("/rows/example-benign/review", data={"check": "semantic"} | sent)
    assert answer.status_code == 404
    assert stored(place) == []


def test_while_a_build_runs_verdicts_wait_in_a_file(pages: TestClient, place: Workspace) -> None:
    """The page says so, shows the verdict, and the store gets it once the build is done."""
    with hold_workspace(place):
        page = pages.post("/rows/example-benign/review",
                          data={"check": "response", "verdict": "reject"})  # fmt: skip
        assert unescape(page.text).count(BUSY) == 1
        assert "rejected by a person" in page.text
        assert len(read_acts(place)) == 1
    assert stored(place) == []
    pages.post("/rows/example-benign/review", data={"check": "semantic", "verdict": "accept"})
    assert {each.check for each in stored(place)} == {"response", "semantic"}
    assert read_acts(place) == []
    assert BUSY not in unescape(pages.get("/").text)


def test_pages_fetch_and_run_nothing_from_elsewhere(pages: TestClient) -> None:
    """Headers forbid it, and no address of a page leads to another host."""
    answer = pages.get("/rows/example-benign")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.findall(r'(?:href|src|action)="(?!/|#|\?)', answer.text)
    assert pages.get("/style.css").headers["content-type"].startswith("text/css")
    assert pages.get("/keys.js").headers["content-type"].startswith("text/javascript")
