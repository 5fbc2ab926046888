"""The two ways a record is declared."""

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["Declared", "JsonObject", "JsonValue"]

JsonObject = dict[str, JsonValue]


class Declared(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
