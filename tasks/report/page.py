"""Renders the page: templates, and how numbers are written."""

from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from tasks.report.charts import place
from tasks.report.checks import say
from tasks.report.contents import Contents
from tasks.report.words import load_words, word_for

MARK = '<meta name="generator" content="agentalign report">'  # by which a report is known
DASH = "\u2013"  # of what can't be measured


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page. Its template is named after its anchor."""

    anchor: str
    title: str
    needs: Literal["", "audit", "kinds"] = ""  # what a version of an earlier release may lack


SECTIONS = (
    Section("funnel", "From requests to rows"),
    Section("rows", "Rows by category and intent"),
    Section("kinds", "Kinds of conversation", needs="kinds"),
    Section("styles", "How it refuses", needs="kinds"),
    Section("sizes", "How long things are"),
    Section("tools", "Tools and capabilities"),
    Section("variety", "How varied requests are", needs="audit"),
    Section("judges", "Whether judges agree", needs="audit"),
    Section("filters", "Whether filters work", needs="audit"),
    Section("shortcuts", "What gives the class away", needs="audit"),
    Section("yields", "What writers gave"),
    Section("dropped", "What was dropped, and why"),
    Section("talks", "Sample conversations", needs="kinds"),
    Section("making", "How it was made"),
    Section("more", "Ask for more"),
)


def render(contents: Contents) -> str:
    """Return the page: one HTML document that loads nothing and runs nothing."""
    environment = Environment(
        loader=PackageLoader("tasks.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "percent": percent, "decimal": decimal, "say": say}
    environment.globals |= {"place": place, "word_for": word_for, "words": load_words()}
    template = environment.get_template("page.html")
    return template.render(page=contents, sections=SECTIONS, mark=MARK)


def number(value: int) -> str:
    """Return a count with thousands separators."""
    return f"{value:,}"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share, 0 to 1, in percent; a dash where it can't be measured."""
    return DASH if share is None else f"{share:.{digits}%}"


def decimal(value: float | None, digits: int = 2) -> str:
    """Return a figure with so many decimals; a dash where it can't be measured."""
    return DASH if value is None else f"{value:,.{digits}f}"
