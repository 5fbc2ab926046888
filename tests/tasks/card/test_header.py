"""The header says of a version what the hub looks for."""

import pytest

from schemas.results import Manifest
from tasks.card.header import header_fields, size_category
from tasks.card.layout import VERSION_FOLDER
from tasks.card.licences import Source, hub_licence, hub_licences


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (18_749, "10K<n<100K"), (10**6, "1M<n<10M")],
)
def test_sizes_are_those_of_the_hub(rows: int, name: str) -> None:
    """A size belongs to one category."""
    assert size_category(rows) == name


@pytest.mark.parametrize(
    ("spdx", "name"),
    [("Apache-2.0", "apache-2.0"), ("CC-BY-SA-4.0", "cc-by-sa-4.0"), ("ODC-By-1.0", "odc-by"),
     ("", "unknown"), ("My-Own-1.0", "other")],
)  # fmt: skip
def test_licences_are_said_in_the_hubs_words(spdx: str, name: str) -> None:
    """A licence that the hub does not list is `other`, and one that nobody stated is unknown."""
    assert hub_licence(spdx) == name


def test_every_licence_is_named_once() -> None:
    """Own rows come first."""
    sources = [Source("own", "Apache-2.0", 5), Source("a", "MIT", 1), Source("b", "Apache-2.0", 2)]
    assert hub_licences(sources) == ["apache-2.0", "mit"]


def test_the_header_is_about_the_version(manifest: Manifest) -> None:
    """Name, digest, and the gate at which readers say what they want it for."""
    fields = header_fields(manifest, VERSION_FOLDER)
    assert fields["pretty_name"] == f"AgentAlign {manifest.version}"
    assert fields["agentalign"] == {"digest": f"sha256:{manifest.digest}", "rehearsal": True}
    assert fields["license"] == "apache-2.0"
    assert fields["source_datasets"] == ["original"]
    assert "refusal" in str(fields["extra_gated_prompt"])
    assert set(dict(fields["extra_gated_fields"]).values()) == {"text", "checkbox"}  # type: ignore[arg-type]
