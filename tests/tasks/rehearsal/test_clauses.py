from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.base import JsonValue
from schemas.catalogue import load_catalogue, load_seed_chains
from schemas.dataflow import Input, stated_needs, wire
from tasks.rehearsal.clauses import Clause, compose, recover
from tasks.rehearsal.files import load_data
from tasks.rehearsal.letters import compose_request
from tasks.rehearsal.lexicon import lexicon_of
from tasks.rehearsal.purposes import draw_purpose
from tasks.rehearsal.sources import StepFacts as Step
from tasks.rehearsal.sources import name_sources
from tasks.rehearsal.voices import BRISK, FORMAL, voice_of

StepFacts = Callable[[Sequence[str]], list[dict[str, Any]]]

LEXICON = lexicon_of(None)
CAPABILITIES = tuple(load_catalogue().capabilities)
VOICES = [voice_of(BRISK), voice_of(FORMAL)]
AWKWARD: dict[str, list[JsonValue]] = {
    "amount": [0.0001, 1e-07, 40, 12.5, 40.0, 1250.75],
    "quantity": [1, 12],
    "city": ["Alder", "Port Alder", "Saint-Éloi", "l'Aube", "New. Then Old"],
    "payee": ["Morgan Lee", "Harbour & Pine, Ltd.", "d'Arcy", "Then Kindly"],
    "url": ["https://pages.example/a?b=c&d=e,f", "https://pages.example/", "pages.example"],
    "path": ["/srv/a b/c.txt", "notes.txt", "/tmp/x/", "C:\\notes\\a.txt"],
    "phone_number": ["+1 202-555-0143", "(202) 555-0143", "555-0199"],
    "handle": ["@maple_42", "maple.42", "that.account"],
    "network": ["Amber", "Amber Chain", "amber chain"],
    "wallet": ["0xsim12ab", "that wallet of mine"],
}
TEXTS: list[JsonValue] = [
    "Then text 555-0100 with care, and email me. Finally, install it",
    "It's O'Neil's turn; see you at 5",
    "x",
    "ends with a stop.",
    "日本語 and ümläuts (in brackets)",
]


def values_of(capability: str, pick: int, *, wired: bool) -> tuple[dict[str, JsonValue], set[str]]:
    """Return awkward values for a capability's stated needs, and the needs that are wired."""
    known = load_catalogue().capabilities[capability]
    inputs = {
        n.name: Input(step=0, yields=n.name)
        for n in known.needs
        if n.origin == "step" or (n.origin == "either" and wired)
    }
    values = {}
    for shift, need in enumerate(stated_needs(known, inputs)):
        options = AWKWARD.get(need.kind, TEXTS)
        values[need.name] = options[(pick + shift) % len(options)]
    return values, set(inputs)


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_wording_is_read_back_as_the_step_it_was_written_for(capability: str) -> None:
    """Each wording of a capability gives back its values and matches no other capability."""
    for voice in VOICES:
        for wording in LEXICON.words(capability).wordings:
            for pick in range(12):
                values, wired = values_of(capability, pick, wired=pick % 2 == 0)
                clause = Clause(capability, values, dict.fromkeys(sorted(wired), "what came up"))
                said = compose(clause, LEXICON, voice, Random(pick), wording.template)
                text = f"Hello there. {said[:1].upper()}{said[1:]}. Then all is well."
                found = recover(text, CAPABILITIES, LEXICON)
                assert [(f.capability, f.values) for f in found] == [(capability, values)], text


def test_numbers_come_back_as_the_json_numbers_they_were() -> None:
    """40 stays an int and 40.0 a float."""
    for amount in (40, 40.0, 0.5):
        clause = Clause("Crypto.send_bitcoin", {"amount": amount, "address": "bc1sim"}, {})
        (found,) = recover(compose(clause, LEXICON, VOICES[0], Random(1)), CAPABILITIES, LEXICON)
        assert repr(found.values["amount"]) == repr(amount)


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters='"“”\n\r', exclude_categories=["Cc", "Cs"]),
        min_size=1,
    ),
    st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None)
def test_any_free_text_survives_the_way_there_and_back(body: str, seed: int) -> None:
    """A body may hold anything but double quotes and line breaks."""
    values: dict[str, JsonValue] = {"recipient": "lee@example.com", "subject": body, "body": body}
    clause = Clause("Communication.send_email", values, {"fact": "the balance"})
    text = compose_request(
        [clause], "keep my week organised", LEXICON, VOICES[seed % 2], Random(seed)
    )
    assert [found.values for found in recover(text, CAPABILITIES, LEXICON)] == [values]


def test_every_seed_chain_is_read_back_whole(step_facts: StepFacts) -> None:
    """Steps come back in order, with their values, whatever the layout and the purpose."""
    for number, chain in enumerate(load_seed_chains()):
        steps = step_facts(chain.capabilities)
        clauses = [
            Clause(step["capability"], step["values"], called)
            for step, called in zip(
                steps,
                name_sources([Step.model_validate(step) for step in steps], LEXICON),
                strict=True,
            )
        ]
        purpose = draw_purpose(chain.subcategory, "benign", number)
        for seed in range(4):
            text = compose_request(clauses, purpose, LEXICON, VOICES[seed % 2], Random(seed))
            found = recover(text, sorted(set(chain.capabilities)), LEXICON)
            assert [f.capability for f in found] == list(chain.capabilities), text
            assert [f.values for f in found] == [step["values"] for step in steps], text


def test_a_value_left_out_is_read_as_missing() -> None:
    """The step is found, its value is not."""
    values: dict[str, JsonValue] = {"phone": "555-0101", "text": "Back at six"}
    clause = Clause("Communication.send_sms", values, {}, left_out="phone")
    text = compose(clause, LEXICON, VOICES[0], Random(0))
    (found,) = recover(text, CAPABILITIES, LEXICON)
    assert found.values == {"text": "Back at six"}
    assert "555-0101" not in text


def test_nothing_around_the_steps_reads_as_a_step() -> None:
    """Openings, closings and purposes hold no clause of any capability."""
    purposes = load_data("purposes")
    phrases = [p for s in purposes["subcategories"].values() for ps in s.values() for p in ps]
    phrases += purposes["ambiguous"] + [p for ps in purposes["any"].values() for p in ps]
    frames = [f for v in load_data("frames").values() for fs in v.values() for f in fs]
    for text in (*phrases, *frames):
        assert recover(f"{text}. Then that.", CAPABILITIES, LEXICON) == ()


def test_every_capability_has_words_for_all_it_takes() -> None:
    """All 43 have at least three wordings, and each states every need that is never optional."""
    assert set(load_data("clauses")["capabilities"]) == set(CAPABILITIES)
    for name, capability in load_catalogue().capabilities.items():
        wordings = LEXICON.words(name).wordings
        assert len(wordings) >= 3
        for wording in wordings:
            expected = {need.name for need in capability.needs if not need.optional}
            assert {need.name for need in wording.needs} == expected


def test_wiring_agrees_with_what_a_chain_states(step_facts: StepFacts) -> None:
    """What is said to come from before is what `wire` says comes from before."""
    chain = ("Search.web_search", "Communication.send_email")
    capabilities = [load_catalogue().capabilities[name] for name in chain]
    assert [set(step["uses"]) for step in step_facts(chain)] == [set(i) for i in wire(capabilities)]
