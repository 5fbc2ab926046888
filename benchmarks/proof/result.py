"""What a proof found, as `docs/proof.json` holds it."""

from pathlib import Path

import orjson
from pydantic import Field

from benchmarks.proof.figures import differences, figures_of
from benchmarks.proof.first_turns import FirstTurn, read_first_turn
from benchmarks.proof.rows import Arm, Prompt
from benchmarks.proof.settings import Settings
from schemas.base import Declared
from schemas.evaluations import Estimate
from schemas.results import Manifest


class Trained(Declared):
    """What an arm was trained on, and how that went."""

    rows: int
    tokens: int
    trained_tokens: int  # of them, with loss
    steps: int
    losses: tuple[float, ...]
    seconds: float
    device: str


class Column(Declared):
    """One arm. The base was not trained and differs from nothing."""

    name: str
    harmful: int = 0
    benign: int = 0
    trained: Trained | None = None
    figures: dict[str, Estimate]
    against_base: dict[str, Estimate] = Field(default_factory=dict)


class Proof(Declared):
    """All that the page says in numbers."""

    version: str
    version_digest: str
    rehearsal: bool
    settings: Settings
    asked: dict[str, int]  # requests by intent
    chains: int
    columns: tuple[Column, ...]


def read_result(home: Path, manifest: Manifest, settings: Settings, arms: list[Arm]) -> Proof:
    """Return what the answers in a folder come to; the base comes first, then ratios rise."""
    prompts = _read_prompts(home)
    base = _read_turns(home / "base", prompts, "base")
    columns = [Column(name="before", figures=figures_of(base, settings.seed))]
    for arm in sorted(arms, key=lambda arm: arm.benign_per_harmful):
        turns = _read_turns(home / arm.folder, prompts, arm.folder)
        columns.append(
            Column(
                name=arm.name,
                harmful=arm.harmful,
                benign=arm.benign,
                trained=Trained.model_validate_json(
                    (home / arm.folder / "trained.json").read_bytes()
                ),
                figures=figures_of(turns, settings.seed),
                against_base=differences(turns, base, settings.seed),
            )
        )
    intents = [prompt.intent for prompt in prompts.values()]
    return Proof(
        version=manifest.version,
        version_digest=manifest.digest,
        rehearsal=manifest.rehearsal,
        settings=settings,
        asked={intent: intents.count(intent) for intent in dict.fromkeys(intents)},
        chains=len({prompt.chain for prompt in prompts.values()}),
        columns=tuple(columns),
    )


def _read_prompts(home: Path) -> dict[str, Prompt]:
    lines = map(orjson.loads, (home / "prompts.jsonl").read_bytes().splitlines())
    prompts = (
        Prompt(**{("row" if key == "id" else key): value for key, value in line.items()})
        for line in lines
    )
    return {prompt.row: prompt for prompt in prompts}


def _read_turns(folder: Path, prompts: dict[str, Prompt], model: str) -> list[FirstTurn]:
    """Return what the answers are; once that is written the answers themselves are removed."""
    kept, answers = folder / "turns.jsonl", folder / "answers.jsonl"
    if not kept.exists():
        lines = map(orjson.loads, answers.read_bytes().splitlines())
        turns = [read_first_turn(prompts[line["id"]], line["text"], model) for line in lines]
        draft = kept.with_suffix(".draft")
        draft.write_text("".join(f"{turn.model_dump_json()}\n" for turn in turns), "utf-8")
        draft.rename(kept)
    answers.unlink(missing_ok=True)
    return [FirstTurn.model_validate_json(line) for line in kept.read_bytes().splitlines()]
