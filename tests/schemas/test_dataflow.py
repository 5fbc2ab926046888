"""How things flow along a chain."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actions import Argument, Capability, Need, Origin, Tool, Transform, Yield
from schemas.base import JsonValue
from schemas.catalogue import load_catalogue
from schemas.dataflow import (
    BrokenFlowError,
    Input,
    capabilities_of,
    fill_arguments,
    pick,
    stated_needs,
    wire,
    yielded,
)

CAPABILITIES = st.lists(
    st.sampled_from(sorted(load_catalogue().capabilities)), min_size=1, max_size=5
)


def capability(*needs: Need, yields: tuple[Yield, ...] = ()) -> Capability:
    return Capability(id="Group.act", description="Acts.", needs=needs, yields=yields)


def need(origin: Origin, *, optional: bool = False) -> Need:
    return Need(name="it", kind="thing", origin=origin, optional=optional)


def tool(**values: Any) -> Tool:  # noqa: ANN401 - fields of the model
    plain = {
        "name": "act",
        "capability": "Group.act",
        "provider": "none",
        "description": "Acts on a thing, for these tests.",
        "parameters": {},
        "arguments": {},
        "results": {},
    }
    return Tool.model_validate({**plain, **values})


MAKER = capability(yields=(Yield(name="first", kind="thing"), Yield(name="second", kind="thing")))
OTHER = capability(yields=(Yield(name="else", kind="other"),))


def test_the_latest_yield_of_a_kind_wins() -> None:
    """The nearest step before gives the thing; what comes after it is not looked at."""
    user = capability(need("step"))
    wired = wire([MAKER, MAKER, OTHER, user, MAKER])
    assert wired[3] == {"it": Input(step=1, yields="first")}
    assert wired[0] == wired[1] == wired[2] == wired[4] == {}


@pytest.mark.parametrize("chain", [[], [OTHER], [OTHER, OTHER]])
def test_a_need_that_nothing_can_fill_breaks_the_flow(chain: list[Capability]) -> None:
    """A need of an earlier step's thing without such a step is refused, and named."""
    with pytest.raises(BrokenFlowError, match=rf"step {len(chain) + 1} .* needs a thing first"):
        wire([*chain, capability(need("step")), MAKER])


@pytest.mark.parametrize(
    ("wanted", "before", "filled", "stated"),
    [
        (need("request"), MAKER, False, True),
        (need("either"), MAKER, True, False),
        (need("either"), OTHER, False, True),
        (need("step"), MAKER, True, False),
        (need("either", optional=True), MAKER, True, False),
        (need("step", optional=True), OTHER, False, False),
    ],
)
def test_a_need_is_filled_stated_or_left_out(
    wanted: Need, before: Capability, filled: bool, stated: bool
) -> None:
    """By its origin, and by whether an earlier step yields its kind."""
    user = capability(wanted)
    inputs = wire([before, user])[1]
    assert ("it" in inputs) == filled
    assert (wanted in stated_needs(user, inputs)) == stated


@given(CAPABILITIES)
def test_every_wire_leads_from_the_nearest_step_that_yields_the_kind(names: list[str]) -> None:
    """In any chain of the catalogue: from before, of the kind needed, and none nearer."""
    chain = capabilities_of(load_catalogue(), names)
    try:
        wired = wire(chain)
    except BrokenFlowError:
        return
    for index, inputs in enumerate(wired):
        kinds = {each.name: each.kind for each in chain[index].needs}
        for name, source in inputs.items():
            made = {each.name: each.kind for each in chain[source.step].yields}
            assert source.step < index
            assert made[source.yields] == kinds[name]
            between = chain[source.step + 1 : index]
            assert not any(y.kind == kinds[name] for step in between for y in step.yields)
        known = {each.name for each in stated_needs(chain[index], inputs)} | set(inputs)
        assert all(each.optional or each.name in known for each in chain[index].needs)


@given(CAPABILITIES, CAPABILITIES)
def test_what_follows_changes_no_earlier_step(names: list[str], more: list[str]) -> None:
    """A step is wired from what comes before it alone."""
    catalogue = load_catalogue()
    try:
        longer = wire(capabilities_of(catalogue, [*names, *more]))
    except BrokenFlowError:
        return
    assert wire(capabilities_of(catalogue, names)) == longer[: len(names)]


@pytest.mark.parametrize(
    ("transform", "value", "expected"),
    [
        ("plain", 4.5, 4.5),
        ("plain", None, None),
        ("list", "a", ["a"]),
        ("cents", 40.55, 4055),
        ("cents", 0.29, 29),
        ("cents", 7, 700),
        ("integer", "12", 12),
        ("integer", 12.0, 12),
        ("string", 4.5, "4.5"),
        ("upper", "eur", "EUR"),
    ],
)
def test_a_value_is_turned_into_what_the_tool_takes(
    transform: Transform, value: JsonValue, expected: JsonValue
) -> None:
    """Cents are exact, whatever the binary form of the amount."""
    argument = Argument.model_validate({"needs": ("it",), "as": transform})
    filled = fill_arguments(tool(arguments={"x": argument}), {"it": value})
    assert filled == {"x": expected}
    assert type(filled["x"]) is type(expected)


@given(st.integers(0, 10_000_000))
def test_cents_of_every_amount_are_exact(cents: int) -> None:
    """An amount with two decimals loses no cent."""
    argument = Argument.model_validate({"needs": ("it",), "as": "cents"})
    assert fill_arguments(tool(arguments={"x": argument}), {"it": cents / 100}) == {"x": cents}


def test_several_needs_are_joined_and_absent_ones_left_out() -> None:
    """A parameter is left out only if none of its needs is there; constants always stand."""
    arguments = {
        "both": Argument(needs=("a", "b")),
        "gone": Argument(needs=("c",)),
        "always": Argument(constant=True),
    }
    act = tool(arguments=arguments)
    assert fill_arguments(act, {"a": "x", "b": 2}) == {"both": "x 2", "always": True}
    assert fill_arguments(act, {"b": 2}) == {"both": 2, "always": True}
    assert fill_arguments(act, {}) == {"always": True}


def test_yields_are_read_out_of_a_result() -> None:
    """Dotted paths go through objects and lists."""
    found: JsonValue = {"orders": [{"id": "o1"}, {"id": "o2"}], "total": 0}
    reader = tool(results={"order": "orders.1.id", "total": "total"})
    assert yielded(reader, found) == {"order": "o2", "total": 0}


@pytest.mark.parametrize("path", ["orders.2", "orders.-1", "orders.x", "none", "total.x"])
def test_a_path_to_nothing_is_a_key_error(path: str) -> None:
    """What isn't there is never a silent None."""
    with pytest.raises(KeyError, match=path):
        pick({"orders": [1, 2], "total": 3}, path)
