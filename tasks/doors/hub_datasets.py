"""The door to datasets on the Hugging Face hub: the one module that imports `datasets`."""

from collections.abc import Iterator
from typing import Any

from schemas.errors import BadInputError


def stream_records(name: str, revision: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the records of a dataset, split by split in the order of its files.

    `name` is an id on the hub, or a local folder. No code of the dataset is run. Records come as
    they are read: nothing holds the whole.

    Raises:
        BadInputError: the library is not installed, or the dataset can't be read.
    """
    try:
        import datasets  # type: ignore[import-untyped]  # ships no types; an extra, takes a second
    except ImportError as exc:
        msg = f"{name} is on the hub, which needs more libraries: pip install 'agentalign[hub]'"
        raise BadInputError(msg) from exc
    try:
        splits = datasets.load_dataset(name, revision=revision, streaming=True)
        for split in splits.values():
            yield from split
    # what the library, its HTTP client and Arrow raise; ValueError has Arrow's and those of names
    except (OSError, ValueError, TypeError, datasets.exceptions.DatasetsError) as exc:
        where = f"{name}@{revision}" if revision else name
        said = " ".join(str(exc).split())[:300]
        raise BadInputError(f"dataset {where} can't be read from the hub: {said}") from exc
