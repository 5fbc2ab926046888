"""What an agent can do: kinds of things, capabilities that need and yield them, tools."""

from typing import Literal

from pydantic import AliasChoices, Field

from schemas.base import Declared, JsonObject, JsonValue

Origin = Literal["request", "step", "either"]
Transform = Literal["plain", "list", "cents", "string", "upper", "integer"]


class Kind(Declared):
    """A typed thing that flows between steps: an address, a page, a payment."""

    name: str
    description: str
    free_text: bool = False  # wording is the writer's own; otherwise stated to the letter


class Need(Declared):
    """A thing a capability takes. `origin` says where it may come from.

    `request`: the request states it. `step`: an earlier step must have yielded its kind.
    `either`: an earlier step's if there is one, else the request states it.
    An optional need is filled only where an earlier step yields its kind.
    """

    name: str
    kind: str
    origin: Origin = "request"
    optional: bool = False


class Yield(Declared):
    """A thing a capability makes for later steps."""

    name: str
    kind: str


class Capability(Declared):
    """An abstract thing to do, `Group.name`, that one or more tools implement."""

    id: str = Field(pattern=r"^[A-Za-z]+\.[a-z][a-z0-9_]*$")
    description: str
    needs: tuple[Need, ...]
    yields: tuple[Yield, ...]

    @property
    def group(self) -> str:
        """The API group, the part before the dot."""
        return self.id.partition(".")[0]


class Argument(Declared):
    """How a parameter is filled: from needs (several are joined by a space) or a constant."""

    needs: tuple[str, ...] = ()
    transform: Transform = Field(default="plain", validation_alias=AliasChoices("as", "transform"))
    constant: JsonValue = None


class Tool(Declared):
    """A function schema that implements a capability in the simulated world.

    `arguments` maps each parameter a plan fills; `results` maps each of the capability's
    yields to a dotted path into the tool's result (`orders.0.order_id`). `call` is the function
    of a user's own code that runs it; `reads` says of a tool without any that it changes nothing.
    """

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    capability: str
    provider: str
    description: str = Field(min_length=20)
    parameters: JsonObject
    arguments: dict[str, Argument]
    results: dict[str, str]
    call: str = ""
    reads: bool = False

    def function(self) -> JsonObject:
        """Return the tool as an OpenAI `tools` entry."""
        schema: JsonObject = {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }
        return {"type": "function", "function": schema}


class Catalogue(Declared):
    """All kinds, capabilities and tools, by name."""

    kinds: dict[str, Kind]
    capabilities: dict[str, Capability]
    tools: dict[str, Tool]

    def tools_for(self, capability: str) -> tuple[Tool, ...]:
        """Return the tools that implement `capability`, in the catalogue's order."""
        return tuple(tool for tool in self.tools.values() if tool.capability == capability)
