"""Trains and asks one model after the other, in one process: importing torch takes long.

In, as JSON: `{"home": FOLDER, "model": FOLDER, "arms": [{"name": NAME, "file": JSONL or null}],
"training": {...}, "prompts": JSONL, "answers": {...}}`. What is there of an arm is not done again.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from answer import answer_all
from train import train


def do(arm: dict[str, Any], asked: dict[str, Any]) -> None:
    """Train a model on a file, if there is one, and let it answer; its weights go afterwards."""
    home = Path(asked["home"]) / arm["name"]
    home.mkdir(exist_ok=True)
    if (home / "done").exists():
        return
    model, facts = asked["model"], home / "trained.json"
    if arm["file"]:
        model = str(home / "model")
        if not facts.exists():
            done = train({"model": asked["model"], "file": arm["file"], "out": model}
                         | asked["training"])  # fmt: skip
            facts.write_text(json.dumps(done), "utf-8")
        print(f"{arm['name']}: trained", flush=True)
    answer_all({"model": model, "prompts": asked["prompts"], "out": str(home / "answers.jsonl")}
               | asked["answers"])  # fmt: skip
    (home / "done").touch()
    shutil.rmtree(home / "model", ignore_errors=True)
    print(f"{arm['name']}: answered", flush=True)


def main() -> None:
    """Do all arms."""
    asked = json.load(sys.stdin)
    for arm in asked["arms"]:
        do(arm, asked)


if __name__ == "__main__":
    main()
