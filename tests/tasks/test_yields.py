"""What writers made of what they were asked, by model and subcategory."""

from schemas.calls import ErrorClass, Reply
from schemas.rows import Receipt
from tasks.publish import yields
from tasks.stage import Made


def reply(endpoint: str, error: ErrorClass | None = None) -> Reply:
    """Return what an endpoint came to."""
    return Reply(key="k", endpoint=endpoint, model="m", error=error)


def receipt(stage: str, made: Made) -> Receipt:
    """Return the receipt of a stage with these figures."""
    return Receipt(stage=stage, key="k", table="t", digest="d", rows_in=1, rows=1, dropped={},
                   figures=made.figures)  # fmt: skip


def test_yields_are_counted_in_receipts_and_summed_in_the_manifest() -> None:
    """Asked and errors by class, for every endpoint that was asked; other figures are none."""
    made = Made(rows_in=1)
    made.count_yield("phishing", [reply("a", "generator_refused"), reply("b")])
    made.count_yield("phishing", [reply("b", "content_filtered")])
    made.figures["transient"] = 1.0
    found = yields(
        [receipt("instructions", made), receipt("chains", made), receipt("balance", made)]
    )
    assert found == {
        "a": {"phishing": {"asked": 2, "generator_refused": 2}},
        "b": {"phishing": {"asked": 4, "content_filtered": 2}},
    }
