"""The body of a chat request, as far as the embedded model reads it."""

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    """A part of a body; what it holds beyond the fields counts in the digest alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class NamedFunction(_Part):
    """A function, offered or called."""

    name: str


class OfferedTool(_Part):
    """An entry of `tools`."""

    function: NamedFunction


class MadeCall(_Part):
    """A call in an earlier turn."""

    id: str
    function: NamedFunction


class TextPart(_Part):
    """A piece of a turn's content."""

    text: str = ""


class Turn(_Part):
    """One turn of the conversation."""

    role: str
    content: str | tuple[TextPart, ...] | None = None
    tool_calls: tuple[MadeCall, ...] | None = None
    tool_call_id: str = ""

    @property
    def text(self) -> str:
        """The turn's text, whether it is a string or a list of parts."""
        if isinstance(self.content, tuple):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class NamedSchema(_Part):
    """The shape an answer is to have."""

    name: str


class ResponseFormat(_Part):
    """How an answer is to be formed."""

    json_schema: NamedSchema | None = None


class Body(_Part):
    """A chat request."""

    model: str
    messages: tuple[Turn, ...]
    tools: tuple[OfferedTool, ...] | None = None
    response_format: ResponseFormat | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream: bool | None = None
