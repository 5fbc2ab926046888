from pathlib import Path

import pytest

from schemas.errors import BadInputError
from tasks.formats.exporting import mistral, trl
from tasks.formats.exporting.lengths import open_ruler
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.writing import export
from tests.tasks.formats.exporting.samples import (
    ASK,
    BOTH,
    CALLED,
    DONE,
    SEEN,
    SENT,
    harmful,
    row,
    thinking,
    version,
)

pytest.importorskip("transformers", reason="the extra hub is not installed")

# a token a byte: a length is what the template writes
TEMPLATE = """\
{%- for tool in tools or [] %}{{ tool.function.name }};{% endfor %}
{%- for turn in messages %}
{%- if (turn.tool_calls or []) | length > 1 %}
{{- raise_exception("one call at a time") }}{% endif %}
{%- for call in turn.tool_calls or [] %}{{ call.id }}:{{ call.function.arguments.n }};{% endfor %}
{{- turn.content }}|{% endfor %}"""


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tokenizer whose tokens are bytes, with a chat template."""
    return make_tokenizer(tmp_path_factory.mktemp("tokenizer"), TEMPLATE)


def make_tokenizer(folder: Path, template: str | None) -> Path:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    model = Tokenizer(models.BPE(vocab={c: n for n, c in enumerate(alphabet)}, merges=[]))
    model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made = PreTrainedTokenizerFast(tokenizer_object=model)  # type: ignore[no-untyped-call]
    made.chat_template = template
    made.save_pretrained(str(folder))
    return folder


def test_lengths_are_told_by_class(tokenizer: Path, tmp_path: Path) -> None:
    """Tools, calls and text count; nothing is left out without a limit."""
    rows = [row(ASK, DONE), row(ASK, CALLED, SENT, DONE), harmful(tools=())]
    manifest = export(rows, version(), trl.FORMAT, tmp_path, ExportOptions(tokenizer=tokenizer))
    asked, answered, refused = len(ASK.content or ""), len("Done."), len("I can't help with that.")
    with_call = len("send_note;") + asked + len("123456789:1;") + len("{}") + answered + 4
    assert manifest.lengths["harmful"].most == asked + refused + 2
    assert manifest.lengths["benign"].rows == 2
    assert manifest.lengths["benign"].p50 == len("send_note;") + asked + answered + 2
    assert manifest.lengths["benign"].p99 == manifest.lengths["benign"].most == with_call
    assert manifest.rows_out == 3
    assert manifest.options["tokenizer"] == tokenizer.name


def test_rows_that_do_not_fit_are_left_out_whole(tokenizer: Path, tmp_path: Path) -> None:
    """They are counted by class, all records of them, and the ratio is told before and after."""
    options = ExportOptions(tokenizer=tokenizer, max_tokens=60)
    long = DONE.model_copy(update={"content": "Done. " * 10})
    rows = [row(ASK, DONE), row(ASK, CALLED, SENT, long), harmful()]
    manifest = export(rows, version(), mistral.FORMAT, tmp_path, options)
    assert manifest.too_long == {"benign": 1}
    assert (manifest.rows_in, manifest.rows_out, manifest.records) == (3, 2, 2)
    assert (manifest.ratio.before, manifest.ratio.after) == (2.0, 1.0)
    assert manifest.lengths["benign"].rows == 2


def test_the_configuration_cuts_nothing(tokenizer: Path, tmp_path: Path) -> None:
    """Its cutoff is above the longest record, with room for what another template adds."""
    long = DONE.model_copy(update={"content": "x" * 900})
    rows = [row(), row(ASK, long)]
    for limit, cutoff in ((None, 1280), (600, 1024)):
        options = ExportOptions(tokenizer=tokenizer, max_tokens=limit)
        export(rows, version(), trl.FORMAT, tmp_path, options)
        assert f"max_length: {cutoff} " in (tmp_path / "sft.yaml").read_text()


def test_thoughts_of_every_turn_count(tmp_path: Path) -> None:
    """A template made for answering leaves earlier ones out, which a trainer's own writes."""
    folder = make_tokenizer(tmp_path, "{{ messages[-1].content }}{# </think> #}")
    ruler = open_ruler(ExportOptions(tokenizer=folder))
    assert ruler is not None
    found = row(ASK, thinking(CALLED, "x" * 100), SENT, DONE)
    bare = ruler.measure(found, ExportOptions(reasoning="strip"))
    assert bare == len("Done.") + 2 * 8
    assert ruler.measure(found, ExportOptions()) == bare + 100


def test_what_a_template_refuses_is_withheld(tokenizer: Path, tmp_path: Path) -> None:
    """Its trainer would stop at such a row."""
    rows = [row(ASK, BOTH, SENT, SEEN, DONE), row()]
    manifest = export(rows, version(), trl.FORMAT, tmp_path, ExportOptions(tokenizer=tokenizer))
    assert manifest.withheld == {"not_renderable": {"benign": 1}}


@pytest.mark.parametrize("spoil", ["empty", "broken", "no template", "no folder"])
def test_a_tokenizer_that_cannot_be_used_is_told_of(spoil: str, tmp_path: Path) -> None:
    """Before a row is read, with what is wrong; nothing is looked for in the network."""
    folder = tmp_path / "model"
    if spoil != "no folder":
        folder.mkdir()
    if spoil in {"broken", "no template"}:
        make_tokenizer(folder, None if spoil == "no template" else TEMPLATE)
    if spoil == "broken":
        (folder / "tokenizer.json").write_text('{"version": ')
    with pytest.raises(BadInputError, match=f"--tokenizer {folder}"):
        export([row()], version(), trl.FORMAT, tmp_path / "o", ExportOptions(tokenizer=folder))
    assert not (tmp_path / "o").exists()


def test_no_code_of_a_tokenizer_s_folder_is_run(tmp_path: Path) -> None:
    """Nor is anybody asked whether it may be; a file that is damaged is told of the same way."""
    (tmp_path / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass T: ...\n")
    config = '{"tokenizer_class": "T", "auto_map": {"AutoTokenizer": ["own.T", null]}}'
    (tmp_path / "tokenizer_config.json").write_text(config)
    with pytest.raises(BadInputError, match="no tokenizer can be read"):
        open_ruler(ExportOptions(tokenizer=tmp_path))
    assert not (tmp_path / "ran").exists()
    (tmp_path / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "PreTrainedTokenizerFast"}'
    )
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "BPE", "vocab": 5}}')
    with pytest.raises(BadInputError, match="no tokenizer can be read"):
        open_ruler(ExportOptions(tokenizer=tmp_path))
