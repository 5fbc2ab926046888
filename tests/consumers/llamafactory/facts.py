"""Says what LLaMA-Factory makes of exports: a JSON object in, one out as the last line.

In: `{"jobs": {NAME: {"folder": FOLDER, "dataset": ITS NAME, "templates": [NAMES], "set":
{ARGUMENT: VALUE}}}, "config": YAML}`. A folder's own `dataset_info.json` names the data, which goes
through LLaMA-Factory's loader, converter and supervised processor; labels are then read as text.
"""

import json
import os
import sys
import tempfile
import types
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from byte_tokenizer import make_tokenizer, split_by_loss

# there is no build of it for the processor, and text needs none; transformers must not see this
sys.modules["torchaudio"] = types.ModuleType("torchaudio")

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer  # noqa: E402  # after that
from llamafactory.data.parser import get_dataset_list  # noqa: E402
from llamafactory.hparams import get_train_args  # noqa: E402

ENDS = {"qwen": "<|im_end|>", "llama": "<|eot_id|>"}  # by how a template's name starts
LONG = 10**7  # tokens are bytes here: nothing may be cut
HERE = {"model_name_or_path": "none", "use_cpu": True, "bf16": False}


def read_labels(arguments: dict[str, Any], template: str) -> dict[str, Any]:
    """Return, for each row that came through, what carries loss; or why none did."""
    with tempfile.TemporaryDirectory() as out:
        try:
            model, data, training, _, _ = get_train_args(
                arguments | {"template": template, "output_dir": out}
            )
            tokenizer = make_tokenizer(next(e for n, e in ENDS.items() if template.startswith(n)))
            module = get_dataset(
                get_template_and_fix_tokenizer(tokenizer, data), model, data, training,
                stage="sft", tokenizer=tokenizer,
            )  # fmt: skip
        except Exception as exc:  # noqa: BLE001  # whatever stops a trainer is the finding
            return {"error": f"{type(exc).__name__}: {exc}", "rows": []}
        prepared = module["train_dataset"]
        rows = [split_by_loss(tokenizer, row["input_ids"], row["labels"]) for row in prepared]
        return {"error": None, "rows": rows}


def do(job: dict[str, Any]) -> dict[str, Any]:
    """Return what becomes of a dataset."""
    attributes = get_dataset_list([job["dataset"]], job["folder"])[0]
    arguments = HERE | {
        "stage": "sft", "do_train": True, "dataset_dir": job["folder"],
        "dataset": job["dataset"], "cutoff_len": LONG, "overwrite_cache": True,
        "report_to": "none",
    }  # fmt: skip
    arguments |= job.get("set", {})
    return {
        "attributes": {name: value for name, value in vars(attributes).items() if value},
        "templates": {name: read_labels(arguments, name) for name in job["templates"]},
    }


def read_config(file: Path) -> dict[str, Any]:
    """Return what `llamafactory-cli train FILE` would run with, and the datasets it names."""
    os.chdir(file.parent)
    parts = get_train_args(yaml.safe_load(file.read_text()) | HERE)
    found = {name: value for part in parts for name, value in vars(part).items()}
    return json.loads(json.dumps(found, default=str))


def main() -> None:
    """Print the facts."""
    asked = json.load(sys.stdin)
    facts = {
        "version": version("llamafactory"),
        "jobs": {name: do(job) for name, job in asked["jobs"].items()},
        "config": read_config(Path(asked["config"])) if asked.get("config") else None,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
