"""A version has one run in MLflow, with its dataset, parameters, figures and papers."""

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import WorkspaceError
from schemas.params import BuildParams
from schemas.results import CallCounts, Manifest
from schemas.workspace import Workspace
from tasks.doors.registry import find_run, flatten, log_version, prepare

DIGEST = "0123456789abcdef" * 4
METRICS = {"rows_harmful": 2.0, "ratio_benign_to_harmful": 1.97}


def manifest(digest: str = DIGEST) -> Manifest:
    return Manifest(
        version=f"rehearsal-{digest[:12]}", digest=digest, schema_version=1, rehearsal=True,
        created_at="2025-01-01T00:00:00+00:00", code_version="0.1.0",
        rows={"harmful": 2, "benign": 4, "third_party": 0}, by_category={"benign": 4},
        by_intent_and_category={}, by_subcategory={}, splits={"train": 6}, short={}, blocks={},
        params=BuildParams().model_dump(mode="json"), stages=(), calls=CallCounts(), files={},
    )  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace whose database is set up once: that takes seconds."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    prepare(workspace)
    return workspace


@pytest.fixture
def folder(prepared: Workspace) -> Path:
    """Return a version folder with a card and a manifest."""
    made = prepared.versions / manifest().version
    made.mkdir(parents=True, exist_ok=True)
    (made / "README.md").write_text("# Card\n")
    (made / "manifest.json").write_text(manifest().model_dump_json())
    return made


def test_a_version_has_one_run(prepared: Workspace, folder: Path) -> None:
    """Logging twice gives the same run; it is found by its version; another has its own."""
    first = log_version(prepared, manifest(), folder, METRICS)
    assert log_version(prepared, manifest(), folder, METRICS) == first
    assert find_run(prepared, manifest().version) == first
    other = manifest("f" * 64)
    assert find_run(prepared, other.version) is None
    assert log_version(prepared, other, folder, METRICS) != first


def test_a_run_holds_what_the_version_is_made_of(prepared: Workspace, folder: Path) -> None:
    """The run has our digest as its dataset's, a relative source, parameters and artifacts."""
    from mlflow import MlflowClient

    run_id = log_version(prepared, manifest(), folder, METRICS)
    run = MlflowClient(prepared.mlflow_uri).get_run(run_id)
    assert run.inputs
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == (manifest().version, DIGEST[:32])
    assert used.dataset.source == f'{{"uri":"versions/{manifest().version}"}}'
    assert str(prepared.root) not in str(used.dataset.to_dictionary())
    assert run.data.metrics == METRICS
    assert run.data.params["balance.harmful"] == "500"
    assert run.info.status == "FINISHED"
    artifacts = prepared.mlflow_artifacts / run_id / "artifacts"
    assert sorted(file.name for file in artifacts.iterdir()) == ["README.md", "manifest.json"]


def test_runs_are_found_by_the_dataset(prepared: Workspace, folder: Path) -> None:
    """MLflow's own search finds the run by the dataset's digest."""
    from mlflow import MlflowClient

    run_id = log_version(prepared, manifest(), folder, METRICS)
    client = MlflowClient(prepared.mlflow_uri)
    experiment = client.get_experiment_by_name("agentalign")
    assert experiment
    found = client.search_runs([experiment.experiment_id], f"dataset.digest = '{DIGEST[:32]}'")
    assert [run.info.run_id for run in found] == [run_id]


def test_a_run_that_was_cut_off_is_made_again(prepared: Workspace, folder: Path) -> None:
    """A run without its last tag is no run of the version; the next one replaces it."""
    cut = manifest("c" * 64)
    with pytest.raises(WorkspaceError):
        log_version(prepared, cut, folder.parent, METRICS)  # has no card to attach
    assert find_run(prepared, cut.version) is None
    again = log_version(prepared, cut, folder, METRICS)
    assert find_run(prepared, cut.version) == again


def test_nothing_is_found_where_nothing_was_logged(tmp_path: Path, prepared: Workspace) -> None:
    """Looking for a run makes no database, and an odd name is just not found."""
    assert find_run(Workspace(tmp_path), "rehearsal-0123") is None
    assert list(tmp_path.iterdir()) == []
    assert find_run(prepared, "x' OR tags.a = 'b") is None


def test_a_broken_database_is_named(tmp_path: Path) -> None:
    """A file that is no tracking database is refused with its path and what to do."""
    workspace = Workspace(tmp_path)
    workspace.mlflow_artifacts.mkdir(parents=True)
    (tmp_path / "mlflow" / "mlflow.db").write_bytes(b"no database\n" * 500)
    with pytest.raises(WorkspaceError, match=r"mlflow\.db can't be used .* move the folder"):
        prepare(workspace)


def test_parameters_are_flat_and_short() -> None:
    """Nested names are dotted, lists are JSON, and no value is longer than 500 characters."""
    flat = flatten({"a": {"b": {"c": 1}, "d": []}, "e": None, "f": "x" * 900, "g": {}, "h": True})
    assert flat == {
        "a.b.c": "1", "a.d": "[]", "e": "null", "f": "x" * 499 + "…", "g": "{}", "h": "true",
    }  # fmt: skip


PROBE = """
import sys
from pathlib import Path
from schemas.workspace import Workspace
from tasks.doors.registry import prepare
prepare(Workspace(Path(sys.argv[1])))
"""


def test_setting_up_says_nothing(tmp_path: Path) -> None:
    """A new database is made without a word on the terminal, below a relative path too."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "workspace"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "workspace" / "mlflow" / "mlflow.db").is_file()


def test_a_set_up_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    """A half-made database is never the database: the next run starts from nothing."""
    workspace = Workspace(tmp_path)
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db.draft").write_bytes(b"cut off")
    prepare(workspace)
    assert (tmp_path / "mlflow" / "mlflow.db").is_file()
    assert not (tmp_path / "mlflow" / "mlflow.db.draft").exists()
