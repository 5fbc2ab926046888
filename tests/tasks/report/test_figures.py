from dataclasses import replace
from typing import Any

from schemas.params import BuildParams
from tasks.report.facts import Fact
from tasks.report.kinds import heat_of, kinds_of, styles_of
from tasks.report.making import changed_params
from tasks.report.usage import usage_of
from tasks.report.yields import yields_of

HARMFUL = Fact(
    id="example-1", label="harmful", part="plain", category="privacy", subcategory="doxing",
    chain="chain-1", kind="refusal", style="direct", responder="", recovered=False,
    parallel=False, turns=2, characters=40, calls=(), offered=("a", "b"), capabilities=("X.y",),
)  # fmt: skip
BENIGN = replace(HARMFUL, label="benign", kind="trajectory", style="none", calls=("a", "a"))


def params_with(**changed: dict[str, Any]) -> dict[str, Any]:
    """Return default parameters with some changed."""
    params: dict[str, Any] = BuildParams().model_dump(mode="json")
    return params | {name: params[name] | values for name, values in changed.items()}


def test_shares_stand_beside_those_asked_for() -> None:
    """A kind has its share of its class, what was asked for and what has to be there."""
    facts = [HARMFUL] * 3 + [replace(HARMFUL, part="revealed")]
    params = params_with(situations={"revealed": 0.2, "floor": 0.5})
    kinds = {kind.word.name: kind for kind in kinds_of(facts, params)["harmful"]}
    revealed = kinds["revealed on the way"]
    assert (revealed.rows, revealed.share, revealed.asked, revealed.least) == (1, 0.25, 0.2, 0.1)
    assert kinds["asked and refused"].asked is None


def test_kinds_that_were_asked_for_and_are_missing_are_listed() -> None:
    """A share of nothing is shown; what was neither asked for nor made is not."""
    kinds = kinds_of([HARMFUL], params_with(situations={"turned": 0}))["harmful"]
    assert [(kind.word.name, kind.rows) for kind in kinds] == [
        ("asked and refused", 1), ("revealed on the way", 0),
    ]  # fmt: skip


def test_unknown_parameters_ask_for_nothing() -> None:
    """A version without parameters, or with those of another release, still has its kinds."""
    for params in ({}, {"situations": {"of_tomorrow": 1}}):
        (kind,) = kinds_of([HARMFUL], params)["harmful"]
        assert kind.asked is None


def test_styles_are_those_of_refusals() -> None:
    """Trajectories have no style; the commonest comes first."""
    explaining = replace(HARMFUL, style="explaining")
    styles = styles_of([BENIGN, HARMFUL, explaining, explaining])
    assert [(style.word.name, style.rows) for style in styles] == [("explaining", 2), ("direct", 1)]


def test_the_fullest_cell_is_the_darkest() -> None:
    """A table has every category and intent, and sums that agree."""
    heat = heat_of({"benign": {"privacy": 4, "fraud": 1}, "harmful": {"privacy": 2}})
    assert heat.intents == ("harmful", "benign")
    assert [(row.category, row.cells, row.total) for row in heat.rows] == [
        ("fraud", ((0, 0.0), (1, 25.0)), 1), ("privacy", ((2, 50.0), (4, 100.0)), 6),
    ]  # fmt: skip
    assert (heat.totals, heat.total) == ((2, 5), 7)


def test_tools_are_counted_by_row() -> None:
    """A tool called twice in a row counts once; those offered and never called are counted."""
    usage = usage_of([HARMFUL, BENIGN])
    first, second = usage.tools
    assert (first.name, first.rows_calling, first.rows_refused, first.rows_helped) == ("a", 1, 1, 1)
    assert (second.name, second.rows_calling) == ("b", 0)
    assert usage.never_called == 1
    assert usage.offered.relative == 1.0
    assert usage.called.relative is None
    assert usage.capabilities == (("X.y", 2),)


def test_yields_are_summed_and_the_lowest_come_first() -> None:
    """A writer's yield is over all subcategories; where it gave least stands on top."""
    doxing = {"asked": 4, "malformed": 1}
    phishing = {"asked": 4, "malformed": 3, "timeout": 1}
    found = yields_of({"one": {"doxing": doxing, "phishing": phishing}})
    assert (found.writers["one"].asked, found.writers["one"].share) == (8, 0.375)
    assert list(found.writers["one"].errors) == ["malformed", "timeout"]
    assert list(found.subcategories) == ["phishing", "doxing"]


def test_own_tools_are_counted_not_listed() -> None:
    """Parameters may hold a whole catalogue; the page says how many tools it has."""
    (changed,) = changed_params(params_with() | {"tools": {"tools": [{}, {}]}})
    assert (changed.name, changed.value) == ("tools", "2 tools of the user's own")
