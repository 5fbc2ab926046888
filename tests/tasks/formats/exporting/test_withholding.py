import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tasks.formats.exporting
from schemas.messages import Message
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.exporting.registry import FORMATS
from tasks.formats.exporting.soundness import withhold_unsound
from tasks.formats.exporting.withholding import REASONS, Withheld
from tests.tasks.formats.exporting.samples import conversations, row


def test_every_reason_has_a_sentence_and_every_sentence_a_use() -> None:
    """The words that stand in the formats are those that can be told of."""
    folder = Path(tasks.formats.exporting.__file__).parent
    sources = "".join(file.read_text() for file in folder.glob("*.py"))
    used = re.findall(r'(?:Withheld\(|withhold\(row, )"(\w+)"', sources)
    assert set(used) == set(REASONS)


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(messages=conversations(), reasoning=st.sampled_from(["keep", "strip"]))
def test_a_sound_conversation_is_said_or_withheld_for_a_known_reason(
    name: str, messages: tuple[Message, ...], reasoning: str
) -> None:
    """No format breaks on any, none is lost without a word."""
    format, found = FORMATS[name], row(*messages)
    options = ExportOptions.model_validate({"reasoning": reasoning})
    if withhold_unsound(found, options, thinks=format.thinks):
        return
    records = format.to_records(found, options)
    assert records
    if isinstance(records, Withheld):
        assert records.reason in REASONS
