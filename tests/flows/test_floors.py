import pytest

from flows.floors import check_floors
from schemas.errors import QualityError
from schemas.params import Floors
from schemas.results import StageReport


def report(accepted: int, wanted: int = 10, stage: str = "semantic") -> StageReport:
    """Return what a stage says of itself."""
    return StageReport(
        stage=stage, rows_in=wanted, rows_out=wanted, dropped={"malformed": 3, "signs_of_harm": 5},
        cache_hit=False, seconds=1, accepted=accepted, wanted=wanted,
    )  # fmt: skip


def test_a_share_at_its_floor_is_enough() -> None:
    """Neither that, nor a stage without a floor, nor one that had nothing to do stops a run."""
    floors = Floors(semantic=0.5)
    check_floors([report(5), report(0, stage="balance"), report(0, wanted=0)], floors)


def test_a_share_below_its_floor_ends_the_run_and_says_why() -> None:
    """Stage, share, floor, the most frequent reasons and what to do."""
    with pytest.raises(QualityError, match="semantic accepted 4 of 10") as raised:
        check_floors([report(4)], Floors(semantic=0.5))
    told = str(raised.value)
    assert "floors.semantic = 0.5" in told
    assert told.index("5 signs_of_harm") < told.index("3 malformed")
    assert "agentalign retry-failed" in told
    assert raised.value.exit_code == 1
