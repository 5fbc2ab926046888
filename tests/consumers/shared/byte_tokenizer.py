"""A tokenizer that is made on the spot: one token a byte, and one for each mark of a template.

What it encodes it decodes to the same text, so labels can be read as text. Real tokenizers need a
download; a template's marks and a trainer's masks do not depend on which one it is.
"""

from collections.abc import Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

MARKS = (
    "<|im_start|>", "<|im_end|>", "<|endoftext|>",
    "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
)  # fmt: skip
NO_LOSS = -100


def make_tokenizer(end: str) -> PreTrainedTokenizerFast:
    """Return a tokenizer whose turns end with a mark."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: n for n, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(mark, special=True) for mark in MARKS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|begin_of_text|>", eos_token=end,
        pad_token="<|endoftext|>", clean_up_tokenization_spaces=False,
    )  # fmt: skip


def split_by_loss(
    tokenizer: PreTrainedTokenizerFast, ids: Sequence[int], labels: Sequence[int]
) -> dict[str, object]:
    """Return what carries loss, a text for each unbroken stretch, and all else as one text."""
    stretches: list[list[int]] = []
    rest, going_on = [], False
    for token, label in zip(ids, labels, strict=True):
        carries = label != NO_LOSS
        if not carries:
            rest.append(token)
        elif going_on:
            stretches[-1].append(token)
        else:
            stretches.append([token])
        going_on = carries
    trained = [tokenizer.decode(stretch) for stretch in stretches]
    return {"trained": trained, "rest": tokenizer.decode(rest)}
