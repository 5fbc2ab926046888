"""Trains SmolLM2-135M on rows of a version, at several ratios, and asks it what it never saw.

python -m benchmarks.proof [--version NAME] [--workspace FOLDER] [--rehearsal] [--settings FILE]
What is done already is not done again; the figures go into docs/proof.json, docs/proof.md and
docs/proof.png.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from benchmarks.proof.page import draw, render
from benchmarks.proof.result import Proof, read_result
from benchmarks.proof.rows import Arm, arm_of, choose_prompts, choose_rows
from benchmarks.proof.settings import FILE, Settings, read_settings
from benchmarks.proof.trained import NEEDED, SCRIPTS, open_model, train_and_ask
from schemas.errors import AgentAlignError, BadInputError
from schemas.ids import digest
from schemas.rows import Example
from schemas.workspace import place_of
from tasks.formats.exporting.lengths import open_ruler
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.trl import FORMAT
from tasks.formats.exporting.writing import export
from tasks.formats.versions import Version, find_version

ROOT = Path(__file__).parents[2]
BASE = "base"


def prove(version: Version, settings: Settings, home: Path) -> list[Arm]:
    """Choose rows and prompts, train and ask: all of it lies in `home` then. Return the arms."""
    home.mkdir(parents=True, exist_ok=True)
    model = open_model()
    arms = [arm_of(settings.rows, ratio) for ratio in settings.benign_per_harmful]
    if not (home / "prompts.jsonl").exists():
        write_files(version, settings, home, model, arms)
    files = {BASE: None} | {arm.folder: home / f"{arm.folder}.jsonl" for arm in arms}
    train_and_ask(home, model, files, settings)
    return arms


def write_files(
    version: Version, settings: Settings, home: Path, model: Path, arms: list[Arm]
) -> None:
    """Write what each arm trains on, and last the prompts."""
    options = ExportOptions(tokenizer=model, max_tokens=settings.max_tokens, reasoning="strip")
    manifest = export(version.stream(Example), version, FORMAT, home / "export", options)
    pools = choose_rows(home / "export", manifest, version.stream(Example))
    for arm in arms:
        write_lines(home / f"{arm.folder}.jsonl", pools.draw(arm, settings.seed))
    asked = settings.held_out
    held_out = (row for row in version.stream(Example) if row.split in asked.splits)
    ruler = open_ruler(options)
    assert ruler is not None  # there is a tokenizer
    prompts = choose_prompts(
        held_out, ruler, each=asked.of_each_intent, max_tokens=asked.max_tokens, seed=settings.seed
    )
    write_lines(home / "prompts.jsonl", [prompt.as_line() for prompt in prompts])


def write_lines(file: Path, lines: Sequence[object]) -> None:
    """Write JSON lines, whole or not at all."""
    draft = file.with_suffix(".draft")
    draft.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    draft.rename(file)


def _home(version: Version, settings: Settings) -> Path:
    """Return a folder that is another one for whatever changes what comes out."""
    scripts = [NEEDED, *sorted(SCRIPTS.glob("*.py")), *SCRIPTS.glob("*.jinja")]
    texts = [file.read_text("utf-8") for file in scripts]
    key = digest(version.manifest.digest, settings.model_dump(mode="json"), texts)[:12]
    return ROOT / ".bench" / "proof" / key


def main() -> None:
    """Prove, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--version", help="name, its start or alias; else the newest")
    parser.add_argument(
        "--rehearsal", action="store_true", help="rows of the embedded model will do"
    )
    parser.add_argument("--settings", type=Path, default=FILE)
    given = parser.parse_args()
    version = find_version(place_of(str(given.workspace)), given.version)
    if version.manifest.rehearsal and not given.rehearsal:
        raise BadInputError(f"{version.name} is a rehearsal; say --rehearsal if that will do")
    settings = read_settings(given.settings)
    home = _home(version, settings)
    arms = prove(version, settings, home)
    write_page(read_result(home, version.manifest, settings, arms))


def write_page(proof: Proof) -> None:
    """Write figures, page and picture into docs."""
    docs = ROOT / "docs"
    figures = orjson.dumps(proof.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
    (docs / "proof.json").write_bytes(figures + b"\n")
    (docs / "proof.png").write_bytes(draw(proof))
    (docs / "proof.md").write_text(render(proof), "utf-8")
    print(f"written: {docs / 'proof.md'}")


if __name__ == "__main__":
    try:
        main()
    except AgentAlignError as exc:
        sys.exit(f"proof: {exc}")
