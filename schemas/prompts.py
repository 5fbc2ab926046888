"""Prompts are Markdown files with declared variables; their hash is in every key they made."""

from functools import cache
from importlib import resources

import yaml
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.base import Declared
from schemas.errors import DataFileError
from schemas.ids import digest

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
)


class Prompt(Declared):
    """A Markdown file: YAML front matter (`variables: […]`) and two parts.

    The part before a line `---user---` is the system message, the rest the user message.
    What never changes stands first, for prefix caches.
    """

    name: str
    variables: tuple[str, ...]
    system: str
    user: str

    @property
    def ref(self) -> str:
        """The name and the hash of the text: `name@1a2b3c4d5e6f`."""
        return f"{self.name}@{digest(self.system, self.user)[:12]}"

    def render(self, **values: object) -> tuple[dict[str, str], ...]:
        """Return the two chat messages. Raises: DataFileError if the variables don't match."""
        if set(values) != set(self.variables):
            msg = f"prompt {self.name} takes {sorted(self.variables)}, got {sorted(values)}"
            raise DataFileError(msg)
        parts = (("system", self.system), ("user", self.user))
        return tuple({"role": r, "content": _template(t).render(**values)} for r, t in parts if t)


@cache
def _template(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)


def list_prompts() -> tuple[str, ...]:
    """Return the names of all prompts, sorted."""
    folder = resources.files("schemas") / "data" / "prompts"
    return tuple(sorted(each.name.removesuffix(".md") for each in folder.iterdir()))


@cache
def load_prompt(name: str) -> Prompt:
    """Return a prompt of `schemas/data/prompts`. Raises: DataFileError."""
    path = resources.files("schemas") / "data" / "prompts" / f"{name}.md"
    try:
        _, header, body = path.read_text("utf-8").split("---\n", 2)
        system, _, user = body.partition("---user---\n")
        declared = yaml.safe_load(header)
        return Prompt(name=name, variables=declared["variables"], system=system.strip(),
                      user=user.strip())  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as exc:
        msg = f"prompt {name}: {exc}; see docs/prompts.md for the form of the file"
        raise DataFileError(msg) from exc
