from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.actions import Capability, Catalogue, Need, Tool, Yield
from schemas.base import JsonValue
from schemas.catalogue import load_catalogue
from schemas.own_tools import OwnTools
from schemas.own_tools.file import read_own_tools
from schemas.own_tools.kinds import GENERAL
from tasks.rehearsal.clauses import Clause, compose, recover
from tasks.rehearsal.errand import read_errand
from tasks.rehearsal.gaps import leave_out
from tasks.rehearsal.letters import compose_request
from tasks.rehearsal.lexicon import Lexicon, lexicon_of
from tasks.rehearsal.phrases import imperative
from tasks.rehearsal.purposes import draw_purpose, recognise
from tasks.rehearsal.sources import StepFacts, name_sources
from tasks.rehearsal.voices import BRISK, FORMAL, voice_of

FILE = Path(__file__).parent / "own_tools.json"
CATALOGUE = read_own_tools(FILE).catalogue()
BOTH = Lexicon(read_own_tools(FILE).model_copy(update={"beside_builtin": True}).catalogue())
LEXICON = Lexicon(CATALOGUE)
OWN = tuple(CATALOGUE.capabilities)
VOICES = [voice_of(BRISK), voice_of(FORMAL)]

WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters='"“”\n\r', exclude_categories=["Cc", "Cs"]),
    min_size=1,
)
TRAPS = st.sampled_from(
    ["4711", "007", "true", "null", "-1.5", "1e3", "race", "day trip", "that", "ends with a stop.",
     "use list boats", "x as query", "2031-05-17", "2031-05-17 09:30", "boat's, then ping"]
)  # fmt: skip
NUMBERS = st.one_of(
    st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.one_of(WORDS, TRAPS, NUMBERS)


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, dict[str, JsonValue]]]:
    """Draw a chain with any value for each need."""
    chain = draw(st.lists(st.sampled_from(OWN), min_size=1, max_size=5))
    return [
        (name, {need.name: draw(VALUES) for need in CATALOGUE.capabilities[name].needs})
        for name in chain
    ]


@pytest.mark.parametrize("lexicon", [LEXICON, BOTH])
@given(steps(), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_any_chain_of_own_capabilities_is_read_back_whole(
    lexicon: Lexicon, chain: list[tuple[str, dict[str, JsonValue]]], seed: int
) -> None:
    """Steps and values, types included, come back from a request; the purpose is known again."""
    clauses = [Clause(name, values, {}) for name, values in chain]
    purpose = draw_purpose("phishing", "benign", seed)
    text = compose_request(clauses, purpose, lexicon, VOICES[seed % 2], Random(seed))
    found = recover(text, sorted(lexicon.catalogue.capabilities), lexicon)
    assert [(f.capability, repr(f.values)) for f in found] == [
        (name, repr(values)) for name, values in chain
    ], text


@pytest.mark.parametrize("name", OWN)
def test_every_wording_of_an_own_capability_is_its_own(name: str) -> None:
    """Each is read back as the step it was written for, among all capabilities there are."""
    needs = CATALOGUE.capabilities[name].needs
    values: dict[str, JsonValue] = {need.name: f"{need.name} of mine" for need in needs}
    wordings = LEXICON.words(name).wordings
    assert len({wording.template for wording in wordings}) >= 5
    for wording in wordings:
        said = compose(Clause(name, values, {}), BOTH, VOICES[0], Random(1), wording.template)
        found = recover(f"Please {said}.", tuple(BOTH.catalogue.capabilities), BOTH)
        assert [(f.capability, f.values) for f in found] == [(name, values)]


def test_capabilities_that_read_alike_are_told_apart_by_name() -> None:
    """The same description, or one that a request may hold anyway, gets the id beside it."""
    clause = Clause("Own.search_boats", {"query": "sloop"}, {})
    texts = {compose(clause, LEXICON, VOICES[0], Random(seed)) for seed in range(40)}
    assert texts
    assert all("Own.search_boats" in text for text in texts)
    ping = Clause("Own.ping", {}, {})
    texts = {compose(ping, LEXICON, VOICES[0], Random(seed)) for seed in range(40)}
    assert all("Own.ping" in text for text in texts)


@pytest.mark.parametrize(
    ("description", "order"),
    [
        ("Sends an email with the given `body`. Returns it.", "send an email with the given body"),
        ("Creates a note and adds it to the list", "create a note and add it to the list"),
        ("Searches, then applies the filter", "search, then apply the filter"),
        ("Processes an order", "process an order"),
        ("Uses the key", "use the key"),
        ("Access the vault", "access the vault"),
        ("Returns the day, e.g. '2031-01-01'.", "give me the day, e.g. '2031-01-01'"),
        ("SMS somebody", "SMS somebody"),
        ("  «Opens» \n the door!  ", "open» the door"),
        ("Tells “who” is “there”", "tell who is there"),
        ("...", ""),
        ("", ""),
    ],
)
def test_a_description_becomes_an_order(description: str, order: str) -> None:
    """The third person, quotation marks and all but the first sentence go."""
    assert imperative(description) == order


def test_the_built_in_descriptions_are_orders_already() -> None:
    """Nothing but the capital changes."""
    for capability in load_catalogue().capabilities.values():
        does = capability.description
        assert imperative(does).casefold() == does.casefold()


def boats() -> Catalogue:
    """Return a catalogue in which one step makes what another takes."""
    find = Capability(
        id="Own.find_boat", description="Finds a boat", needs=(), yields=(
            Yield(name="boat id!", kind="identifier"),))  # fmt: skip
    needs = (
        Need(name="boat {x}", kind="identifier", origin="either"),
        Need(name="crew", kind="identifier", origin="step", optional=True),
    )
    rent = Capability(id="Own.rent_boat", description="Rents it", needs=needs, yields=())
    shared = {"provider": "Own", "description": "A tool of a boat club", "call": "run"}
    tools = (
        Tool(name="find_boat", capability=find.id, parameters={}, arguments={},
             results={"boat id!": "id"}, **shared),
        Tool.model_validate({
            "name": "rent_boat", "capability": rent.id, "parameters": {"properties": {"a": {}}},
            "arguments": {"a": {"needs": [need.name for need in needs]}}, "results": {}, **shared,
        }),
    )  # fmt: skip
    code = "def run(): ..."
    own = OwnTools(kinds=GENERAL, capabilities=(find, rent), tools=tools, code=code)
    return own.catalogue()


def test_what_an_earlier_step_makes_is_called_something() -> None:
    """A need that a step fills is worded, read back as such, and an optional one is added."""
    lexicon = Lexicon(boats())
    facts = [
        StepFacts(capability="Own.find_boat"),
        StepFacts(
            capability="Own.rent_boat",
            uses={"boat {x}": "step 1's boat id!", "crew": "step 1's boat id!"},
        ),
    ]
    called = name_sources(facts, lexicon)
    assert called[1] == {"boat {x}": "the boat id", "crew": "the boat id"}
    clauses = [Clause(f.capability, f.values, c) for f, c in zip(facts, called, strict=True)]
    for seed in range(60):
        text = compose_request(clauses, "tidy up", lexicon, VOICES[seed % 2], Random(seed))
        found = recover(text, ("Own.find_boat", "Own.rent_boat"), lexicon)
        assert [(f.capability, f.values) for f in found] == [
            ("Own.find_boat", {}),
            ("Own.rent_boat", {}),
        ], text
        assert "crew" in text


def test_a_left_out_value_of_an_own_capability_is_really_gone() -> None:
    """None is left out that the request would hold all the same."""
    values: Mapping[str, JsonValue] = {
        "boat_id": "kestrel-17", "start_time": "booking", "end_time": "calendar",
        "kind": "the", "with_crew": True,
    }  # fmt: skip
    clause = Clause("Own.create_booking", values, {})
    for seed in range(20):
        gapped = leave_out([clause], "benign", LEXICON, Random(seed))
        assert gapped is not None
        assert gapped[0].left_out in ("boat_id", "with_crew")
        text = compose_request(gapped, "tidy up", LEXICON, VOICES[0], Random(seed))
        (found,) = recover(text, OWN, LEXICON)
        assert found.values == {n: v for n, v in values.items() if n != gapped[0].left_out}


def test_own_words_state_no_purpose() -> None:
    """A request's steps alone are not read as an intent."""
    for name in OWN:
        for wording in LEXICON.words(name).wordings:
            assert recognise(wording.template) is None


def test_a_step_is_expressible_if_known_and_given_its_values() -> None:
    """All required needs have to be there."""
    assert LEXICON.expressible("Own.cancel_booking", {"booking_id"})
    assert not LEXICON.expressible("Own.cancel_booking", set())
    assert not LEXICON.expressible("Search.web_search", {"query"})
    assert BOTH.expressible("Search.web_search", {"query"})
    assert lexicon_of(None) is lexicon_of(load_catalogue())


def test_an_executed_step_takes_nothing_from_a_simulated_one() -> None:
    """What a simulated step yields is stated again for a step that runs."""
    catalogue = boats()
    find = catalogue.tools["find_boat"]
    for call, wired in (("run", ["boat {x}", "crew"]), ("", [])):
        tools = {**catalogue.tools, find.name: find.model_copy(update={"call": call})}
        lexicon = Lexicon(catalogue.model_copy(update={"tools": tools}))
        said = {} if wired else {"boat {x}": "kestrel-17"}
        clauses = [
            Clause("Own.find_boat", {}, {}),
            Clause("Own.rent_boat", said, dict.fromkeys(wired, "the boat id")),
        ]
        text = compose_request(clauses, "tidy up", lexicon, VOICES[0], Random(1))
        _, step = read_errand(text, ("rent_boat", "find_boat"), lexicon)
        assert (list(step.inputs), step.values, step.missing) == (wired, said, ())


@given(
    st.lists(st.tuples(st.text(max_size=30), st.lists(st.text(), max_size=3, unique=True)),
             min_size=2, max_size=4),
    st.integers(0, 2**32),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_whatever_a_description_and_its_needs_are_called_they_are_read_back(
    described: list[tuple[str, list[str]]], seed: int
) -> None:
    """Signs, braces, other scripts and empty texts are no hindrance."""
    capabilities = {
        f"Own.step_{number}": Capability(
            id=f"Own.step_{number}",
            description=description,
            needs=tuple(Need(name=name, kind="label") for name in needs),
            yields=(),
        )
        for number, (description, needs) in enumerate(described)
    }
    lexicon = Lexicon(Catalogue(kinds={}, capabilities=capabilities, tools={}))
    clauses = [
        Clause(name, {need.name: "kestrel" for need in each.needs}, {})
        for name, each in capabilities.items()
    ]
    text = compose_request(clauses, "tidy up", lexicon, VOICES[seed % 2], Random(seed))
    found = recover(text, tuple(capabilities), lexicon)
    assert [(f.capability, f.values) for f in found] == [
        (clause.capability, clause.values) for clause in clauses
    ], text
