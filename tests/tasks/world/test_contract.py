import random
from typing import Any

import fastjsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import JsonObject
from schemas.catalogue import load_catalogue
from schemas.messages import ToolCall
from tasks.world import World, builtin_toolbox, draw_goal, run_plan
from tasks.world.contract import Refused
from tasks.world.groups import BEHAVIOURS, DRAWS, EFFECTS

CONTRACT = builtin_toolbox().contract
TOOLS = sorted(load_catalogue().tools)
NAMES = st.sampled_from(TOOLS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def _refusal(name: str, arguments: JsonObject) -> Refused:
    with pytest.raises(Refused) as caught:
        CONTRACT.validated(name, arguments)
    return caught.value


def test_every_tool_has_a_behaviour_and_every_behaviour_a_tool() -> None:
    """The catalogue and the world name the same tools."""
    assert set(BEHAVIOURS) == set(TOOLS)


def test_every_capability_has_tools_a_draw_and_an_effect() -> None:
    """Nothing can be asked for that can't be drawn, done and checked."""
    catalogue = load_catalogue()
    assert set(DRAWS) == set(EFFECTS) == set(catalogue.capabilities)
    assert all(catalogue.tools_for(name) for name in catalogue.capabilities)
    assert len(catalogue.capabilities) == 43
    assert len(catalogue.tools) >= 110


def test_every_capability_has_tools_of_different_providers() -> None:
    """At least two, and no two of them take the same parameters in the same way."""
    catalogue = load_catalogue()
    for name in catalogue.capabilities:
        tools = catalogue.tools_for(name)
        assert len({tool.provider for tool in tools}) >= 2, name
        assert len({orjson.dumps(tool.parameters["properties"]) for tool in tools}) == len(tools)


@pytest.mark.parametrize("name", TOOLS)
def test_schemas_are_strict_and_documented(name: str) -> None:
    """No extra keys, a description for each parameter, examples that the schema allows."""
    schema: dict[str, Any] = dict(load_catalogue().tools[name].parameters)
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) <= set(schema["properties"])
    for parameter in schema["properties"].values():
        assert parameter["description"]
        check = fastjsonschema.compile(parameter)
        for example in (*parameter.get("examples", ()), *_default(parameter)):
            check(example)


def _default(parameter: dict[str, Any]) -> tuple[object, ...]:
    return (parameter["default"],) if "default" in parameter else ()


@pytest.mark.parametrize("name", TOOLS)
def test_mappings_name_what_there_is(name: str) -> None:
    """Arguments fill declared parameters from declared needs; results cover every yield."""
    tool = load_catalogue().tools[name]
    capability = load_catalogue().capabilities[tool.capability]
    properties: Any = tool.parameters["properties"]
    required: Any = tool.parameters["required"]
    needs = {need for argument in tool.arguments.values() for need in argument.needs}
    assert set(required) <= set(tool.arguments) <= set(properties)
    assert needs == {need.name for need in capability.needs}
    assert set(tool.results) == {made.name for made in capability.yields}


def test_a_valid_call_comes_back_as_a_copy_with_defaults() -> None:
    """Defaults are filled in; the caller's own object stays as it was."""
    asked: JsonObject = {"query": "ferry plan"}
    assert CONTRACT.validated("lumenfind_web_search", asked) == {"query": "ferry plan", "limit": 3}
    assert asked == {"query": "ferry plan"}
    assert CONTRACT.terms("lumenfind_web_search").defaults == {"limit": 3}


def test_a_whole_float_counts_as_an_integer() -> None:
    """JSON has one number type: 2.0 results are 2 results."""
    limit = CONTRACT.validated("lumenfind_web_search", {"query": "plan", "limit": 2.0})["limit"]
    assert (limit, type(limit)) == (2, int)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "missing parameters: query"),
        ({"query": "a", "zeta": 1, "alpha": 2}, "unknown parameters: alpha, zeta"),
        ({"query": 7}, "query breaks type: string"),
        ({"query": "a", "limit": 99}, "limit breaks maximum: 8"),
        ({"query": "a", "limit": True}, "limit breaks type: integer"),
        ({"query": None}, "query breaks type: string"),
        ({"query": "a", "limit": float("nan")}, "limit breaks type: integer"),
        ({"query": 2**70}, "the arguments are not plain JSON values"),
    ],
)
def test_invalid_arguments_are_explained(arguments: JsonObject, says: str) -> None:
    """The message names the parameter and what is wrong with it."""
    refused = _refusal("lumenfind_web_search", arguments)
    assert (refused.code, refused.message) == ("invalid_arguments", says)


def test_enum_and_pattern_are_explained() -> None:
    """A wrong choice lists the choices, a malformed value shows the form."""
    email: JsonObject = {"to": "nobody", "subject": "a", "body": "b"}
    assert "to does not look like one" in _refusal("postbird_send_email", email).message
    email |= {"to": "mira@example.com", "priority": "urgent"}
    assert "one of: low, normal, high" in _refusal("postbird_send_email", email).message


def test_an_unknown_tool_is_an_error_with_a_hint() -> None:
    """A misspelt name is answered with names that begin alike."""
    refused = _refusal("lumenfind_search", {})
    assert (refused.code, refused.hint) == ("unknown_tool", "did you mean lumenfind_web_search")


def test_a_refusal_has_one_shape() -> None:
    """An error observation is an object with code and message, and a hint if there is one."""
    done = World(1).call(ToolCall(id="a", name="nope", arguments={}))
    assert done.result == {"error": {"code": "unknown_tool", "message": "there is no tool 'nope'"}}


@given(name=NAMES, arguments=st.dictionaries(st.text(max_size=10), JSON, max_size=4))
@settings(max_examples=100, deadline=None)
def test_arbitrary_arguments_never_raise(name: str, arguments: dict[str, Any]) -> None:
    """Whatever the arguments are, a call returns, and a refused one changes nothing."""
    _hold_still(name, arguments)


@given(data=st.data(), name=NAMES)
@settings(max_examples=200, deadline=None)
def test_arbitrary_values_of_declared_parameters_never_raise(
    data: st.DataObject, name: str
) -> None:
    """Values that fit a parameter's type but stand for nothing are refused, not raised."""
    properties: Any = load_catalogue().tools[name].parameters["properties"]
    fields = {key: _fitting(schema) for key, schema in properties.items()}
    _hold_still(name, data.draw(st.fixed_dictionaries({}, optional=fields)))


def _fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    low, high = schema.get("minimum", 0), schema.get("maximum", 10**9)
    match schema.get("type"):
        case "integer":
            return st.integers(int(low), int(high))
        case "number":
            return st.floats(float(low), float(high))
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(_fitting(schema["items"]), max_size=3)
        case _:
            return st.text(max_size=12) | st.sampled_from(schema.get("examples", ["plan"]))


def _hold_still(name: str, arguments: dict[str, Any]) -> None:
    world = World(7)
    before = world.digest()
    done = world.call(ToolCall.model_construct(id="c", name=name, arguments=arguments))
    assert done.ok or (world.digest() == before and not done.changes)


def _working_call(name: str) -> ToolCall:
    """Return a call of the tool that works in world 3, after the step it may need."""
    finders = {"merchant": "LocalServices.search_merchant", "product": "Ecommerce.search_products",
               "post": "Social.search_content"}  # fmt: skip
    catalogue = load_catalogue()
    capability = catalogue.capabilities[catalogue.tools[name].capability]
    before = [finders[n.kind] for n in capability.needs if n.origin == "step" and not n.optional]
    tools = [*(catalogue.tools_for(finder)[0].name for finder in before), name]
    steps = draw_goal((*before, capability.id), tools, 3, random.Random(3))
    return run_plan(steps, 3, binding="b", slot="s").steps[-1].call


@pytest.mark.parametrize("name", TOOLS)
def test_one_wrong_value_in_a_working_call_never_raises(name: str) -> None:
    """A working call with one parameter missing or altered is answered as well."""
    call = _working_call(name)
    for parameter in call.arguments:
        _hold_still(name, {k: v for k, v in call.arguments.items() if k != parameter})
        _hold_still(name, call.arguments | {parameter: "zzz"})
        _hold_still(name, call.arguments | {parameter: 999_999})
