"""The header is YAML that says the same when it is read again."""

import subprocess
import sys

import yaml
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import JsonValue
from tasks.doors.hub.header import render_header

TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1)


@given(st.lists(TEXTS, min_size=1), TEXTS)
def test_what_goes_in_comes_out(tags: list[str], name: str) -> None:
    """Whatever the texts are, colons, dashes and quotes among them."""
    fields: dict[str, JsonValue] = {"tags": [*tags], "pretty_name": name}
    header = render_header(fields)
    assert header.startswith("---\n")
    assert header.endswith("\n---\n")
    assert yaml.safe_load(header.split("---\n", 1)[1].rpartition("\n---\n")[0]) == {
        "tags": tags, "pretty_name": name,
    }  # fmt: skip


def test_the_library_is_imported_when_it_is_needed() -> None:
    """It takes its time, and what only reads does without it."""
    code = "import sys, tasks.doors.hub.header; print('huggingface_hub' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
