"""Fine-tunes a model on records in TRL's format.

Loss is on assistant turns alone, nothing is cut or packed.
"""

import tempfile
import time
from typing import Any

import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

GPU = torch.cuda.is_available()


def make_trainer(asked: dict[str, Any], folder: str) -> SFTTrainer:
    """Return a trainer, its data prepared; rows come in the order of the file."""
    model = AutoModelForCausalLM.from_pretrained(asked["model"], dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(asked["model"])
    args = SFTConfig(
        output_dir=folder, assistant_only_loss=True, max_length=None, packing=False,
        max_steps=asked["steps"], per_device_train_batch_size=asked["batch"],
        learning_rate=asked["learning_rate"], warmup_steps=asked["warmup_steps"],
        lr_scheduler_type="linear", seed=asked["seed"], use_cpu=not GPU, bf16=True,
        gradient_checkpointing=False, save_strategy="no", report_to=[], logging_steps=1,
        disable_tqdm=True, dataloader_pin_memory=GPU,
    )  # fmt: skip
    rows = load_dataset("json", data_files=asked["file"], split="train", cache_dir=folder)
    return SFTTrainer(model, args=args, train_dataset=rows, processing_class=tokenizer)


def train(asked: dict[str, Any]) -> dict[str, Any]:
    """Train `model` on `file`, write it to `out`, and return what was done.

    `steps`, `batch`, `learning_rate`, `warmup_steps` and `seed` are the trainer's.
    """
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(asked, folder)
        rows = [*trainer.train_dataset]
        started = time.monotonic()
        trainer.train()
        took = time.monotonic() - started
    trainer.model.to(torch.bfloat16).save_pretrained(asked["out"])
    trainer.processing_class.save_pretrained(asked["out"])
    history = trainer.state.log_history
    return {
        "rows": len(rows),
        "tokens": sum(len(row["input_ids"]) for row in rows),
        "trained_tokens": sum(sum(label != -100 for label in row["labels"]) for row in rows),
        "steps": trainer.state.global_step,
        "losses": [round(float(entry["loss"]), 4) for entry in history if "loss" in entry],
        "seconds": round(took, 1),
        "device": "gpu" if GPU else "cpu",
    }
