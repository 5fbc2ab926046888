"""A user's own tools, as a build takes them: normalised, mapped to capabilities, self-contained."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from schemas.actions import Capability, Catalogue, Kind, Tool
from schemas.base import Declared
from schemas.catalogue import load_catalogue
from schemas.ids import digest


class OwnTools(Declared):
    """Tools with what they need beside the built-in catalogue.

    `code` is the text of a Python module; `call` of a tool, `draws`, `effects` and `seed` name
    functions of it. A tool without `call` is simulated by a model. `changed` and `rejected` say
    by tool what reading the file mended and refused; they are no part of what the tools are.
    """

    kinds: tuple[Kind, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    tools: tuple[Tool, ...] = Field(min_length=1)
    code: str = ""
    seed: str = ""
    draws: dict[str, str] = Field(default_factory=dict, description="Function by capability")
    effects: dict[str, str] = Field(default_factory=dict, description="Function by capability")
    beside_builtin: bool = Field(default=False, description="Whether the built-in tools stay")
    changed: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rejected: dict[str, str] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What the tools are, as a digest."""
        return digest(self.model_dump(mode="json", exclude={"changed", "rejected"}))

    @property
    def simulated(self) -> frozenset[str]:
        """Names of the tools that a model has to answer for."""
        return frozenset(tool.name for tool in self.tools if not tool.call)

    @property
    def functions(self) -> frozenset[str]:
        """Names of the functions that the code has to have."""
        named = {*(tool.call for tool in self.tools), *self.draws.values(), *self.effects.values()}
        return frozenset(named | {self.seed}) - {""}

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        wrong = next(_contradictions(self), None)
        if wrong:
            raise ValueError(wrong)
        return self

    def catalogue(self) -> Catalogue:
        """Return the catalogue of a build with these tools.

        Without the built-in tools it holds only the capabilities that some tool implements.
        """
        builtin = load_catalogue()
        capabilities = builtin.capabilities | {each.id: each for each in self.capabilities}
        tools = {tool.name: tool for tool in self.tools}
        if self.beside_builtin:
            tools = builtin.tools | tools
        used = {tool.capability for tool in tools.values()}
        return Catalogue(
            kinds=builtin.kinds | {kind.name: kind for kind in self.kinds},
            capabilities={name: each for name, each in capabilities.items() if name in used},
            tools=tools,
        )


def _contradictions(own: OwnTools) -> Iterator[str]:
    """Yield what is wrong between the parts, a sentence each."""
    for check in (_clashes, _unknown_kinds, _unknown_capabilities, _missing_functions):
        yield from check(own)


def _clashes(own: OwnTools) -> Iterator[str]:
    builtin = load_catalogue()
    for clash in sorted({each.id for each in own.capabilities} & builtin.capabilities.keys()):
        yield f"{clash} is a built-in capability; use it, or declare another name"
    names = [tool.name for tool in own.tools]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two tools are called {name}"
    for name in sorted(set(names) & builtin.tools.keys() if own.beside_builtin else ()):
        yield f"{name} is the name of a built-in tool"


def _unknown_kinds(own: OwnTools) -> Iterator[str]:
    kinds = load_catalogue().kinds.keys() | {kind.name for kind in own.kinds}
    for each in own.capabilities:
        parts = [(part.name, part.kind) for part in each.needs]
        parts += [(part.name, part.kind) for part in each.yields]
        for name, kind in parts:
            if kind not in kinds:
                yield f"{each.id}: {name} is of the kind {kind}, which nobody declares"


def _unknown_capabilities(own: OwnTools) -> Iterator[str]:
    known = load_catalogue().capabilities | {each.id: each for each in own.capabilities}
    for tool in own.tools:
        if tool.capability in known:
            yield from mismatches(tool, known[tool.capability])
        else:
            yield f"{tool.name} implements {tool.capability}, which nobody declares"
    for name in sorted((own.draws.keys() | own.effects.keys()) - known.keys()):
        yield f"{name} has a draw or an effect, but nobody declares it"


def _missing_functions(own: OwnTools) -> Iterator[str]:
    if own.functions and not own.code:
        yield f"{', '.join(sorted(own.functions))}: no code is given that has these functions"


def mismatches(tool: Tool, capability: Capability) -> Iterator[str]:
    """Yield why a plan for the capability could not call the tool, a sentence each."""
    yield from _unfilled(tool)
    needs = {need for argument in tool.arguments.values() for need in argument.needs}
    for name in sorted(needs - {need.name for need in capability.needs}):
        yield f"{tool.name}: {capability.id} has no need {name}"
    for need in capability.needs:
        if need.name not in needs and not need.optional:
            yield f"{tool.name}: no argument takes the need {need.name} of {capability.id}"
    for made in capability.yields:
        if made.name not in tool.results:
            yield f"{tool.name}: results don't say where {made.name} of {capability.id} lies"


def _unfilled(tool: Tool) -> Iterator[str]:
    properties, required = tool.parameters.get("properties"), tool.parameters.get("required")
    known = properties if isinstance(properties, dict) else {}
    for name in sorted(tool.arguments.keys() - known.keys()):
        yield f"{tool.name}: arguments fill {name}, which is no parameter"
    for parameter in required if isinstance(required, list) else ():
        if parameter not in tool.arguments:
            yield f"{tool.name}: nothing fills the required parameter {parameter}"
