"""Says what TRL makes of exports: a JSON object in, one out as the last line.

In: `{"jobs": {NAME: {"file": JSONL, "templates": [NAMES], "max_length": N, "train": true}},
"config": YAML}`. A file goes through SFTTrainer's own preparation with `assistant_only_loss`, once
for each of the chat templates that TRL ships; labels are then read as text.
"""

import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import trl
from byte_tokenizer import make_tokenizer, split_by_loss
from datasets import Dataset, load_dataset
from transformers import Qwen2Config, Qwen2ForCausalLM
from trl import DatasetMixtureConfig, ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, TrlParser

TEMPLATES = Path(trl.__file__).parent / "chat_templates"
ENDS = {"qwen": "<|im_end|>", "llama": "<|eot_id|>"}  # by how a template's name starts


def read_template(name: str) -> str:
    """Return a template of TRL's.

    It ships none for training Llama 3.1 and refuses to train on that model's own; `…_marked` is
    that one with the marks around what the assistant says, as TRL's documentation has people do.
    """
    text = (TEMPLATES / f"{name.removesuffix('_marked')}.jinja").read_text()
    return mark_llama3_1(text) if name.endswith("_marked") else text


def mark_llama3_1(text: str) -> str:
    """Return the template of Llama 3.1 with marks; fails where TRL has changed the template."""
    header = "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    body, end = "message['content'] | trim + '<|eot_id|>' }}", """{{- "<|eot_id|>" }}"""
    name, brace = """{{- '{"name": "' + tool_call.name""", """{{- "}" }}"""
    marks = {
        f"{header}+ {body}": f"{header} }}}}{{%- if message['role'] == 'assistant' %}}"
        f"{{%- generation %}}{{{{- {body}{{%- endgeneration %}}"
        f"{{%- else %}}{{{{- {body}{{%- endif %}}",
        name: "{%- generation %}" + name,
        brace: brace + "{%- endgeneration %}",
        f"            {end}": "{%- generation %}" + end + "{%- endgeneration %}",
    }
    for place, marked in marks.items():
        assert text.count(place) == 1, place
        text = text.replace(place, marked)
    return text


def make_trainer(
    dataset: Dataset, template: str, folder: str, max_length: int | None = None
) -> SFTTrainer:
    """Return a trainer of a model with one layer, its data prepared; without a length uncut."""
    tokenizer = make_tokenizer(next(end for name, end in ENDS.items() if template.startswith(name)))
    tokenizer.chat_template = read_template(template)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=2,
        )
    )  # fmt: skip
    args = SFTConfig(
        output_dir=folder, assistant_only_loss=True, max_length=max_length, max_steps=2,
        use_cpu=True, per_device_train_batch_size=1, report_to=[], save_strategy="no", bf16=False,
        disable_tqdm=True, gradient_checkpointing=False, logging_steps=1,
    )  # fmt: skip
    return SFTTrainer(model, args=args, train_dataset=dataset, processing_class=tokenizer)


def read_masks(dataset: Dataset, template: str, max_length: int | None) -> dict[str, Any]:
    """Return, for each row that TRL prepared, what carries loss; or why TRL refuses the file."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            trainer = make_trainer(dataset, template, folder, max_length)
        except Exception as exc:  # noqa: BLE001  # whatever stops a trainer is the finding
            return {"error": f"{type(exc).__name__}: {exc}", "rows": []}
        tokenizer, prepared = trainer.processing_class, trainer.train_dataset
        rows = [split_by_loss(tokenizer, row["input_ids"], row["labels"]) for row in prepared]
        return {"error": None, "rows": rows}


def train(dataset: Dataset, template: str) -> list[float]:
    """Return the losses of two steps."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(dataset, template, folder)
        trainer.train()
        return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def do(job: dict[str, Any]) -> dict[str, Any]:
    """Return what becomes of a file."""
    dataset = load_dataset("json", data_files=job["file"], split="train")
    longest = job.get("max_length")
    return {
        "rows_read": len(dataset),
        "templates": {name: read_masks(dataset, name, longest) for name in job["templates"]},
        "losses": train(dataset, job["templates"][0]) if job.get("train") else None,
    }


def read_config(file: Path) -> dict[str, Any]:
    """Return what `trl sft --config FILE` would run with, and the rows of the data it names.

    TRL's parser ends the process at a setting it does not know. A processor alone has no bf16.
    """
    kinds = (ScriptArguments, SFTConfig, ModelConfig, DatasetMixtureConfig)
    os.chdir(file.parent)
    given = ["--config", file.name, "--use_cpu", "true", "--bf16", "false"]
    parsed = TrlParser(kinds).parse_args_and_config(given, fail_with_unknown_args=True)
    found = {
        field.name: getattr(part, field.name)
        for part in parsed[:3]
        for field in dataclasses.fields(part)
    }
    splits = {name: len(rows) for name, rows in load_dataset(found["dataset_name"]).items()}
    return json.loads(json.dumps(found | {"splits": splits}, default=str))


def main() -> None:
    """Print the facts."""
    asked = json.load(sys.stdin)
    facts = {
        "version": trl.__version__,
        "jobs": {name: do(job) for name, job in asked["jobs"].items()},
        "config": read_config(Path(asked["config"])) if asked.get("config") else None,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
