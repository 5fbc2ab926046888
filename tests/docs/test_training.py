"""The page for people who train, command by command, but for the training itself."""

from pathlib import Path

import orjson
import pytest
from mlflow import MlflowClient

from schemas.workspace import Workspace
from tests.docs.pages import blocks, commands, run

PAGE = "training.md"
NEEDS_A_MODEL = "of-your-model"
# embedded models in the place of those that somebody serves
SERVED = {
    "MODEL@http://127.0.0.1:8000/v1": "rehearsal-brisk",
    "MODEL@http://127.0.0.1:8001/v1": "rehearsal-complies",
}


def train(folder: Path) -> str:
    """Return the id of a run that somebody's trainer has logged."""
    client = MlflowClient(tracking_uri=Workspace(folder / "workspace").mlflow_uri)
    experiment = client.create_experiment("training")
    return str(client.create_run(experiment, run_name="brave-hen").info.run_id)


@pytest.fixture(scope="module")
def told(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Do all that the page says, in a folder of its own; return it, and what each line printed."""
    folder = tmp_path_factory.mktemp("training")
    printed: dict[str, str] = {}
    for language, name, content in blocks(PAGE):
        if language != "console" or name == NEEDS_A_MODEL:
            continue
        line = asked = content.strip().removeprefix("$ ")
        if "RUN_ID" in line:
            asked = line.replace("RUN_ID", train(folder))
        for served, embedded in SERVED.items():
            asked = asked.replace(served, embedded)
        done = run(asked, folder, prefect_api)
        printed[line] = done.stdout + done.stderr
        expected = 1 if name == "refused" else 0
        assert done.returncode == expected, f"{line}\n{printed[line][-2000:]}"
    return folder, printed


def test_every_command_was_run_but_one(told: tuple[Path, dict[str, str]]) -> None:
    """Only what needs a model's tokenizer was not, and that is tested with the exports."""
    assert len(told[1]) == len(commands(PAGE)) - 1


def test_the_card_is_where_the_page_says(told: tuple[Path, dict[str, str]]) -> None:
    """Card and both configurations lie in the folder, as printed."""
    folder, printed = told
    card = printed["agentalign train-card candidate --out training"]
    assert (folder / "training" / "TRAIN.md").read_text() == card
    assert (folder / "training" / "trl" / "sft.yaml").read_text() in card
    assert (folder / "training" / "sharegpt" / "sft.yaml").read_text() in card


def test_version_run_and_evaluation_are_one_chain(told: tuple[Path, dict[str, str]]) -> None:
    """The list of versions names the alias, the training run and the evaluation."""
    (listed,) = orjson.loads(told[1]["agentalign versions --json"])
    assert listed["aliases"] == ["candidate"]
    assert [training["name"] for training in listed["trainings"]] == ["brave-hen"]
    (evaluation,) = listed["evaluations"]
    assert (told[0] / "workspace" / "evaluations" / evaluation / "report.html").is_file()
