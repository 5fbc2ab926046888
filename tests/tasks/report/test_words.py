import ast
from pathlib import Path
from typing import get_args

from expectations import load_suite
from schemas.audits import Feature
from schemas.params import Situations
from schemas.rows import Check, Intent, MutationKind, Style
from tasks.report.page import SECTIONS
from tasks.report.words import load_words, word_for

TASKS = Path(__file__).parents[3] / "tasks"


def stage_names() -> set[str]:
    """Return the names that the specs of stages give them."""
    found = set()
    for file in TASKS.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "stage":
                found |= {node.value.value} if isinstance(node.value, ast.Constant) else set()
    return {str(name) for name in found}


def test_everything_that_data_names_has_a_name_for_people() -> None:
    """Intents, styles, kinds of spoilt copies, features, checks, figures and stages are told."""
    words = load_words()
    assert set(words.intents) == set(get_args(Intent))
    assert set(words.styles) == set(get_args(Style))
    assert set(words.mutations) == set(get_args(MutationKind))
    assert set(words.features) == set(get_args(Feature))
    assert set(words.checks) >= set(get_args(Check)) - {"execution"}  # decided by rules alone
    columns = [one.kwargs["column"] for one in load_suite("dataset").expectations]
    assert set(words.figures) == set(columns)
    assert set(words.stages) >= stage_names() >= {"chains", "balance", "audit"}


def test_every_kind_of_row_has_a_name() -> None:
    """Situations that can be asked for, plain and borderline rows are told of either class."""
    parts = load_words().parts
    for label, intent in (("harmful", "harmful"), ("benign", "benign")):
        asked = Situations().shares(intent)
        assert set(parts[label]) == {*asked, "plain", "borderline"}


def test_figures_lead_to_sections_of_the_page() -> None:
    """A warning's link has somewhere to go."""
    anchors = {section.anchor for section in SECTIONS}
    assert {figure.section for figure in load_words().figures.values()} <= anchors


def test_a_word_of_another_release_is_its_own_name() -> None:
    """What has no name for people is shown as it is, without its underscores."""
    assert word_for({}, "some_new_stage").name == "some new stage"
