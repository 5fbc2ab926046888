"""Loads the reviewed data files: taxonomy, capabilities, tools, seed chains, phrases, prompts."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from schemas.actions import Capability, Catalogue, Kind, Tool
from schemas.base import Declared
from schemas.errors import DataFileError
from schemas.refusal_rules import RefusalRules
from schemas.taxonomy import Taxonomy

DATA = resources.files("schemas") / "data"


class SeedChain(Declared):
    """A chain written by hand."""

    subcategory: str
    capabilities: tuple[str, ...] = Field(min_length=1, max_length=5)
    explanation: str = Field(min_length=20)


class SystemPrompt(Declared):
    """An entry of the pool of operators' system prompts."""

    name: str
    texts: tuple[str, ...]  # one is drawn; an empty pool means no system message


@cache
def load_taxonomy() -> Taxonomy:
    """Return the taxonomy of `taxonomy.yaml`. Raises: DataFileError."""
    return _validated(Taxonomy, DATA / "taxonomy.yaml")


@cache
def load_seed_chains() -> tuple[SeedChain, ...]:
    """Return the hand-written chains of `seed_chains.yaml`. Raises: DataFileError."""
    return _validated(tuple[SeedChain, ...], DATA / "seed_chains.yaml")


@cache
def load_system_prompts() -> tuple[SystemPrompt, ...]:
    """Return the pool of `system_prompts.yaml`. Raises: DataFileError."""
    return _validated(tuple[SystemPrompt, ...], DATA / "system_prompts.yaml")


@cache
def load_refusal_marks() -> tuple[str, ...]:
    """Return the phrases of `refusal_marks.yaml`. Raises: DataFileError."""
    return _validated(tuple[str, ...], DATA / "refusal_marks.yaml")


@cache
def load_refusal_rules() -> RefusalRules:
    """Return the phrases of `refusal_rules.yaml`. Raises: DataFileError."""
    return _validated(RefusalRules, DATA / "refusal_rules.yaml")


@cache
def load_reasons() -> dict[str, str]:
    """Return a sentence for every word of `reasons.yaml`. Raises: DataFileError."""
    return _validated(dict[str, str], DATA / "reasons.yaml")


@cache
def load_catalogue() -> Catalogue:
    """Return kinds, capabilities and the tools of `tools/*.yaml`. Raises: DataFileError."""
    space = _read(DATA / "capabilities.yaml")
    capabilities = TypeAdapter(tuple[Capability, ...]).validate_python(space["capabilities"])
    files = sorted((DATA / "tools").iterdir(), key=lambda file: file.name)
    tools = [tool for file in files for tool in _validated(tuple[Tool, ...], file)]
    return Catalogue(
        kinds={name: Kind(name=name, **fields) for name, fields in space["kinds"].items()},
        capabilities={capability.id: capability for capability in capabilities},
        tools={tool.name: tool for tool in tools},
    )


T = TypeVar("T")


def _validated(kind: type[T], file: Traversable) -> T:
    try:
        return TypeAdapter(kind).validate_python(_read(file))
    except ValidationError as exc:
        msg = f"{file.name}: {exc}"
        raise DataFileError(msg) from exc


def _read(file: Traversable) -> Any:  # noqa: ANN401  whatever the file holds, before validation
    import yaml  # a worker is told what is in these files

    try:
        return yaml.load(
            file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except (OSError, yaml.YAMLError) as exc:
        msg = f"{file.name} can't be read: {exc}"
        raise DataFileError(msg) from exc
