"""The YAML header of a dataset card, written by the hub's own library."""

from collections.abc import Mapping
from typing import Any, cast

from schemas.base import JsonValue
from tasks.doors.hub.library import set_up_library


def render_header(fields: Mapping[str, JsonValue]) -> str:
    """Return fields of a card as the hub writes them, between lines of three dashes."""
    set_up_library()
    from huggingface_hub import DatasetCardData

    header = DatasetCardData(**cast("dict[str, Any]", fields)).to_yaml()
    return f"---\n{header}\n---\n"
