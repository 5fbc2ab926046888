"""Foreign parameter schemas, brought into form or refused."""

from typing import Any

import fastjsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.own_tools.normalising import UnusableSchemaError, legal_name, normalise_parameters

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
WORDS = ("type", "properties", "items", "required", "anyOf", "enum", "$ref", "default", "pattern")
SCHEMAS = st.recursive(
    st.sampled_from(["object", "dict", "string", "float", "[", 3, None, ["string", "null"]]),
    lambda inner: st.dictionaries(st.sampled_from(WORDS), inner | st.lists(inner, max_size=3)),
    max_leaves=12,
)


def of(**properties: object) -> dict[str, Any]:
    """Return an object schema with these properties."""
    return {"type": "object", "properties": properties}


def reason(schema: object) -> str:
    """Return why a schema is refused."""
    with pytest.raises(UnusableSchemaError) as caught:
        normalise_parameters(schema)
    return str(caught.value)


@pytest.mark.parametrize("nothing", [None, {}, {"type": "object"}, {"type": "dict"}])
def test_a_tool_without_parameters_takes_none(nothing: object) -> None:
    """The schema allows the empty object and nothing else."""
    check = fastjsonschema.compile(normalise_parameters(nothing).schema)
    check({})
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        check({"extra": 1})


def test_spellings_become_types_and_are_said() -> None:
    """`dict`, `float` and their like are other words for what JSON Schema has."""
    found = normalise_parameters({"type": "dict", "properties": {"a": {"type": "float"}}})
    assert found.schema["properties"] == {"a": {"type": "number"}}
    assert found.notes == ["type dict became object", "a: type float became number"]


def test_a_parameter_may_be_called_like_a_keyword() -> None:
    """A property named `type` or `properties` is a property."""
    found = normalise_parameters(of(type={"type": "string"}, properties={"type": "integer"}))
    fastjsonschema.compile(found.schema)({"type": "a", "properties": 3})
    assert found.notes == []


def test_references_are_replaced_by_what_they_refer_to() -> None:
    """Also one within another; what stands beside a reference counts as well."""
    schema = of(one={"$ref": "#/$defs/level", "description": "How far."}) | {
        "$defs": {
            "level": {"$ref": "#/$defs/word", "enum": ["r", "rw"]},
            "word": {"type": "string"},
        }
    }
    found = normalise_parameters(schema).schema
    assert found["properties"] == {
        "one": {"type": "string", "enum": ["r", "rw"], "description": "How far."}
    }
    assert "$defs" not in found


def test_strictness_is_added_and_contradictions_go() -> None:
    """Extra keys are forbidden; a required name without a parameter and a false default go."""
    schema = of(a={"type": "integer", "default": None}, b={"properties": {"c": {}}})
    found = normalise_parameters(schema | {"required": ["a", "z"], "strict": True})
    assert found.schema["additionalProperties"] is False
    assert found.schema["required"] == ["a"]
    assert found.notes == [
        "strict was dropped",
        "required 'z' is no parameter and was dropped",
        "a: a default that its own schema forbids was dropped",
    ]
    inner: Any = found.schema["properties"]
    assert inner["b"] == {
        "type": "object", "properties": {"c": {}}, "additionalProperties": False,
    }  # fmt: skip


def test_unions_stay() -> None:
    """A parameter may be a text or nothing."""
    union = {"anyOf": [{"type": "str"}, {"type": "null"}], "default": None}
    check = fastjsonschema.compile(normalise_parameters(of(a=union)).schema)
    for fine in ({"a": "x"}, {"a": None}, {}):
        check(fine)
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        check({"a": 3})


def test_what_can_not_be_mended_is_refused_with_the_reason() -> None:
    """Every reason names the place."""
    loop = {"$ref": "#/$defs/node"}
    recursive = of(a=loop) | {"$defs": {"node": of(next=loop)}}
    fan = {f"d{n}": of(a={"$ref": f"#/$defs/d{n + 1}"}, b={"$ref": f"#/$defs/d{n + 1}"})
           for n in range(16)}  # fmt: skip
    assert reason([]) == "the parameters are no schema"
    assert reason({"type": "string"}) == "the parameters are string, not an object"
    assert reason(of(a={"type": "wool"})) == "a has the unknown type 'wool'"
    assert reason(of(a=3)) == "a is int, not a schema"
    assert reason(of(a={"$ref": "#/$defs/none"})) == "a refers to #/$defs/none, which is not there"
    assert "refers to itself" in reason(recursive)
    assert "parts" in reason(of(a={"$ref": "#/$defs/d0"}) | {"$defs": {**fan, "d16": {}}})
    assert "a is no JSON Schema" in reason(of(a={"type": "string", "minLength": "2"})).replace(
        "properties.a.minLength", "a"
    )
    assert "'((' is not a 'regex'" in reason(of(a={"type": "string", "pattern": "(("}))
    remote = {"enum": [{"$ref": "http://host.example/schema.json"}]}
    assert reason(of(a=remote)) == "a value in it holds a reference"


@given(SCHEMAS | JSON)
@settings(max_examples=300, deadline=None)
def test_any_schema_is_made_usable_or_refused(raw: object) -> None:
    """What comes back compiles, is strict, and says the same when it is normalised again."""
    try:
        found = normalise_parameters(raw)
    except UnusableSchemaError:
        return
    fastjsonschema.compile(found.schema)
    assert found.schema["additionalProperties"] is False
    again = normalise_parameters(found.schema)
    assert (again.schema, again.notes) == (found.schema, [])


@given(st.text(max_size=90))
def test_a_legal_name_is_legal_or_empty(given_name: str) -> None:
    """Letters, digits, `_` and `-`, at most 64; what is legal already stays."""
    name = legal_name(given_name)
    assert len(name) <= 64
    assert all(c.isascii() and (c.isalnum() or c in "_-") for c in name)
    assert legal_name(name) == name
