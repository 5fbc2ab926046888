"""OpenLineage events: what the spec asks for, in the file or at the backend that is configured."""

import http.server
import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships none
import orjson
import pytest

from schemas.rows import Receipt
from tasks.doors.lineage import Lineage, Step, Told, name_of

READ = Receipt(
    stage="chains",
    key="chains/v1/a",
    table="chains",
    digest="c" * 64,
    rows_in=1,
    rows=4,
    dropped={},
)
MADE = Receipt(
    stage="bindings",
    key="bindings/v1/b",
    table="bindings",
    digest="b" * 64,
    rows_in=4,
    rows=8,
    dropped={},
)

# What the specification, 2-0-2, requires of events and of every facet, in our own words.
FACETS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["_producer", "_schemaURL"],
        "properties": {
            "_producer": {"type": "string", "format": "uri"},
            "_schemaURL": {"type": "string", "format": "uri"},
        },
    },
}
DATASET = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {
        "namespace": {"type": "string"}, "name": {"type": "string"},
        "facets": FACETS, "inputFacets": FACETS, "outputFacets": FACETS,
    },
}  # fmt: skip
BASE = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL"],
    "properties": {
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"type": "string", "format": "uri"},
    },
}
RUN_EVENT = {
    "allOf": [BASE],
    "required": ["eventType", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "run": {
            "required": ["runId"],
            "properties": {"runId": {"type": "string", "format": "uuid"}, "facets": FACETS},
        },
        "job": {
            "required": ["namespace", "name"],
            "properties": {
                "namespace": {"type": "string"}, "name": {"type": "string"}, "facets": FACETS,
            },
        },
        "inputs": {"type": "array", "items": DATASET},
        "outputs": {"type": "array", "items": DATASET},
    },
}  # fmt: skip
DATASET_EVENT = {
    "allOf": [BASE],
    "required": ["dataset"],
    "properties": {"dataset": DATASET},
    "not": {"anyOf": [{"required": ["job"]}, {"required": ["run"]}]},
}


def check(event: dict[str, Any]) -> None:
    """Check an event against what the specification requires."""
    jsonschema.validate(
        event,
        DATASET_EVENT if "dataset" in event else RUN_EVENT,
        format_checker=jsonschema.FormatChecker(),
    )


def tell_all(file: Path) -> None:
    """Tell of a stage run that ends well and of one that fails."""
    run = Step("build-dataset")
    with Lineage(file) as lineage:
        good, bad = (
            Step("build-dataset.bindings", parent=run),
            Step("build-dataset.plans", parent=run),
        )
        lineage.tell(Told(good, "START", [READ]))
        lineage.tell(Told(good, "COMPLETE", [READ], [MADE]))
        lineage.tell(Told(bad, "START", [MADE]))
        lineage.tell(Told(bad, "FAIL", [MADE], error="limits.max_calls = 3 is reached"))


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of the user's own, and none that the client sets for itself."""
    monkeypatch.setattr("os.environ", dict(os.environ))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [each for each in os.environ if each.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)


def test_events_are_what_the_specification_asks_for(tmp_path: Path) -> None:
    """Runs with their parent, datasets by table and digest, schema, counts, and the error."""
    file = tmp_path / "lineage" / "events.jsonl"
    tell_all(file)
    events = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    for event in events:
        check(event)
    assert [e.get("eventType", "dataset") for e in events] == [
        "START", "COMPLETE", "dataset", "START", "FAIL",
    ]  # fmt: skip
    complete, dataset, failed = events[1], events[2], events[4]
    assert complete["run"]["facets"]["parent"]["job"]["name"] == "build-dataset"
    quality = complete["inputs"][0]["inputFacets"]["dataQualityMetrics"]
    assert (quality["rowCount"], quality["columnMetrics"]) == (4, {})
    (output,) = complete["outputs"]
    assert output["name"] == name_of(MADE) == dataset["dataset"]["name"]
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 8
    assert "world_seed" in {each["name"] for each in output["facets"]["schema"]["fields"]}
    assert failed["run"]["facets"]["errorMessage"]["message"].startswith("limits.max_calls")
    assert "sourceCodeLocation" not in complete["job"]["facets"]


class Backend(http.server.BaseHTTPRequestHandler):
    """Takes events."""

    taken: list[dict[str, Any]]

    def do_POST(self) -> None:
        """Keep an event."""
        size = int(self.headers["content-length"])
        self.taken.append(orjson.loads(self.rfile.read(size)))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Serve a backend that the client's own variable names; return what it takes."""
    taken: list[dict[str, Any]] = []
    kind = type("Kind", (Backend,), {"taken": taken})
    with http.server.HTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{server.server_port}")
        yield taken
        server.shutdown()


def test_a_configured_backend_gets_the_events(
    backend: list[dict[str, Any]], tmp_path: Path
) -> None:
    """The client's own configuration wins over the file."""
    tell_all(tmp_path / "events.jsonl")
    assert len(backend) == 5
    assert not (tmp_path / "events.jsonl").exists()


def test_it_can_be_turned_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the client's own variable."""
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    tell_all(tmp_path / "events.jsonl")
    assert not (tmp_path / "events.jsonl").exists()


def test_a_backend_that_fails_is_a_warning_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Here a folder that is a file: nothing is raised, and it is said one time."""
    (tmp_path / "lineage").write_text("in the way")
    with caplog.at_level(logging.WARNING, "agentalign"):
        tell_all(tmp_path / "lineage" / "events.jsonl")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_telling_costs_the_teller_nothing(tmp_path: Path) -> None:
    """Two events of each of 200 stage runs take less than a hundredth of a second to tell."""
    with Lineage(tmp_path / "events.jsonl") as lineage:
        began = time.thread_time()
        for _ in range(200):
            step = Step("build-dataset.bindings")
            lineage.tell(Told(step, "START", [READ]))
            lineage.tell(Told(step, "COMPLETE", [READ], [MADE]))
        assert time.thread_time() - began < 0.05
    assert len((tmp_path / "events.jsonl").read_bytes().splitlines()) == 600
