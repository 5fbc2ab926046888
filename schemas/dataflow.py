"""How things flow along a chain: which step's yield feeds which step's need."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from schemas.actions import Argument, Capability, Catalogue, Need, Tool
from schemas.base import Declared, JsonObject, JsonValue

MAX_STEPS = 5


class Input(Declared):
    """The earlier step (0-based) and the name of its yield that fills a need."""

    step: int
    yields: str


class BrokenFlowError(ValueError):
    """A step needs a thing that neither the request nor an earlier step can give."""


def wire(
    capabilities: Sequence[Capability], simulated: Collection[int] = ()
) -> tuple[dict[str, Input], ...]:
    """Return for each step the needs that earlier steps fill; the latest yield of a kind wins.

    Needs not listed are stated by the request, or, if optional, left out. What the `simulated`
    steps (0-based) yield exists nowhere but in their results: only simulated steps can use it.

    Raises:
        BrokenFlowError: a need of origin `step` has no earlier step that yields its kind.
    """
    return tuple(_inputs(capabilities, index, simulated) for index in range(len(capabilities)))


def _inputs(
    capabilities: Sequence[Capability], index: int, simulated: Collection[int]
) -> dict[str, Input]:
    found: dict[str, Input] = {}
    usable = [step for step in range(index) if step not in simulated or index in simulated]
    for need in capabilities[index].needs:
        if need.origin == "request":
            continue
        source = _latest(capabilities, usable, need.kind)
        if source is not None:
            found[need.name] = source
        elif need.origin == "step" and not need.optional:
            msg = f"step {index + 1} ({capabilities[index].id}) needs a {need.kind} first"
            raise BrokenFlowError(msg)
    return found


def _latest(capabilities: Sequence[Capability], usable: Sequence[int], kind: str) -> Input | None:
    for step in reversed(usable):
        for made in capabilities[step].yields:
            if made.kind == kind:
                return Input(step=step, yields=made.name)
    return None


def stated_needs(capability: Capability, inputs: Mapping[str, Input]) -> tuple[Need, ...]:
    """Return the needs of a step that the request has to state, in order."""
    return tuple(n for n in capability.needs if n.name not in inputs and not n.optional)


def fill_arguments(tool: Tool, values: Mapping[str, JsonValue]) -> JsonObject:
    """Return the tool's arguments for the values of its capability's needs.

    Parameters whose needs are all absent (optional ones no step fills) are left out.
    """
    filled: JsonObject = {}
    for parameter, argument in tool.arguments.items():
        present = [values[need] for need in argument.needs if need in values]
        if present:
            filled[parameter] = _transformed(argument, present)
        elif not argument.needs:
            filled[parameter] = argument.constant
    return filled


def _transformed(argument: Argument, present: Sequence[JsonValue]) -> JsonValue:
    value = present[0] if len(present) == 1 else " ".join(str(part) for part in present)
    match argument.transform:
        case "list":
            return [value]
        case "cents":
            return int(Decimal(str(value)) * 100)
        case "integer":
            return int(Decimal(str(value)))
        case "string":
            return str(value)
        case "upper":
            return str(value).upper()
        case "plain":
            return value


def pick(result: JsonValue, path: str) -> JsonValue:
    """Return what lies at a dotted path (`orders.0.id`). Raises: KeyError if nothing does."""
    found = result
    for part in path.split("."):
        if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            raise KeyError(path)
    return found


def yielded(tool: Tool, result: JsonValue) -> JsonObject:
    """Return the tool's yields by name, read out of one of its results. Raises: KeyError."""
    return {name: pick(result, path) for name, path in tool.results.items()}


def capabilities_of(catalogue: Catalogue, ids: Sequence[str]) -> tuple[Capability, ...]:
    """Return the capabilities for a chain's ids. Raises: KeyError for an unknown one."""
    return tuple(catalogue.capabilities[name] for name in ids)
