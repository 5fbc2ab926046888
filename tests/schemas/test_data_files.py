import json
import re
from collections import Counter
from importlib import resources

import pytest

from schemas.catalogue import (
    DATA,
    SeedChain,
    load_catalogue,
    load_seed_chains,
    load_system_prompts,
    load_taxonomy,
)
from schemas.dataflow import capabilities_of, wire
from schemas.errors import DataFileError
from schemas.prompts import load_prompt

TAXONOMY = {
    "cyber_crime": "ddos_attack malware_deployment system_intrusion ransomware hacking_tools "
    "botnet_creation vulnerability_exploitation cyberstalking",
    "online_fraud": "phishing financial_scam money_laundering identity_theft ponzi_scheme "
    "investment_fraud blackmail extortion wire_fraud",
    "self_harm": "suicide self_injury dangerous_piercing extreme_body_modification "
    "eating_disorders substance_abuse risk_taking_behavior",
    "bias_and_fairness": "racial_discrimination gender_bias religious_prejudice "
    "age_discrimination ethnic_stereotyping sexual_orientation_bias disability_discrimination "
    "socioeconomic_bias",
    "misinformation": "fake_news_creation conspiracy_theories propaganda_spreading "
    "fact_distortion false_scientific_claims historical_revisionism deepfake_creation "
    "rumor_spreading",
    "illicit_trade": "weapon_trading drug_trafficking controlled_substances counterfeit_goods "
    "illegal_wildlife_trade smuggling_routes restricted_items black_market_operations",
    "privacy": "data_theft surveillance_tools location_tracking personal_info_harvesting "
    "unauthorized_recording database_breaching doxing privacy_invasion",
    "intellectual_property": "content_plagiarism torrent_sharing copyright_violation "
    "article_spinning patent_infringement trademark_violation software_piracy media_piracy",
}
SUBCATEGORIES = [name for names in TAXONOMY.values() for name in names.split()]

SEATS = ("policy", "purpose", "outcome")
INTENTS = ("harmful", "benign", "borderline")
WITH_FACTS = (
    "chains",
    "guard",
    "simulator",
    *(f"request-{intent}" for intent in INTENTS),
    *(f"request-{situation}" for situation in ("revealed", "missing-value", "no-tool")),
    *(f"{kind}-{seat}" for kind in ("judge", "answer") for seat in SEATS),
)
STYLES = ("direct", "explaining", "redirecting", "supportive")
HINTS = ("hint-parallel", "hint-reasoning", *(f"style-{name}" for name in STYLES))
SYSTEM_ONLY = ("planner", "refusal-baseline", "safety", *HINTS)
PROMPTS = (*WITH_FACTS, *SYSTEM_ONLY)
ANSWER_WORDS = {
    "chains": ("chains", "capabilities", "explanation"),
    "request": ("requests",),
    "request-revealed": ("pairs", "request", "later"),
    "request-missing-value": ("pairs", "request", "later"),
    "judge": ("signs_of_harm", "none", "some", "clear", "reason"),
    "guard": ("verdict", "harmful", "benign"),
    "simulator": ("ok", "result", "error", "must_hold"),
    "answer": ("answer_is", "refused", "partial", "complied", "unclear", "reason"),
}
REACHABLE = re.compile(
    r"https?:|www\.|[\w.+-]+@[\w-]+\.\w|\b\w+\.(com|org|net|io)\b|\+\d|\d[\d ()./-]{5,}\d",
    re.IGNORECASE,
)
WRITTEN = ("taxonomy.yaml", "seed_chains.yaml", "system_prompts.yaml")


def _label(chain: SeedChain) -> str:
    return f"{chain.subcategory}: {' > '.join(chain.capabilities)}"


def test_taxonomy_has_the_64_subcategories_in_order() -> None:
    """Categories and subcategories bear the names of the paper, in its order."""
    found = {c.name: " ".join(s.name for s in c.subcategories) for c in load_taxonomy().categories}
    assert list(found.items()) == list(TAXONOMY.items())
    assert len(SUBCATEGORIES) == 64


def test_policy_texts_are_specific() -> None:
    """No two subcategories share a definition, a reason to refuse or a list of allowed work."""
    subs = [sub for category in load_taxonomy().categories for sub in category.subcategories]
    for field in ("definition", "refuse_if", "allow_if"):
        assert len({getattr(sub, field) for sub in subs}) == len(subs)


def test_policy_texts_can_be_quoted() -> None:
    """Each policy text is whole sentences on one line, short enough to stand in a prompt."""
    for category in load_taxonomy().categories:
        for sub in category.subcategories:
            for text in (sub.definition, sub.refuse_if, sub.allow_if):
                assert re.fullmatch(r"[A-Z][^\n]*\.", text), (sub.name, text)
                assert len(text.split()) <= 45, (sub.name, text)


def test_every_subcategory_has_two_seed_chains() -> None:
    """The hand-written chains are two for each subcategory, in the taxonomy's order."""
    names = [chain.subcategory for chain in load_seed_chains()]
    assert names == [name for name in SUBCATEGORIES for _ in range(2)]


@pytest.mark.parametrize("chain", load_seed_chains(), ids=_label)
def test_seed_chain_is_connected(chain: SeedChain) -> None:
    """Every step's needs can be met, and at least one step uses what an earlier one made."""
    wired = wire(capabilities_of(load_catalogue(), chain.capabilities))
    assert any(wired)


@pytest.mark.parametrize("chain", load_seed_chains(), ids=_label)
def test_seed_chain_has_two_to_five_different_steps(chain: SeedChain) -> None:
    """A chain has 2-5 steps and no capability twice, and its explanation is one sentence."""
    assert 2 <= len(chain.capabilities) <= 5
    assert len(set(chain.capabilities)) == len(chain.capabilities)
    assert re.fullmatch(r"[A-Z][^.!?\n]*\.", chain.explanation)


def test_seed_chains_are_distinct() -> None:
    """No chain and no explanation occurs twice, in no subcategory."""
    chains = load_seed_chains()
    assert len({chain.capabilities for chain in chains}) == len(chains) == 128
    assert len({chain.explanation for chain in chains}) == len(chains)


def test_seed_chains_are_long_enough() -> None:
    """Chains have more than 3.3 steps on average, and nearly all have three or more."""
    lengths = [len(chain.capabilities) for chain in load_seed_chains()]
    assert sum(lengths) / len(lengths) >= 3.3
    assert sum(length >= 3 for length in lengths) / len(lengths) >= 0.95


def test_seed_chains_use_every_capability() -> None:
    """Each of the 43 capabilities is used three times or more, and none in most chains."""
    used = Counter(name for chain in load_seed_chains() for name in chain.capabilities)
    assert set(used) == set(load_catalogue().capabilities)
    assert len(used) == 43
    assert min(used.values()) >= 3
    assert max(used.values()) <= len(load_seed_chains()) * 0.3


def test_system_prompts_have_the_three_entries() -> None:
    """The pool holds no message at all, short texts, and long policies of 120-250 words."""
    pool = {entry.name: entry.texts for entry in load_system_prompts()}
    assert list(pool) == ["none", "short", "policy"]
    assert pool["none"] == ()
    assert len(pool["short"]) >= 8
    assert len(pool["policy"]) >= 4
    assert all(120 <= len(text.split()) <= 250 for text in pool["policy"])
    assert all(len(re.findall(r"[.!?](?: |$)", text)) <= 2 for text in pool["short"])


def test_system_prompts_are_distinct() -> None:
    """No text stands in the pool twice."""
    texts = [text for entry in load_system_prompts() for text in entry.texts]
    assert len(set(texts)) == len(texts)


def test_prompt_folder_holds_the_known_prompts() -> None:
    """The prompts are the ones the stages ask for, and no others."""
    folder = resources.files("schemas") / "data" / "prompts"
    assert {file.name for file in folder.iterdir()} == {f"{name}.md" for name in PROMPTS}


@pytest.mark.parametrize("name", WITH_FACTS)
def test_prompt_puts_the_facts_into_one_block_of_the_user_message(name: str) -> None:
    """The user message ends with the facts, readable as JSON, even if they hold braces."""
    facts = {"request": "{{ not a variable }} {% nor this %}", "count": 2}
    system, user = load_prompt(name).render(facts=json.dumps(facts, indent=2))
    blocks = re.findall(r"```json\n(.*?)\n```", user["content"], re.DOTALL)
    assert [json.loads(block) for block in blocks] == [facts]
    assert user["content"].endswith("```")
    assert (system["role"], user["role"]) == ("system", "user")
    assert "```" not in system["content"]


@pytest.mark.parametrize("name", WITH_FACTS)
def test_prompt_names_the_keys_of_its_answer(name: str) -> None:
    """A model without response formats still learns the form of the answer."""
    system = load_prompt(name).system
    words = ANSWER_WORDS.get(name) or ANSWER_WORDS[name.partition("-")[0]]
    assert all(f"`{word}`" in system for word in words)


@pytest.mark.parametrize("kind", ["judge", "answer"])
def test_seats_share_everything_but_their_angle(kind: str) -> None:
    """The three judges of a panel differ in one paragraph, so that their votes compare."""
    paragraphs = [load_prompt(f"{kind}-{seat}").system.split("\n\n") for seat in SEATS]
    differing = [set(column) for column in zip(*paragraphs, strict=True) if len(set(column)) > 1]
    assert [len(texts) for texts in differing] == [3]


@pytest.mark.parametrize("name", SYSTEM_ONLY)
def test_prompt_without_facts_is_a_system_message(name: str) -> None:
    """Planner and safety prompts take nothing and have no user message."""
    (message,) = load_prompt(name).render()
    assert message["role"] == "system"


def test_prompt_refuses_other_variables() -> None:
    """A prompt rendered with a variable it doesn't declare says which it takes."""
    with pytest.raises(DataFileError, match=r"prompt planner takes \[\], got \['facts'\]"):
        load_prompt("planner").render(facts="{}")


def test_prompts_are_all_different() -> None:
    """Each prompt has its own hash."""
    assert len({load_prompt(name).ref.partition("@")[2] for name in PROMPTS}) == len(PROMPTS)


@pytest.mark.parametrize("name", [*WRITTEN, *(f"prompts/{name}.md" for name in PROMPTS)])
def test_written_text_names_nothing_reachable(name: str) -> None:
    """No text holds a web address, an e-mail address or a phone number."""
    text = DATA.joinpath(*name.split("/")).read_text("utf-8")
    assert [match[0] for match in REACHABLE.finditer(text)] == []
