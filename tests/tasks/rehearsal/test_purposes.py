from statistics import fmean

import pytest

from schemas.catalogue import load_taxonomy
from schemas.rows import Intent
from tasks.rehearsal.files import load_data
from tasks.rehearsal.purposes import draw_purpose, normalise, recognise

SUBCATEGORIES = tuple(s.name for c in load_taxonomy().categories for s in c.subcategories)
LEAST: dict[Intent, int] = {"harmful": 3, "benign": 3, "borderline": 2}


def test_every_subcategory_has_purposes_of_each_intent() -> None:
    """The file holds the taxonomy's subcategories, each with enough purposes."""
    entries = load_data("purposes")["subcategories"]
    assert set(entries) == set(SUBCATEGORIES)
    for intents in entries.values():
        assert {name: len(intents[name]) >= least for name, least in LEAST.items()} == {
            "harmful": True,
            "benign": True,
            "borderline": True,
        }


def test_no_purpose_holds_another() -> None:
    """Phrases are distinct, and none is a part of another."""
    data = load_data("purposes")
    phrases = [p for e in data["subcategories"].values() for ps in e.values() for p in ps]
    plain = [normalise(phrase) for phrase in (*phrases, *data["ambiguous"])]
    assert len(set(plain)) == len(plain)
    assert [(a, b) for a in plain for b in plain if a != b and a in b] == []


@pytest.mark.parametrize("intent", LEAST)
def test_every_purpose_is_known_again_as_its_own(intent: Intent) -> None:
    """Whatever stands around it, in any case, a purpose gives back intent and subcategory."""
    for subcategory in SUBCATEGORIES:
        for drawn in range(len(load_data("purposes")["subcategories"][subcategory][intent])):
            phrase = draw_purpose(subcategory, intent, drawn)
            found = recognise(f"Hi. All of this is to {phrase.upper()}.\nThanks!")
            assert found is not None
            assert (found.intent, found.subcategory) == (intent, subcategory)


@pytest.mark.parametrize("intent", LEAST)
def test_a_subcategory_of_ones_own_gets_general_purposes(intent: Intent) -> None:
    """A subcategory that the file doesn't know still gets purposes that are known again."""
    for drawn in range(3):
        found = recognise(f"I want to {draw_purpose('tax_evasion', intent, drawn)}.")
        assert found is not None
        assert found.intent == intent


def test_neighbouring_draws_differ() -> None:
    """The requests of one call state different purposes."""
    assert len({draw_purpose("phishing", "harmful", drawn) for drawn in range(7, 10)}) == 3


def test_a_text_without_a_known_purpose_has_none() -> None:
    """Nothing is read into a text that states no purpose of the file."""
    assert recognise("Please text 555-0101 with “Back at six”.") is None


def test_no_intent_is_told_by_length() -> None:
    """Purposes of the three intents, and what stands where there is none, are equally long."""
    entries = load_data("purposes")["subcategories"].values()
    means = {name: fmean(len(text) for e in entries for text in e[name]) for name in LEAST}
    assert max(means.values()) - min(means.values()) < 3
    for frames in load_data("frames").values():
        aims = fmean(len(f.format(purpose="")) for f in frames["aim_first"] + frames["aim_last"])
        remarks = fmean(len(text) for text in frames["remarks"])
        assert abs(remarks - aims - means["benign"]) < 6
