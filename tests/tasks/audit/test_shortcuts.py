"""Shortcuts: what is planted is found, and nothing else is."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from schemas.audits import ALL, SILENT, Feature, ShortcutAudit
from tasks.audit.shortcuts import Sample, audit_shortcuts
from tasks.selection import Label

CHAINS = 60
TOOLS = [f"tool_{n}" for n in range(30)]
VERBS = [f"verb{n}" for n in range(60)]


def rows(source: str = "own", chains: int = CHAINS) -> list[Sample]:
    """Return two harmful and three benign rows a chain, in which nothing tells the class."""
    return [
        plain(f"{source}-{chain}", "harmful" if number < 2 else "benign", number, source)
        for chain in range(chains)
        for number in range(5)
    ]


def plain(chain: str, label: Label, number: int, source: str) -> Sample:
    """Return a row whose parts are drawn for its chain and number, never for its class."""
    dice = random.Random(f"{chain} {number}")
    return Sample(
        label=label,
        source=source,
        chain=chain,
        tools=tuple(dice.sample(TOOLS, dice.randint(2, 6))),
        system_prompt=dice.choice([None, "short", "policy"]),
        responder=dice.choice(["one", "two"]),
        request=" ".join(dice.choices(VERBS, k=dice.randint(10, 40))),
        opening=" ".join(dice.choices(VERBS, k=8)),
    )


PLANTS: dict[Feature, Callable[[Sample, bool], Sample]] = {
    "tools": lambda row, harmful: replace(
        row, tools=("given_away" if harmful else "tool_x", *row.tools)
    ),
    "tool_count": lambda row, harmful: replace(  # neither more nor fewer, but in between
        row, tools=(row.tools * 3)[: 4 if harmful else 2 + 4 * (len(row.request) % 2)]
    ),
    "system_prompt": lambda row, harmful: replace(
        row, system_prompt="short" if harmful else row.system_prompt and "policy"
    ),
    "responder": lambda row, harmful: replace(row, responder="one" if harmful else "two"),
    "request_length": lambda row, harmful: replace(
        row, request=" ".join(["word"] * (30 if harmful else 20 + 20 * (len(row.tools) % 2)))
    ),
    "request_words": lambda row, harmful: replace(
        row, request=f"{row.request} {'secretly' if harmful else 'openly'}"
    ),
    "opening_words": lambda row, harmful: replace(
        row, opening=f"{'sorry' if harmful else 'sure'} {row.opening}"
    ),
}


def accuracies(audit: ShortcutAudit, source: str = ALL) -> dict[Feature, float]:
    """Return the accuracy of every feature, all of which have to be measurable."""
    measured = {name: told.accuracy for name, told in audit.features[source].items()}
    return {name: accuracy for name, accuracy in measured.items() if accuracy is not None}


@pytest.mark.parametrize("feature", PLANTS)
def test_a_planted_shortcut_is_found_where_it_is(feature: Feature) -> None:
    """It is told in at least nine of ten rows; features that have nothing to do with it are not."""
    planted = [PLANTS[feature](row, row.label == "harmful") for row in rows()]
    told = accuracies(audit_shortcuts(planted))
    assert told[feature] >= 0.9
    touched = {feature} | ({"tools", "tool_count"} if feature.startswith("tool") else set())
    assert all(told[other] < 0.62 for other in SILENT if other not in touched)


def test_every_feature_is_tried() -> None:
    """The plants cover what is measured."""
    assert set(PLANTS) == set(get_args(Feature))


@pytest.mark.parametrize("feature", PLANTS)
def test_a_shortcut_to_shuffled_labels_is_none(feature: Feature) -> None:
    """What went with the class tells nothing of a class drawn anew."""
    planted = [PLANTS[feature](row, row.label == "harmful") for row in rows(chains=150)]
    labels = [row.label for row in planted]
    random.Random(3).shuffle(labels)
    shuffled = [replace(row, label=label) for row, label in zip(planted, labels, strict=True)]
    assert all(0.42 < each < 0.58 for each in accuracies(audit_shortcuts(shuffled)).values())


def test_guesses_mostly_stay_under_what_chance_gives() -> None:
    """With a class drawn by lot, about one figure in twenty is above its bound by chance."""
    above = total = 0
    for seed in range(8):
        dice = random.Random(seed)
        drawn = [replace(row, label=dice.choice(["harmful", "benign"])) for row in rows(chains=20)]
        for told in audit_shortcuts(drawn).features[ALL].values():
            assert told.accuracy is not None
            assert told.by_chance is not None
            above += told.accuracy > told.by_chance
            total += 1
    assert above / total <= 0.1


def test_a_rule_that_holds_within_chains_alone_is_no_shortcut() -> None:
    """What a chain's rows share is not learnt from that chain: other chains have to show it."""
    one_class = [replace(row, label="harmful" if hash_of(row.chain) else "benign",
                         responder=row.chain) for row in rows()]  # fmt: skip
    assert accuracies(audit_shortcuts(one_class))["responder"] <= 0.5


def hash_of(chain: str) -> int:
    """Return 0 or 1, the same for all rows of a chain."""
    return random.Random(chain).randint(0, 1)


def test_sources_are_told_apart() -> None:
    """A shortcut of one source shows in its own figures and not in another's."""
    mixed = [PLANTS["responder"](row, row.label == "harmful") for row in rows("bought")] + rows()
    audit = audit_shortcuts(mixed)
    assert list(audit.features) == ["bought", "own", ALL]
    assert accuracies(audit, "bought")["responder"] >= 0.9
    assert accuracies(audit, "own")["responder"] < 0.62
    assert audit.features[ALL]["responder"].rows == 2 * 5 * CHAINS


def test_a_source_of_one_class_can_be_a_shortcut_without_being_measurable() -> None:
    """Its own figures are None; in all rows together its responder gives the class away."""
    own = [row for row in rows() if row.label == "harmful"]
    other = [replace(row, label="benign", responder="three") for row in rows("bought")]
    audit = audit_shortcuts(own + other)
    assert accuracies(audit, "bought") == accuracies(audit, "own") == {}
    assert audit.ngrams["bought"] == ()
    assert accuracies(audit)["responder"] >= 0.9


@pytest.mark.parametrize(("chains", "folds"), [(0, 0), (1, 0), (2, 2), (3, 3), (5, 5), (9, 5)])
def test_few_chains_give_fewer_folds_or_nothing_measurable(chains: int, folds: int) -> None:
    """Two folds are the least, and what is not measurable is None rather than an error."""
    told = audit_shortcuts(rows(chains=chains)).features[ALL]
    assert {each.folds for each in told.values()} == {folds}
    assert {each.accuracy is None for each in told.values()} == {folds == 0}
    assert {each.chains for each in told.values()} == {chains}


def test_rows_that_have_nothing_are_measured_too() -> None:
    """No tools, no words, no prompt: nothing is told, and nothing fails."""
    empty = [replace(row, tools=(), system_prompt=None, request="", opening="") for row in rows()]
    told = accuracies(audit_shortcuts(empty))
    assert told["tools"] == told["request_words"] == told["opening_words"] == 0.5


def test_order_changes_nothing() -> None:
    """The same rows in another order give the same figures to the last digit."""
    mixed = rows("bought", 20) + rows(chains=20)
    audit = audit_shortcuts(mixed)
    random.Random(1).shuffle(mixed)
    assert audit_shortcuts(mixed) == audit


SCRIPT = """
import json, sys
from tasks.audit.shortcuts import Sample, audit_shortcuts
rows = [Sample(tools=tuple(row.pop("tools")), **row) for row in json.load(sys.stdin)]
print(audit_shortcuts(rows).model_dump_json())
"""


def test_the_hash_seed_changes_nothing() -> None:
    """Two processes with other hash seeds print the same bytes."""
    fields = Sample.__dataclass_fields__
    given = json.dumps([{name: getattr(row, name) for name in fields} for row in rows(chains=20)])
    printed = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=given,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
