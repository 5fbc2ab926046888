"""The form of functionary's records; its own code is in no package, so it can't be run here."""

from pathlib import Path

import orjson
import pytest

from schemas.rows import Example
from tasks.formats.exporting.options import ExportOptions
from tasks.formats.versions import Version
from tests.consumers.exporting import Exported, export_as
from tests.consumers.spoken import Spoken, expected

pytestmark = pytest.mark.formats


@pytest.fixture(scope="module")
def exported(
    all_rows: tuple[Example, ...], version: Version, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    out: Path = tmp_path_factory.mktemp("functionary") / "all"
    return export_as("functionary", all_rows, version, out, ExportOptions(reasoning="strip"))


def test_all_but_masked_assistant_turns_are_the_trained_ones(
    exported: Exported, all_rows: tuple[Example, ...]
) -> None:
    """Text beside calls stays, arguments are one JSON text, `masked` is what is not trained."""
    rows = {row.id: row for row in all_rows}
    for record in exported.records:
        said = [
            Spoken(
                (turn["content"] or "").strip(),
                tuple(
                    (call["function"]["name"], orjson.loads(call["function"]["arguments"]))
                    for call in turn.get("tool_calls", ())
                ),
            )
            for turn in record["messages"]
            if turn["role"] == "assistant" and not turn.get("metadata", {}).get("masked")
        ]
        assert said == expected(rows[record["id"]], reasoning=False)


def test_results_name_their_functions_in_the_order_of_calls(exported: Exported) -> None:
    """Results have no ids for functionary: order and name tell them apart."""
    for record in exported.records:
        asked = [c["function"]["name"] for m in record["messages"] for c in m.get("tool_calls", ())]
        told = [m["name"] for m in record["messages"] if m["role"] == "tool"]
        assert told == asked[: len(told)]


def test_its_own_code_reads_them() -> None:
    """Nobody can say so here."""
    pytest.skip("functionary is in no package: not consumer-checked")
