"""The two ways a record is declared."""

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["Declared", "JsonObject", "JsonValue"]

JsonObject = dict[str, JsonValue]


class Declared(BaseModel):
    """A frozen record that refuses keys it does not know."""

    # what is refused may be harmful text: an error names the field, never the input
    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), hide_input_in_errors=True
    )
