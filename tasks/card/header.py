"""What the hub reads off a card: licence, size, files by split, and what is asked at its gate."""

from schemas.base import JsonValue
from schemas.results import Manifest
from tasks.card.layout import Layout, rows_of
from tasks.card.licences import hub_licences, sources_of

PAPER = "2505.23020"
_TAGS = ("agents", "tool-use", "function-calling", "safety", "refusal", "synthetic")
# the hub shows a notice before what has this tag
_NOTICE = "not-for-all-audiences"
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
_LARGER = "1M<n<10M"
_GATE: dict[str, JsonValue] = {
    "extra_gated_heading": "Harmful requests, each with its refusal",
    "extra_gated_prompt": (
        "This dataset teaches an agent to refuse. It holds requests that ask for harm. Say what"
        " you want it for, and that you keep every such request together with its refusal."
    ),
    "extra_gated_fields": {
        "Name": "text",
        "Affiliation": "text",
        "What I use it for": "text",
        "I train no model to carry out what the harmful requests ask for": "checkbox",
        "I do not publish harmful requests apart from their refusals": "checkbox",
    },
    "extra_gated_button_content": "Ask for access",
}


def header_fields(manifest: Manifest, layout: Layout) -> dict[str, JsonValue]:
    """Return the fields of a card's header."""
    sources = sources_of(manifest)
    licences = hub_licences(sources)
    foreign: list[JsonValue] = ["extended"] if len(sources) > 1 else []
    fields: dict[str, JsonValue] = {
        "pretty_name": f"AgentAlign {manifest.version}",
        "license": licences[0] if len(licences) == 1 else [*licences],
        "language": ["en"],
        "multilinguality": "monolingual",
        "task_categories": ["text-generation"],
        "size_categories": size_category(rows_of(manifest)),
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "source_datasets": ["original", *foreign],
        "tags": _tags(manifest),
        "configs": layout.configs(manifest),
        # what `agentalign push` knows its own repositories by
        "agentalign": {"digest": f"sha256:{manifest.digest}", "rehearsal": manifest.rehearsal},
    }
    if "other" in licences:
        fields |= {"license_name": "see-below", "license_link": "README.md"}
    return fields | _GATE


def size_category(rows: int) -> str:
    """Return the hub's name of how large a dataset is."""
    return next((name for limit, name in _SIZES if rows < limit), _LARGER)


def _tags(manifest: Manifest) -> list[JsonValue]:
    rehearsal = ("rehearsal", "not-for-training") if manifest.rehearsal else ()
    return [*_TAGS, _NOTICE, f"arxiv:{PAPER}", *rehearsal]
