"""Renders pages, and those that need no row: the taxonomy, prompts, models, calls, errors."""

from collections import defaultdict
from urllib.parse import quote

from fastapi.responses import HTMLResponse

from agentalign.impact import Target, find_impact
from agentalign.inspecting.desk import Desk
from agentalign.inspecting.entries import Asked, Entries
from agentalign.origins import Prompt, read_prompts, revisions_of
from agentalign.pages.environment import make_environment
from agentalign.pages.picture import Node
from schemas.errors import BadInputError
from schemas.rows import Policy
from tasks.formats.quoting import literal
from tasks.formats.versions import CALLS, Version

_OF_ROWS = frozenset({"row", "execution", "calls"})


class Pages:
    """Pages of one version."""

    def __init__(self, version: Version, desk: Desk, entries: Entries) -> None:
        self._version = version
        self._environment = make_environment("agentalign.inspecting")
        self._environment.globals |= {
            "version": version,
            "desk": desk,
            "counts": {"rows": entries.count("rows"), "dropped": entries.count("dropped")},
            "has_dropped": entries.has_dropped,
            "address": address_of,
            "Asked": Asked,
        }

    def render(self, template: str, status: int = 200, **shown: object) -> HTMLResponse:
        """Return a page."""
        return HTMLResponse(self._environment.get_template(template).render(**shown), status)

    def text(self, template: str) -> str:
        """Return a file that is served beside the pages."""
        return self._environment.get_template(template).render()

    def error(self, message: str, status: int) -> HTMLResponse:
        """Return the page of an error."""
        return self.render("error.html", status, message=message)

    def taxonomy(self) -> HTMLResponse:
        """Return the page of all categories and subcategories."""
        categories = defaultdict(list)
        for policy in self._version.rows(Policy):
            categories[policy.category].append(policy)
        counts = self._version.manifest.by_subcategory
        return self.render("taxonomy.html", categories=dict(sorted(categories.items())),
                           rows=counts)  # fmt: skip

    def prompt(self, name: str) -> HTMLResponse:
        """Return the page of a prompt: its text, if it is recorded, and what it made."""
        known = read_prompts(self._version, [name])
        made = find_impact(self._version, Target("prompt", name))
        if name not in known and not any(made.counts.values()):
            raise BadInputError(f"no prompt {name!r} made anything in this version")
        prompt = known.get(name, Prompt(name, name))
        return self.render("prompt.html", prompt=prompt, made=made)

    def model(self, name: str) -> HTMLResponse:
        """Return the page of a model: what was asked of it, and what it made."""
        query = f"""SELECT role, model, count(*) AS calls, sum(prompt_tokens)::BIGINT AS prompt,
            sum(completion_tokens)::BIGINT AS completion FROM {CALLS}
            WHERE endpoint = {literal(name)} GROUP BY ALL ORDER BY ALL"""
        asked = self._version.query([CALLS], query)
        if not asked:
            raise BadInputError(f"no model {name!r} was asked in this version")
        revision = revisions_of(self._version).get(name, "")
        made = find_impact(self._version, Target("model", name))
        return self.render("model.html", name=name, revision=revision, asked=asked, made=made)

    def call(self, key: str) -> HTMLResponse:
        """Return the page of a call: what it took, and what was made of it. No text is kept."""
        found = self._version.calls([key])
        if not found:
            raise BadInputError(f"no call {key[:12]} is behind a row of this version")
        made = find_impact(self._version, Target("call", key))
        return self.render("call.html", call=found[0], made=made)


def address_of(node: Node) -> str:
    """Return the address of what a node of a picture stands for."""
    name = quote(node.name, safe="")
    if node.kind in _OF_ROWS:
        return f"/rows/{name}" + ("" if node.kind == "row" else f"#{node.kind}")
    return f"/taxonomy#{name}" if node.kind == "category" else f"/{node.kind}s/{name}"
