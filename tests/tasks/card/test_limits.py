"""Limits are what a version's own figures say, and nothing where they say nothing."""

from schemas.accounts import Account, Line
from schemas.audits import Caught, ShortcutAudit, Told
from schemas.catalogue import load_taxonomy
from schemas.results import Manifest, StageReport
from schemas.rows import Audit
from schemas.third_party import SourceCount
from tasks.card.limits import known_limits, models_of

SOUND = {"twin_share": 1.0, "agreement_semantic": 1.0, "commonest_style_share": 0.4}


def sound(manifest: Manifest, audit: Audit) -> tuple[Manifest, Audit]:
    """Return a version that has nothing wrong with it."""
    categories = {category.name: 9 for category in load_taxonomy().categories}
    told = Told(accuracy=0.5, by_chance=0.55, folds=5, rows=900, chains=90)
    return (
        manifest.model_copy(update={
            "figures": SOUND, "warnings": (), "short": {}, "by_category": categories,
            "splits": {"train": 100, "test": 2000}, "account": None, "stages": (),
            "benchmarks": audit.benchmarks,
        }),
        audit.model_copy(update={
            "mutations": {},
            "shortcuts": ShortcutAudit(features={"all": {"tools": told}}, ngrams={}),
        }),
    )  # fmt: skip


def test_a_sound_version_has_no_limit(manifest: Manifest, audit: Audit) -> None:
    """Nothing is said for the sake of saying it."""
    assert known_limits(*sound(manifest, audit)) == []


def test_warnings_are_told_with_their_reason(manifest: Manifest, audit: Audit) -> None:
    """One of an expectation that this release lacks is told as it is."""
    good, found = sound(manifest, audit)
    warned = good.model_copy(update={
        "warnings": ("twin_share: expect_column_values_to_be_between (…)", "of_tomorrow: what (…)"),
        "figures": SOUND | {"twin_share": 0.5},
    })  # fmt: skip
    limits = known_limits(warned, found)
    assert limits[0].startswith("`twin_share` is 0.5, out of its bounds: most harmful rows have")
    assert limits[1] == "of_tomorrow: what (…)."
    assert limits[2].startswith("50 % of the harmful rows have no row on the same tools")


def test_what_is_lacking_is_told(manifest: Manifest, audit: Audit) -> None:
    """Targets, categories, benchmarks, and what models declined to write."""
    good, found = sound(manifest, audit)
    stage = StageReport(
        stage="instructions",
        rows_in=9,
        rows_out=7,
        dropped={},
        cache_hit=False,
        seconds=0,
        failed=2,
    )
    lacking = good.model_copy(update={
        "short": {"harmful/privacy": 3}, "by_category": dict.fromkeys(good.by_category, 1)
        | {"privacy": 0}, "benchmarks": (), "stages": (stage,),
    })  # fmt: skip
    limits = known_limits(lacking, found)
    assert limits[0] == "Short of its targets: harmful/privacy by 3."
    assert limits[1] == "No harmful row is of the categories privacy."
    assert limits[2].startswith("2 items of stage instructions could not be made")
    assert limits[3].startswith("No benchmark was given to compare with")
    assert len(limits) == 4


def test_what_gives_the_class_away_is_told(manifest: Manifest, audit: Audit) -> None:
    """Only what tells better than chance; wording apart from what should tell nothing."""
    good, found = sound(manifest, audit)
    tells = Told(accuracy=0.8, by_chance=0.55, folds=5, rows=900, chains=90)
    unknown = Told(accuracy=None, by_chance=None, folds=0, rows=9, chains=1)
    shortcuts = ShortcutAudit(
        features={"all": {"tools": tells, "request_words": tells, "responder": unknown}}, ngrams={}
    )
    limits = known_limits(good, found.model_copy(update={"shortcuts": shortcuts}))
    assert limits[0].startswith("Tools alone tells refused from helped better than chance")
    assert limits[1].startswith("A learner that sees nothing but request words")
    assert len(limits) == 2


def test_how_sure_verdicts_are_is_told(manifest: Manifest, audit: Audit) -> None:
    """Faults that filters missed; else how little a clean sheet shows of so few."""
    good, found = sound(manifest, audit)
    unsure = good.model_copy(update={"figures": SOUND | {"agreement_semantic": None}})
    missed = {"call_repeated": Caught(planted=20, caught=18, low=0.7, high=0.97)}
    limits = known_limits(unsure, found.model_copy(update={"mutations": missed}))
    assert limits[0] == "How far the judges of requests agree was not measured."
    assert limits[1].startswith(
        "Of 20 rows spoilt on purpose (call repeated), the filters missed 2"
    )
    clean = {"call_repeated": Caught(planted=20, caught=20, low=0.839, high=1)}
    (limit,) = known_limits(good, found.model_copy(update={"mutations": clean}))
    assert "20 of a kind only show that they catch at least 84 %" in limit


def test_other_datasets_are_told(manifest: Manifest, audit: Audit) -> None:
    """How many rows nobody here made, and whose licence nobody stated."""
    good, found = sound(manifest, audit)
    sources = (
        SourceCount(name="stated", licence="MIT", rows=2),
        SourceCount(name="mute", licence="", rows=3),
        SourceCount(name="unused", licence="", rows=0),
    )
    limits = known_limits(good.model_copy(update={"sources": sources}), found)
    assert limits[0].startswith("5 rows are of other datasets: no judge read them")
    assert limits[1] == "Nobody stated a licence of mute: ask its makers before you use it."


def test_one_voice_and_small_splits_are_told(manifest: Manifest, audit: Audit) -> None:
    """A single responder's manner is in every row; a small split measures roughly."""
    good, found = sound(manifest, audit)
    line = Line(
        stage="responses", role="responder", endpoint="mine", model="small-model", run="r", calls=1,
        failed=0, attempts=1, prompt_tokens=1, cached_tokens=0, completion_tokens=1, unmetered=0,
        seconds=1,
    )  # fmt: skip
    account = Account(run="r", rows=1, lines=(line, line), prices=(), accepted={})
    narrow = good.model_copy(update={
        "account": account, "splits": {"train": 9, "test": 100, "validation": 0},
        "figures": SOUND | {"commonest_style_share": 0.75},
    })  # fmt: skip
    assert models_of(narrow) == {"responder": ["small-model"]}
    limits = known_limits(narrow, found)
    assert limits[0].startswith("All answers are by one model, small-model")
    assert limits[1] == "75 % of the refusals are of one style."
    assert limits[2].startswith("Split test has 100 rows: a share measured on it is uncertain")
    assert limits[2].endswith(" by up to 10 points.")
