"""The deployments of `prefect.yaml`: each fits its flow, and one is run by a worker."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.utilities.importtools import import_object

from agentalign.server import own_server
from agentalign.workspace import prepare_workspace
from schemas.settings import PROFILES, load_params

ROOT = Path(__file__).parents[1]
DEPLOYMENTS: dict[str, Any] = {
    entry["name"]: entry
    for entry in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
}
# parameters that only the one who starts a run can know
ASKED_FOR = {"rebalance": {"version": "any"}}

Prefect = Callable[..., str]


def flow_of(deployment: str) -> Flow[..., Any]:
    """Import the flow of a deployment by its module entrypoint."""
    found = import_object(DEPLOYMENTS[deployment]["entrypoint"])
    assert isinstance(found, Flow)
    return found


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_deployment_fits_its_flow(name: str) -> None:
    """A deployment's parameters are valid for its flow, and lack only what a run has to say."""
    asked = ASKED_FOR.get(name, {})
    given = DEPLOYMENTS[name]["parameters"]
    assert not asked.keys() & given.keys()
    flow_of(name).validate_parameters(given | asked)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_deployment_is_described(name: str) -> None:
    """A deployment has a description and tags, and runs in the project's work pool."""
    entry = DEPLOYMENTS[name]
    assert entry["description"]
    assert entry["tags"]
    assert entry["work_pool"]["name"] == "agentalign"


@pytest.mark.parametrize("profile", PROFILES)
def test_deployed_build_is_its_profile(profile: str) -> None:
    """`build-<profile>` builds what `agentalign build --profile <profile>` does."""
    given = DEPLOYMENTS[f"build-{profile}"]["parameters"]
    params = flow_of(f"build-{profile}").validate_parameters(given)["params"]
    assert params == load_params(profile)


@pytest.fixture
def prefect(tmp_path: Path) -> Iterator[Prefect]:
    """Run Prefect's command line against a server of the test's own, deployed from `tmp_path`."""
    with own_server(prepare_workspace(tmp_path / "server")) as server:
        server.wait()
        env = os.environ | {
            "PREFECT_API_URL": server.api_url,
            "PREFECT_HOME": str(tmp_path / "home"),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "DO_NOT_TRACK": "1",
            "PWD": str(tmp_path),  # the folder that deployments say they run in
        }

        def run(*arguments: str) -> str:
            command = [str(Path(sys.executable).parent / "prefect"), "--no-prompt", *arguments]
            done = subprocess.run(
                command, cwd=ROOT, env=env, text=True, timeout=240, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout
            return done.stdout

        yield run


def test_worker_runs_a_deployed_build(prefect: Prefect, tmp_path: Path) -> None:
    """A process worker picks up a run of `build-smoke` and publishes a version."""
    prefect("work-pool", "create", "agentalign", "--type", "process")
    prefect("deploy", "--all")
    prefect("deployment", "run", "build-dataset/build-smoke")
    output = prefect("worker", "start", "--pool", "agentalign", "--run-once")
    assert list((tmp_path / "workspace" / "versions").glob("*/manifest.json")), output
