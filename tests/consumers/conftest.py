"""Every kind of row: a small build's own, some made by hand, and real ones of other datasets."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.rows import Example
from tasks.formats.importing.formats import read_record
from tasks.formats.versions import Version, open_version
from tests.consumers.environments import package_folder
from tests.consumers.rows import TRAINED, UNTRAINED, example
from tests.data.reading import load_rows

FOREIGN = ("agentdojo_workspace", "bfcl_multi_turn")
EVERY = 5  # of their 100 rows


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the smallest dataset; return its workspace."""
    folder = tmp_path_factory.mktemp("workspace")
    command = ("-m", "agentalign", "build", "--profile", "smoke", "--workspace", str(folder))
    built = subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, text=True, timeout=600
    )
    if built.returncode:
        pytest.fail(f"the build ended with {built.returncode}:\n{built.stderr}", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def version(workspace: Path) -> Version:
    """Return the version of that build."""
    (folder,) = (file.parent for file in (workspace / "versions").glob("*/manifest.json"))
    return open_version(folder)


@pytest.fixture(scope="session")
def rows(version: Version) -> tuple[Example, ...]:
    """Return rows of one split that are trained in all assistant turns, by id."""
    built = [row.model_copy(update={"split": "train"}) for row in version.rows(Example)]
    return tuple(sorted((*built, *TRAINED, *_read_foreign()), key=lambda row: row.id))


@pytest.fixture(scope="session")
def all_rows(rows: tuple[Example, ...]) -> tuple[Example, ...]:
    """Return those rows and some with turns that are not to be trained, by id."""
    return tuple(sorted((*rows, *UNTRAINED), key=lambda row: row.id))


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as a model's: Qwen 2.5's own chat template, with a token for each byte."""
    from tests.consumers.shared.byte_tokenizer import make_tokenizer  # takes seconds to load

    folder = tmp_path_factory.mktemp("tokenizer")
    made = make_tokenizer("<|im_end|>")
    templates = package_folder("trl", "trl") / "chat_templates"
    made.chat_template = (templates / "qwen2_5.jinja").read_text("utf-8")
    made.save_pretrained(folder)
    return folder


def _read_foreign() -> Iterator[Example]:
    """Yield real trajectories of other projects, as an import takes them."""
    for name in FOREIGN:
        for number, record in enumerate(load_rows(name)[::EVERY]):
            sound = read_record(record, "openai")
            tools = sound.tools.functions
            yield example(f"foreign-{name}-{number}", *sound.messages, tools=tools)
