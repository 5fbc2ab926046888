"""The card says what to run to train on a version, word for word as the exports have it."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import yaml

from agentalign.training.card import FILE
from agentalign.training.trainers import TRAINERS
from tasks.formats.versions import Version

Command = Callable[..., tuple[int, str, str]]
Publish = Callable[..., Version]
REAL = "0123456789ab"
CONSUMERS = Path(__file__).parents[2] / "consumers"


def fenced(card: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", card, re.MULTILINE | re.DOTALL)


def test_it_holds_the_exports_own_configurations(
    publish: Publish, command: Command, tmp_path: Path
) -> None:
    """What is printed is what lies in the exports that were written, and the card beside them."""
    publish(REAL)
    out = tmp_path / "training"
    code, card, err = command("train-card", REAL, "--out", str(out))
    assert code == 0, err
    configs = fenced(card, "yaml")
    written = [(out / trainer.format / "sft.yaml").read_text() for trainer in TRAINERS]
    assert configs == written
    assert all(yaml.safe_load(config)["num_train_epochs"] == 1 for config in configs)
    assert (out / FILE).read_text() == card


def test_its_export_commands_run(publish: Publish, command: Command, tmp_path: Path) -> None:
    """Without a folder nothing is written; its commands write what the card shows."""
    publish(REAL)
    before = sorted(tmp_path.rglob("*"))
    _, card, _ = command("train-card", REAL)
    assert sorted(tmp_path.rglob("*")) == before
    lines = [line for block in fenced(card, "sh") for line in block.splitlines()]
    exports = [shlex.split(line)[1:] for line in lines if line.startswith("agentalign export")]
    for words, shown in zip(exports, fenced(card, "yaml"), strict=True):
        place = words.index("--out") + 1
        out = tmp_path / words[place]
        code, _, err = command(*words[:place], str(out))
        assert code == 0, err
        assert (out / "sft.yaml").read_text() == shown


def test_every_command_it_names_is_one(publish: Publish, command: Command) -> None:
    """What the card says to run of ours is known to the command line, option by option."""
    publish(REAL)
    _, card, _ = command("train-card", REAL)
    text = "\n".join(fenced(card, "sh")).replace("\\\n", " ")
    ours = [shlex.split(line) for line in text.splitlines() if line.startswith("agentalign ")]
    assert [words[1] for words in ours] == ["export", "export", "link-training", "promote",
                                            "evaluate"]  # fmt: skip
    for words in ours:
        code, told, _ = command(words[1], "--help")
        assert code == 0
        assert [word for word in words if word.startswith("--") and word not in told] == []


def test_a_rehearsal_is_not_for_training(version: Version, command: Command) -> None:
    """A rehearsal's card says so first, and does not say to put it into training."""
    _, card, _ = command("train-card", version.name)
    assert "not for\ntraining" in card.split("## ")[0]
    assert "promote" not in card


def test_a_sound_version_has_no_such_words(publish: Publish, command: Command) -> None:
    """Where a model of one's own wrote the rows the card begins with what it can't know."""
    publish(REAL)
    _, card, _ = command("train-card", REAL)
    assert "rehearsal" not in card.lower()
    assert "What this can't know" in card.split("## ")[1]


def test_a_version_that_is_not_there_is_said(publish: Publish, command: Command) -> None:
    """An unknown version ends with an error that names it."""
    publish(REAL)
    code, out, err = command("train-card", "fedcba987654")
    assert (code, out) == (2, "")
    assert "fedcba987654" in err


def test_what_it_pins_was_checked() -> None:
    """The releases that the card names are those that the trainers' own tests install."""
    torch = (CONSUMERS / "torch.txt").read_text().split()
    for trainer, folder in zip(TRAINERS, ("trl", "llamafactory"), strict=True):
        wanted = (CONSUMERS / folder / "requirements.in").read_text().split()
        assert set(trainer.needs) <= {*wanted, *torch}
