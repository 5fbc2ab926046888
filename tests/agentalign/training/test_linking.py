"""A training run and the version it used name each other, wherever MLflow has the run."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from mlflow import MlflowClient
from mlflow.entities import DatasetInput

from agentalign.collecting.choice import choose
from schemas.workspace import Workspace
from tasks.doors.registry import log_version, prepare
from tasks.doors.trainings import read_trainings
from tasks.formats.versions import Version

Command = Callable[..., tuple[int, str, str]]
Publish = Callable[..., Version]
REAL, NEWER = "0123456789ab", "ba9876543210"


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def start_run(address: str, name: str) -> str:
    """Return the id of a run of somebody's trainer."""
    client = MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("training")
    number = experiment.experiment_id if experiment else client.create_experiment("training")
    return str(client.create_run(number, run_name=name).info.run_id)


def inputs_of(client: MlflowClient, run: str) -> list[DatasetInput]:
    inputs = client.get_run(run).inputs
    return list(inputs.dataset_inputs) if inputs else []


def log(place: Workspace, version: Version) -> str:
    (version.folder / "README.md").write_text("# Card\n")
    return log_version(place, version.manifest, version.folder, {}, {})


def test_both_sides_name_each_other(publish: Publish, command: Command, place: Workspace) -> None:
    """The run has the version as its input; the version's run and `versions` name the run."""
    of_version = log(place, publish(REAL))
    run = start_run(place.mlflow_uri, "brave-hen")
    code, out, err = command("link-training", REAL, "--run", run, "--by", "Sam")
    assert code == 0, err
    assert out.startswith(f"run brave-hen trained on {REAL}, linked ")
    client = MlflowClient(tracking_uri=place.mlflow_uri)
    (taken,) = inputs_of(client, run)
    assert (taken.dataset.name, taken.dataset.digest) == (REAL, "0" * 32)
    assert [(tag.key, tag.value) for tag in taken.tags] == [("mlflow.data.context", "training")]
    assert client.get_run(run).data.tags["agentalign.trained_on"] == REAL
    said = client.get_run(of_version).data.tags[f"agentalign.training.{run}"]
    assert said.startswith("brave-hen, linked ")
    (listed,) = orjson.loads(command("versions", "--json")[1])
    assert [training["run"] for training in listed["trainings"]] == [run]
    assert "brave-hen" in command("versions")[1]


def test_linking_again_changes_nothing(
    publish: Publish, command: Command, place: Workspace
) -> None:
    """A run that is linked has one input and one line; who linked it first stays."""
    log(place, publish(REAL))
    run = start_run(place.mlflow_uri, "brave-hen")
    first = command("link-training", REAL, "--run", run, "--by", "Sam", "--json")
    assert command("link-training", REAL, "--run", run, "--by", "Kim", "--json") == first
    client = MlflowClient(tracking_uri=place.mlflow_uri)
    assert len(inputs_of(client, run)) == 1
    assert len(read_trainings(place)) == 1


def test_a_run_may_be_on_another_server(
    publish: Publish, command: Command, place: Workspace, tmp_path: Path
) -> None:
    """There it gets its input; here the version's run says where it is, and `gc` keeps it."""
    of_version = log(place, publish(REAL))
    publish(NEWER, "2030-01-02T00:00:00+00:00")
    address = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    run = start_run(address, "far-hen")
    before = {each.version.name: each.reasons for each in choose(place, 1)}
    assert before[REAL] == ()
    code, out, err = command("link-training", REAL, "--run", run, "--tracking-uri", address)
    assert code == 0, err
    assert f"far-hen at {address}" in out
    assert len(inputs_of(MlflowClient(tracking_uri=address), run)) == 1
    tags = MlflowClient(tracking_uri=place.mlflow_uri).get_run(of_version).data.tags
    assert address in tags[f"agentalign.training.{run}"]
    after = {each.version.name: each.reasons for each in choose(place, 1)}
    assert after[REAL] == (f"trained on by run far-hen at {address}",)


def test_a_linked_run_of_the_workspace_keeps_its_version(
    publish: Publish, command: Command, place: Workspace
) -> None:
    """It counts as any run that took the version as an input, as long as it is there."""
    log(place, publish(REAL))
    publish(NEWER, "2030-01-02T00:00:00+00:00")
    run = start_run(place.mlflow_uri, "brave-hen")
    command("link-training", REAL, "--run", run)
    assert choose(place, 1)[1].reasons == ("input of run brave-hen",)
    MlflowClient(tracking_uri=place.mlflow_uri).delete_run(run)
    assert choose(place, 1)[1].reasons == ()


def test_passwords_are_not_kept(place: Workspace) -> None:
    """An address is noted without the name and password that may stand in it."""
    from tasks.doors.training_runs import hide_password

    hidden = hide_password("https://sam:secret@mlflow.example.com:5000/x")
    assert hidden == "https://mlflow.example.com:5000/x"
    assert hide_password("sqlite:///sam@work.db") == "sqlite:///sam@work.db"


@pytest.mark.parametrize("run", ["0" * 32, "no run at all", "../x"])
def test_a_run_that_is_not_there_is_said(
    publish: Publish, command: Command, place: Workspace, run: str
) -> None:
    """Nothing is noted of a run that MLflow doesn't know."""
    publish(REAL)
    prepare(place)
    code, _, err = command("link-training", REAL, "--run", run)
    assert code == 2
    assert f"no run {run!r}" in err
    assert read_trainings(place) == []


def test_what_is_no_training_run_is_said(
    publish: Publish, command: Command, place: Workspace
) -> None:
    """A version's own run, a run that was deleted, an unknown version: each in words."""
    of_version = log(place, publish(REAL))
    assert "itself" in command("link-training", REAL, "--run", of_version)[2]
    run = start_run(place.mlflow_uri, "gone-hen")
    MlflowClient(tracking_uri=place.mlflow_uri).delete_run(run)
    assert "was deleted" in command("link-training", REAL, "--run", run)[2]
    assert command("link-training", "fedcba987654", "--run", run)[0] == 2
    assert read_trainings(place) == []


def test_a_server_that_is_not_there_is_said(
    publish: Publish, command: Command, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for minutes; the address is named without its password."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    publish(REAL)
    address = "http://sam:secret@127.0.0.1:9"
    code, _, err = command("link-training", REAL, "--run", "0" * 32, "--tracking-uri", address)
    assert code == 2
    assert "http://127.0.0.1:9" in err
    assert "secret" not in err
