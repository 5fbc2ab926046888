"""A version has one run in MLflow, with its dataset, parameters, figures and papers."""

import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from schemas.aliases import Move
from schemas.base import JsonObject
from schemas.errors import WorkspaceError
from schemas.params import BuildParams
from schemas.results import CallCounts, Manifest
from schemas.workspace import Workspace
from tasks.doors.registry import (
    attach_pages,
    find_run,
    find_users,
    flatten,
    log_version,
    mark_removed,
    mirror_aliases,
    move_artifacts,
    prepare,
)

DIGEST = "0123456789abcdef" * 4
QUALITY: JsonObject = {"figures": {"rows": 6.0}, "result": {"success": True}}
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
    (made / "README.md").write_text("---\nlicense: apache-2.0\n---\n# Card\n")
    (made / "manifest.json").write_text(manifest().model_dump_json())
    return made


def test_a_version_has_one_run(prepared: Workspace, folder: Path) -> None:
    """Logging twice gives the same run; it is found by its version; another has its own."""
    first = log_version(prepared, manifest(), folder, METRICS, QUALITY)
    assert log_version(prepared, manifest(), folder, METRICS, QUALITY) == first
    assert find_run(prepared, manifest().version) == first
    other = manifest("f" * 64)
    assert find_run(prepared, other.version) is None
    assert log_version(prepared, other, folder, METRICS, QUALITY) != first


def test_a_run_holds_what_the_version_is_made_of(prepared: Workspace, folder: Path) -> None:
    """The run has our digest as its dataset's, a relative source, parameters and artifacts."""
    from mlflow import MlflowClient

    run_id = log_version(prepared, manifest(), folder, METRICS, QUALITY)
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
    assert sorted(file.name for file in artifacts.iterdir()) == [
        "README.md", "manifest.json", "quality.json",
    ]  # fmt: skip
    assert orjson.loads((artifacts / "quality.json").read_bytes()) == QUALITY
    shown = run.data.tags["mlflow.note.content"]
    assert shown == "# Card\n"  # its fields for dataset hubs would be shown as a heading


def test_plots_lie_beside_the_card(prepared: Workspace, folder: Path) -> None:
    """They are artifacts; what the pages show of a long card has no pictures and whole sections."""
    from mlflow import MlflowClient

    shutil.copytree(folder, place := folder.with_name("plotted"))
    (place / "plots").mkdir()
    (place / "plots" / "calls.png").write_bytes(b"PNG")
    parts = [f"## Part {number}\n\n{'word ' * 400}\n\n" for number in range(6)]
    (place / "README.md").write_text("# Card\n\n![Calls](plots/calls.png)\n\n" + "".join(parts))
    run_id = log_version(prepared, manifest("e" * 64), place, METRICS, QUALITY)
    artifacts = prepared.mlflow_artifacts / run_id / "artifacts"
    assert (artifacts / "plots" / "calls.png").read_bytes() == b"PNG"
    shown = MlflowClient(prepared.mlflow_uri).get_run(run_id).data.tags["mlflow.note.content"]
    assert shown.startswith("# Card\n\n## Part 0\n")
    assert shown.endswith("word \n\n\n… the whole card is the artifact `README.md`.")
    assert "## Part 2" in shown
    assert "## Part 3" not in shown


def test_pages_lie_beside_the_other_artifacts(prepared: Workspace, folder: Path) -> None:
    """A text is attached under its name, again if need be; a version without a run has none."""
    run_id = log_version(prepared, manifest(), folder, METRICS, QUALITY)
    for text in ("<p>first</p>", "<p>second</p>"):
        attach_pages(prepared, manifest().version, {"report.html": text})
    page = prepared.mlflow_artifacts / run_id / "artifacts" / "report.html"
    assert page.read_text() == "<p>second</p>"
    attach_pages(prepared, "rehearsal-ffffffffffff", {"report.html": ""})


def tags_of(workspace: Workspace, version: str) -> dict[str, str]:
    from mlflow import MlflowClient

    run_id = find_run(workspace, version)
    assert run_id
    return dict(MlflowClient(workspace.mlflow_uri).get_run(run_id).data.tags)


def test_aliases_are_tags_of_the_runs(prepared: Workspace, folder: Path) -> None:
    """A run says which aliases it has since when and by whom; one that moved on is gone."""
    one, other = manifest("1" * 64), manifest("2" * 64)
    for each in (one, other):
        log_version(prepared, each, folder, METRICS, QUALITY)

    def move(version: str) -> Move:
        return Move(alias="training", version=version, before=None, by="sam", at="2030-01-01")

    for _ in range(2):
        mirror_aliases(prepared, {"training": move(one.version)})
    tag = "agentalign.alias.training"
    assert tags_of(prepared, one.version)[tag] == "since 2030-01-01, by sam"
    assert tag not in tags_of(prepared, other.version)
    mirror_aliases(prepared, {"training": move(other.version)})
    assert tag not in tags_of(prepared, one.version)
    assert tag in tags_of(prepared, other.version)


def test_a_removed_version_keeps_its_run(prepared: Workspace, folder: Path) -> None:
    """The run says since when the folder is gone, until the version is published again."""
    gone = manifest("3" * 64)
    run_id = log_version(prepared, gone, folder, METRICS, QUALITY)
    mark_removed(prepared, [gone.version], "2030-01-01")
    assert tags_of(prepared, gone.version)["agentalign.removed"] == "2030-01-01"
    assert log_version(prepared, gone, folder, METRICS, QUALITY) == run_id
    assert "agentalign.removed" not in tags_of(prepared, gone.version)


def test_users_of_a_version_are_found(prepared: Workspace, folder: Path) -> None:
    """Runs of any experiment that took it as an input count, until they are deleted."""
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, DatasetInput

    used = manifest("4" * 64)
    log_version(prepared, used, folder, METRICS, QUALITY)
    assert find_users(prepared, [used]) == {}
    client = MlflowClient(prepared.mlflow_uri)
    experiment = client.create_experiment("tuning")
    named = {"by-name": (used.version, "other"), "by-digest": ("rows", used.digest[:32])}
    for run_name, (name, digest) in named.items():
        run = client.create_run(experiment, run_name=run_name)
        dataset = Dataset(name=name, digest=digest, source_type="local", source="{}")
        client.log_inputs(run.info.run_id, [DatasetInput(dataset, [])])
    found = find_users(prepared, [used, manifest()])
    assert {version: set(names) for version, names in found.items()} == {used.version: set(named)}
    client.delete_run(run.info.run_id)
    assert find_users(prepared, [used]) == {used.version: ("by-name",)}


def test_a_copied_database_finds_its_artifacts(
    prepared: Workspace, folder: Path, tmp_path: Path
) -> None:
    """After a copy is told where it is, MLflow reads artifacts from the new place."""
    from mlflow import MlflowClient

    run_id = log_version(prepared, manifest(), folder, METRICS, QUALITY)
    copy = Workspace(Path(shutil.copytree(prepared.root, tmp_path / "it's copied")))
    move_artifacts(copy, copy.root)
    run = MlflowClient(copy.mlflow_uri).get_run(run_id)
    assert run.info.artifact_uri == f"{copy.mlflow_artifacts.as_uri()}/{run_id}/artifacts"
    assert {f.path for f in MlflowClient(copy.mlflow_uri).list_artifacts(run_id)} >= {"README.md"}
    assert str(prepared.root) not in str(run.info.artifact_uri)
    move_artifacts(Workspace(tmp_path / "nothing"), tmp_path)


def test_runs_are_found_by_the_dataset(prepared: Workspace, folder: Path) -> None:
    """MLflow's own search finds the run by the dataset's digest."""
    from mlflow import MlflowClient

    run_id = log_version(prepared, manifest(), folder, METRICS, QUALITY)
    client = MlflowClient(prepared.mlflow_uri)
    experiment = client.get_experiment_by_name("agentalign")
    assert experiment
    found = client.search_runs([experiment.experiment_id], f"dataset.digest = '{DIGEST[:32]}'")
    assert [run.info.run_id for run in found] == [run_id]


def test_a_run_that_was_cut_off_is_made_again(prepared: Workspace, folder: Path) -> None:
    """A run without its last tag is no run of the version; the next one replaces it."""
    cut = manifest("c" * 64)
    with pytest.raises(WorkspaceError):
        log_version(prepared, cut, folder.parent, METRICS, QUALITY)  # has no card to attach
    assert find_run(prepared, cut.version) is None
    again = log_version(prepared, cut, folder, METRICS, QUALITY)
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
