"""The deployments of `prefect.yaml`: each fits its flow, and one is run by a worker."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.utilities.callables import parameter_schema
from prefect.utilities.importtools import import_object

from agentalign.server import own_server
from agentalign.workspace import prepare_workspace
from schemas.settings import PROFILES, load_params

ROOT = Path(__file__).parents[1]
DEPLOYMENTS: dict[str, Any] = {
    entry["name"]: entry
    for entry in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
}
Prefect = Callable[..., str]


def flow_of(deployment: str) -> Flow[..., Any]:
    """Import the flow of a deployment by its module entrypoint."""
    found = import_object(DEPLOYMENTS[deployment]["entrypoint"])
    assert isinstance(found, Flow)
    return found


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_deployment_fits_its_flow(name: str) -> None:
    """A deployment's parameters are valid for its flow, and lack nothing: it can be run as is."""
    flow_of(name).validate_parameters(DEPLOYMENTS[name]["parameters"])


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_deployment_is_described(name: str) -> None:
    """A deployment has a description and tags, and runs in the project's work pool."""
    entry = DEPLOYMENTS[name]
    assert entry["description"]
    assert entry["tags"]
    assert entry["work_pool"]["name"] == "agentalign"


def fields_of(name: str) -> dict[str, dict[str, Any]]:
    """Return all fields of a deployment's form by path, those of nested forms too."""
    schema = parameter_schema(flow_of(name)).model_dump_for_openapi()
    return dict(_fields(schema, schema.get("definitions", {}), ""))


def _fields(
    form: dict[str, Any], definitions: dict[str, Any], path: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, field in form.get("properties", {}).items():
        at = f"{path}{name}"
        target = _nested(field, definitions)
        yield at, {**target, **field}
        yield from _fields(target, definitions, f"{at}.")


def _nested(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the form that a field or its entries hold; nothing if it is a plain one."""
    reference = field.get("$ref") or field.get("items", {}).get("$ref")
    if reference is None:
        return {}
    found: dict[str, Any] = definitions[reference.rpartition("/")[2]]
    return found


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_field_of_a_form_says_what_it_is(name: str) -> None:
    """Title and description, in nested forms too; a union is no more than a value or none."""
    fields = fields_of(name)
    assert "workspace" in fields
    assert [path for path, field in fields.items() if not field.get("title")] == []
    assert [path for path, field in fields.items() if not field.get("description")] == []
    unions = {path: field["anyOf"] for path, field in fields.items() if "anyOf" in field}
    plain = {
        path for path, kinds in unions.items() if len(kinds) == 2 and {"type": "null"} in kinds
    }
    assert plain == unions.keys()


def test_choices_and_bounds_are_in_the_form() -> None:
    """What can only be one of a few is a list to choose from; numbers have their bounds."""
    fields = fields_of("instructions")
    assert fields["until"]["enum"] == ["chains", "instructions", "validation", "responses"]
    assert fields["params.instructions.mode"]["enum"] == ["plan-first", "request-first"]
    assert fields["params.endpoints.structured"]["enum"][0] == "auto"
    assert fields["params.workers.isolation"]["enum"][0] == "auto"
    assert (fields["blocks"]["minimum"], fields["blocks"]["maximum"]) == (1, 500)
    temperature = fields["params.instructions.temperature"]
    assert (temperature["minimum"], temperature["maximum"]) == (0, 2)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_no_secret_is_a_parameter(name: str) -> None:
    """A key's name may be given, in a variable or a block, never the key."""
    secret = re.compile(r"(^|[._])(key|secret|password|token|credential)($|[._])")
    named = {path for path in fields_of(name) if secret.search(path)}
    assert named <= {"params.endpoints.api_key_env", "params.endpoints.api_key_block"}
    assert all(field.get("format") != "password" for field in fields_of(name).values())


def test_the_nightly_build_is_paused() -> None:
    """Its schedule is there, to be switched on by whoever wants it."""
    (schedule,) = DEPLOYMENTS["build-nightly"]["schedules"]
    assert schedule["active"] is False


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
