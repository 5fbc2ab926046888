"""Whatever the code drops a row for has a sentence that people read."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from schemas.calls import ErrorClass
from schemas.catalogue import load_reasons
from tasks.audit.decontamination import Match
from tasks.formats.importing.rows import Reason
from tasks.world.runner.lost import Loss

TASKS = Path(__file__).parents[2] / "tasks"
# functions that return a reason, alone or last of a pair, and those that are given one: its place
RETURNED = {"find_flaw", "judge_harm", "judge_statement", "judge_surface", "refusal_reason"}
GIVEN = {"drop": 1, "_leave_out": 1, "Judged": 3, "Unfit": 0}


def strings(node: ast.expr | None) -> Iterator[str]:
    """Yield the texts that an expression may come to: of a pair, those of its last part."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*strings(node.body), *strings(node.orelse))
    elif isinstance(node, ast.Tuple):
        yield from strings(node.elts[-1])


def target(node: ast.expr) -> str:
    """Return the name that an assignment ends in."""
    last = node.elts[-1] if isinstance(node, ast.Tuple) else node
    return last.id if isinstance(last, ast.Name) else ""


def returned(node: ast.FunctionDef) -> Iterator[str]:
    """Yield what a function that names reasons returns."""
    if node.name in RETURNED:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return):
                yield from strings(inner.value)


def assigned(node: ast.Assign) -> Iterator[str]:
    """Yield what is assigned to a reason, or a table of reasons."""
    name = target(node.targets[0])
    if name == "reason":
        yield from strings(node.value)
    elif name == "reasons" and isinstance(node.value, ast.Dict):
        yield from (text for value in node.value.values for text in strings(value))


def counted(node: ast.Subscript) -> Iterator[str]:
    """Yield what drops are counted under."""
    if ast.unparse(node.value).endswith("dropped"):
        yield from strings(node.slice)


def given(node: ast.Call) -> Iterator[str]:
    """Yield what is given as a reason, or counted by name."""
    name = ast.unparse(node.func)
    if len(node.args) > GIVEN.get(name, len(node.args)):
        yield from strings(node.args[GIVEN[name]])
    if name == "Counter":
        yield from (keyword.arg for keyword in node.keywords if keyword.arg)


NAMING: dict[type[ast.AST], Callable[[Any], Iterator[str]]] = {
    ast.FunctionDef: returned, ast.Assign: assigned, ast.Subscript: counted, ast.Call: given,
}  # fmt: skip


def reasons_of(tree: ast.AST) -> Iterator[str]:
    """Yield the reasons that a module's code names, and some empty texts."""
    for node in ast.walk(tree):
        if type(node) in NAMING:
            yield from NAMING[type(node)](node)


def named_reasons() -> set[str]:
    """Return the reasons that stages and readers name, and those of failed calls and workers."""
    trees = (ast.parse(file.read_text("utf-8")) for file in TASKS.glob("*.py"))
    named = {reason for tree in trees for reason in reasons_of(tree) if reason}
    matches = {f"benchmark_{match}" for match in get_args(Match)}
    return named | matches | {*get_args(ErrorClass), *get_args(Loss), *get_args(Reason)}


def test_every_reason_has_a_sentence_and_none_is_left_over() -> None:
    """The file explains just the words that rows are dropped for."""
    assert named_reasons() == set(load_reasons())


def test_reasons_are_found_wherever_they_are_named() -> None:
    """Each way of naming a reason is looked for: one known word of each."""
    known = {"lost_value", "no_clear_harm", "no_plan_found", "false_compliance", "unbindable",
             "not_selected", "judges_unreadable", "surplus", "borderline_disagreement"}  # fmt: skip
    assert known <= named_reasons()


def test_sentences_end_what_it_was_dropped_because_begins() -> None:
    """They begin in lower case and have no full stop: pages put them together."""
    for reason, sentence in load_reasons().items():
        assert sentence[0].islower(), reason
        assert not sentence.endswith("."), reason
        assert reason not in sentence, reason
