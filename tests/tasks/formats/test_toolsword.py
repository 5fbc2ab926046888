from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.errors import BadInputError
from tasks.formats.toolsword import read_queries

TOOL: dict[str, Any] = {"name": "find", "description": "Finds.", "parameters": {"type": "object"}}


def entry(**more: object) -> dict[str, object]:
    """Return an entry as the file has it."""
    return {"stage": "Input", "scenario": "MQ", "tools": [TOOL], "query": "secret"} | more


def test_queries_come_with_their_tools_as_models_are_offered_them(tmp_path: Path) -> None:
    """Bare functions are wrapped; entries with a dialog are left out and counted."""
    file = tmp_path / "data_MQ.json"
    file.write_bytes(orjson.dumps([entry(), entry(dialog=[{"role": "user"}]), entry()]))
    found = read_queries(tmp_path)
    assert [query.id for query in found.queries] == ["MQ-1", "MQ-3"]
    assert found.queries[0].tools == ({"type": "function", "function": TOOL},)
    assert found.left_out == {"later_stage": 1}
    assert found.source.tasks == 2
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", "is not JSON"),
        (b"{}", "a JSON list of objects"),
        (b"[]", "no query that stands alone"),
        (orjson.dumps([entry(), entry(query="")]), "entry 2: query: "),
        (orjson.dumps([entry(tools="secret")]), "entry 1: tools: "),
    ],
)
def test_another_form_is_told_without_its_texts(tmp_path: Path, content: bytes, wrong: str) -> None:
    """File, number and field are named."""
    file = tmp_path / "queries.json"
    file.write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        read_queries(file)
    assert wrong in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Of a folder, what was looked for in it."""
    with pytest.raises(BadInputError, match=r"data_MQ\.json"):
        read_queries(tmp_path)
    with pytest.raises(BadInputError, match="can't be read"):
        read_queries(tmp_path / "none.json")
