"""Lets a model answer prompts; each answer is written as soon as it is there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def read_lines(file: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a file; one that was cut off is none."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines(keepends=True)
            if line.endswith("\n")]  # fmt: skip


def batches(texts: dict[str, str], size: int) -> Iterator[dict[str, str]]:
    """Yield texts in groups of about the same length, the longest first."""
    names = sorted(texts, key=lambda name: (-len(texts[name]), name))
    for start in range(0, len(names), size):
        yield {name: texts[name] for name in names[start : start + size]}


class Model:
    """A model with its tokenizer, which shares its chat template with training."""

    def __init__(self, folder: str) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        read = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        self.model = read.to(DEVICE).eval()

    def render(self, prompt: dict[str, Any]) -> str:
        """Return a prompt as text, up to where the answer begins."""
        return self.tokenizer.apply_chat_template(
            prompt["messages"], tools=prompt["tools"] or None, tokenize=False,
            add_generation_prompt=True,
        )  # fmt: skip

    @torch.inference_mode()
    def answer(self, texts: list[str], most_new: int) -> list[str]:
        """Return the most likely answer to each."""
        given = self.tokenizer(
            texts, return_tensors="pt", padding=True, add_special_tokens=False
        ).to(DEVICE)
        done = self.model.generate(
            input_ids=given["input_ids"], attention_mask=given["attention_mask"],
            do_sample=False, max_new_tokens=most_new, pad_token_id=self.tokenizer.pad_token_id,
        )  # fmt: skip
        return self.tokenizer.batch_decode(
            done[:, given["input_ids"].shape[1] :], skip_special_tokens=True
        )


def answer_all(asked: dict[str, Any]) -> None:
    """Write to `out` the answers of `model` to `prompts` that are not there yet.

    A prompt is `{id, messages, tools}`, an answer `{id, text}`, the most likely one of at most
    `most_new` tokens; `batch` prompts are answered at a time.
    """
    out = Path(asked["out"])
    known = read_lines(out)
    out.write_text("".join(json.dumps(line) + "\n" for line in known), "utf-8")
    model, answered = Model(asked["model"]), {line["id"] for line in known}
    prompts = read_lines(Path(asked["prompts"]))
    texts = {p["id"]: model.render(p) for p in prompts if p["id"] not in answered}
    with out.open("a", encoding="utf-8") as file:
        for batch in batches(texts, asked["batch"]):
            said = model.answer([*batch.values()], asked["most_new"])
            for name, text in zip(batch, said, strict=True):
                file.write(json.dumps({"id": name, "text": text}) + "\n")
            file.flush()
