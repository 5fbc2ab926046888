"""All of it on real servers, in a real browser, as docs/tour.md shows it.

The pictures of the page are made anew by `AGENTALIGN_SCREENS=docs/screens make test-ui`.
"""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentalign.operating.http import ask
from agentalign.operating.ports import is_free
from agentalign.operating.processes import find
from agentalign.operating.record import load_record
from flows.deploying import names_of
from schemas.workspace import Workspace
from tasks.formats.versions import find_version
from tests.agentalign.operating.commands import (
    HOST,
    answer,
    command_of,
    environment,
    free_port,
    given_ports,
    run_in,
)

pytestmark = pytest.mark.ui

ROOT = Path(__file__).parents[3]
WAIT_MS = 120_000  # a page, on a machine that does other things as well
RUN_MS = 300_000
MOST_BYTES = 200_000  # of a picture in the documentation
TRIES, BUSY = 5, 503
HARMFUL, BENIGN = 20, 40
RUN_NAME = "another-ratio"
ASKING = ("instructions", "semantic", "responses")  # stages that ask models
WALK = ("answer", "request", "binding", "chain", "policy", "category")
WALK_SHOTS = {"binding": "14-binding", "policy": "15-policy"}


@dataclass(frozen=True, slots=True)
class Tour:
    """A page of the browser, and the folder of its pictures."""

    page: Any  # Playwright is no dependency
    folder: Path

    def shoot(self, name: str) -> None:
        """Keep what is seen, once Prefect's pages have all that they wait for."""
        self.page.locator("[data-slot=skeleton], .animate-pulse").first.wait_for(state="hidden")
        self.page.screenshot(path=self.folder / f"{name}.png", animations="disabled")

    def click(self, role: str, name: str) -> None:
        """Click the first of that role and name, once it is there."""
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def await_text(self, text: str, most_ms: int = WAIT_MS) -> None:
        """Return when a text is seen."""
        self.page.get_by_text(text, exact=True).first.wait_for(timeout=most_ms)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """Return a workspace with a small version; its path names no user, as pages show it."""
    with tempfile.TemporaryDirectory(prefix="agentalign-") as folder:
        made = Path(folder) / "workspace"
        done = run_in(made, "build", "--profile", "smoke")
        assert done.returncode == 0, done.stdout + done.stderr
        try:
            yield Workspace(made)
        finally:
            run_in(made, "down")


@pytest.fixture
def tour(
    browser: Any,  # noqa: ANN401  Playwright is no dependency
    tmp_path: Path,
) -> Tour:
    """Return a page from which no other machine is reached, whatever a UI asks for."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_default_timeout(WAIT_MS)
    elsewhere = re.compile(rf"^(https?|wss?)://(?!{re.escape(HOST)}[:/])")
    context.route(elsewhere, lambda route: route.abort())
    folder = Path(os.environ.get("AGENTALIGN_SCREENS") or tmp_path / "screens")
    folder.mkdir(parents=True, exist_ok=True)
    return Tour(context.new_page(), folder)


@pytest.mark.timeout(1800)  # a minute and a half on an idle machine
def test_a_version_is_made_found_and_traced_in_the_browser(
    workspace: Workspace, tour: Tour
) -> None:
    """From the form of a deployment to the policy text behind a row, and nothing stays open."""
    up = answer(run_in(workspace.root, "up", "--json", *given_ports()))
    record = load_record(workspace)
    assert record is not None
    prefect, mlflow = (up["services"][name]["address"] for name in ("prefect", "mlflow"))

    run_id = start_from_form(tour, prefect)
    follow(tour, run_id)
    version = read_artifacts(tour)
    assert_nothing_was_asked(workspace, record.prefect_port, run_id, version)
    find_in_mlflow(tour, mlflow, version)
    with inspecting(workspace, version) as (address, port):
        open_row(tour, address)
        walk_to_taxonomy(tour)
    tour.page.close()

    answer(run_in(workspace.root, "down", "--json"))
    assert find(record.token) == []
    assert all(is_free(HOST, each) for each in (record.prefect_port, record.mlflow_port, port))
    sizes = {each.name: each.stat().st_size for each in tour.folder.glob("*.png")}
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def start_from_form(tour: Tour, prefect: str) -> str:
    """Start `rebalance` with another ratio, as one does by hand; return the run's id."""
    tour.page.goto(prefect)
    tour.click("link", "Deployments")
    tour.await_text(f"{len(names_of(ROOT))} Deployments")
    tour.page.get_by_role("link", name="rebalance", exact=True).first.wait_for()
    tour.shoot("01-deployments")
    tour.click("link", "rebalance")  # the first is the deployment, the second its flow
    tour.await_text("flows.rebalance.rebalance")
    tour.shoot("02-deployment")
    tour.click("button", "Run")
    tour.click("menuitem", "Custom run")
    tour.page.get_by_label("Harmful (Optional)", exact=True).fill(str(HARMFUL))
    tour.page.get_by_label("Benign (Optional)", exact=True).fill(str(BENIGN))
    tour.page.get_by_label("Run Name").fill(RUN_NAME)  # the form has made one up by now
    tour.shoot("03-form")
    run = submit(tour)
    given = run["parameters"]["balance"]
    assert (run["name"], given["harmful"], given["benign"]) == (RUN_NAME, HARMFUL, BENIGN)
    return str(run["id"])


def submit(tour: Tour) -> dict[str, Any]:
    """Submit the form; return the run.

    Where Prefect's server is busy it says 503, and its UI doesn't ask again: one presses again.
    """
    for _ in range(TRIES):
        with tour.page.expect_response("**/create_flow_run") as created:
            tour.click("button", "Submit")
        if created.value.status != BUSY:
            break
    run: dict[str, Any] = created.value.json()
    return run


def follow(tour: Tour, run_id: str) -> None:
    """Wait until the run is completed."""
    tour.click("link", RUN_NAME)
    tour.page.wait_for_url(f"**/runs/flow-run/{run_id}**")
    tour.await_text("Completed", RUN_MS)
    tour.page.get_by_text("run started", exact=True).wait_for()
    tour.shoot("04-run")


def read_artifacts(tour: Tour) -> str:
    """Open summary and yields of the run; return the version that the summary names."""
    tour.page.get_by_role("tab", name="Artifacts", exact=True).click()
    card = tour.page.get_by_role("heading", name="summary", exact=True)
    card.evaluate("each => each.scrollIntoView({block: 'center'})")
    tour.shoot("05-artifacts")
    artifacts = tour.page.url

    open_artifact(tour, "summary")
    title = tour.page.get_by_role("heading", name=re.compile(r"^rehearsal-[0-9a-f]{12}: done$"))
    title.wait_for()
    tour.await_text("0 calls made")
    for stage in (*ASKING, "balance"):
        shown = tour.page.locator("tr", has=tour.page.get_by_role("cell", name=stage, exact=True))
        assert shown.get_by_role("cell").nth(1).inner_text() == (
            "1 run" if stage == "balance" else "8 cached"
        )
    tour.shoot("06-summary")
    picture = tour.page.get_by_role("img", name="funnel")
    picture.evaluate("each => each.scrollIntoView({block: 'center'})")
    assert picture.evaluate("each => each.decode().then(() => each.naturalWidth)") > 0
    tour.shoot("07-funnel")
    version: str = title.inner_text().partition(":")[0]

    tour.page.goto(artifacts)
    open_artifact(tour, "yields")
    tour.page.get_by_role("cell", name=re.compile(r"^\d+ not_selected")).wait_for()
    tour.shoot("08-yields")
    return version


def open_artifact(tour: Tour, key: str) -> None:
    """Go from the list of a run's artifacts to the newest of a key."""
    tour.page.locator(f"a[href$='/artifacts/key/{key}']").click()
    tour.page.locator("a[href*='/artifacts/artifact/']").first.click()


def assert_nothing_was_asked(workspace: Workspace, port: int, run_id: str, version: str) -> None:
    """The server has the stages that ask models as cached, the manifest has no call."""
    wanted = {"flow_runs": {"id": {"any_": [run_id]}}}
    _, tasks = ask(HOST, port, "/api/task_runs/filter", wanted)
    states = {each["state"]["name"] for each in tasks if each["name"].startswith(ASKING)}
    assert states == {"Cached"}
    manifest = find_version(workspace, version).manifest
    assert (manifest.rows["harmful"], manifest.rows["benign"]) == (HARMFUL, BENIGN)
    assert (manifest.calls.made, manifest.calls.failed) == (0, 0)


def find_in_mlflow(tour: Tour, mlflow: str, version: str) -> None:
    """Find the version among the runs of the experiment, and open it."""
    tour.page.goto(mlflow)
    tour.click("button", "Close")  # MLflow's assistant
    tour.click("button", "Model training")
    tour.click("link", "Experiments")
    tour.click("link", "agentalign")
    tour.page.get_by_role("link", name=version, exact=True).first.wait_for()
    tour.shoot("09-versions")
    tour.click("link", version)
    tour.page.get_by_role("heading", name=version, exact=True).first.wait_for()
    tour.page.get_by_text("calls_made", exact=True).wait_for()
    tour.shoot("10-version")


@contextmanager
def inspecting(workspace: Workspace, version: str) -> Iterator[tuple[str, int]]:
    """Serve a version's pages; give their address and port."""
    port = free_port()
    command = command_of(workspace.root, "inspect", version, "--port", str(port))
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = f"http://{HOST}:{port}/"
            assert address in server.stdout.readline()
            yield address, port
            server.send_signal(signal.SIGINT)
            server.wait(60)
        finally:
            server.kill()


def open_row(tour: Tour, address: str) -> None:
    """Filter the rows, open the first of those that are left."""
    tour.page.goto(address)
    tour.page.get_by_label("label").select_option("harmful")
    tour.page.get_by_label("situation").select_option("plain")
    tour.click("button", "Filter")
    tour.page.wait_for_url("**label=harmful**")
    count = int(tour.page.locator("#count").inner_text().partition(" ")[0])
    assert 0 < count < HARMFUL  # some are of other situations
    tour.shoot("11-rows")
    tour.page.locator("main a[href^='/rows/']").first.click()
    tour.page.wait_for_url("**/rows/example-**")
    tour.page.get_by_text("[masked: harmful request").first.wait_for()
    tour.shoot("12-row")


def walk_to_taxonomy(tour: Tour) -> None:
    """Click the picture's nodes, from the row down to the category in the taxonomy."""
    picture = tour.page.locator("svg.lineage").first
    picture.evaluate("each => each.scrollIntoView()")
    tour.shoot("13-lineage")
    for word in WALK:
        node = tour.page.locator("svg.lineage a", has=tour.page.get_by_text(word, exact=True))
        node.first.click()
        if word != "category":
            tour.page.locator(".kicker", has_text=re.compile(f"^{word}$")).wait_for()
        if word in WALK_SHOTS:
            tour.shoot(WALK_SHOTS[word])
    tour.page.wait_for_url("**/taxonomy#*")
    tour.shoot("16-taxonomy")
