"""Renders the page for an auditor: one HTML document that loads nothing and runs nothing."""

from agentalign.explaining.contents import Explanation
from agentalign.pages.environment import make_environment
from agentalign.pages.picture import Node
from tasks.report.page import MARK

# where the page tells of what a node of the picture stands for
_SECTIONS = {
    "execution": "execution", "prompt": "prompts", "model": "models", "calls": "calls",
    "category": "policy",
}  # fmt: skip
_OF_ROWS = {
    "verdict": "verdicts", "response": "verdicts", "instruction": "conversation",
    "policy": "policy", "chain": "policy", "binding": "execution", "plan": "execution",
    "import": "licences",
}  # fmt: skip


def render(explanation: Explanation) -> str:
    """Return the page."""
    environment = make_environment("agentalign.explaining")
    template = environment.get_template("explanation.html")
    return template.render(page=explanation, anchor=anchor_of, mark=MARK)


def anchor_of(node: Node) -> str:
    """Return the place on the page that tells of a node."""
    kind = node.name.partition("-")[0]
    return f"#{_SECTIONS.get(node.kind) or _OF_ROWS.get(kind, 'top')}"
