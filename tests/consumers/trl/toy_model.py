"""Writes a model with one layer that has the proof's chat template; says what carries loss.

In, as JSON: `{"scripts": FOLDER, "out": FOLDER, "file": JSONL}`. Out: for each row of the file the
texts that `make proof` would put loss on, as JSON on the last line.
"""

import json
import sys
import tempfile
from pathlib import Path

from byte_tokenizer import make_tokenizer, split_by_loss
from transformers import LlamaConfig, LlamaForCausalLM


def write_model(scripts: Path, out: str) -> None:
    """Write the model and its tokenizer."""
    tokenizer = make_tokenizer("<|im_end|>")
    tokenizer.chat_template = (scripts / "chat_template.jinja").read_text("utf-8")
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=16384,
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        )
    )  # fmt: skip
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def main() -> None:
    """Write the model, print the texts."""
    asked = json.load(sys.stdin)
    write_model(Path(asked["scripts"]), asked["out"])
    sys.path.insert(0, asked["scripts"])
    from train import make_trainer

    chosen = {"model": asked["out"], "file": asked["file"], "steps": 1, "batch": 1,
              "learning_rate": 1e-4, "warmup_steps": 0, "seed": 0}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(chosen, folder)
        rows = [*trainer.train_dataset]
    read = [split_by_loss(trainer.processing_class, r["input_ids"], r["labels"]) for r in rows]
    print(json.dumps([row["trained"] for row in read]))


if __name__ == "__main__":
    main()
