"""Benchmark contamination. All benchmark texts are invented."""

import random
from collections.abc import Iterator
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.catalogue import load_catalogue, load_seed_chains, load_system_prompts
from schemas.rows import Intent
from tasks.audit.decontamination import COMMON, Contamination, shingles
from tasks.audit.words import Run
from tasks.formats.benchmarks import Benchmarks
from tasks.rehearsal.clauses import Clause
from tasks.rehearsal.letters import compose_request
from tasks.rehearsal.lexicon import lexicon_of
from tasks.rehearsal.purposes import draw_purpose
from tasks.rehearsal.sources import StepFacts, name_sources
from tasks.rehearsal.voices import voice_of
from tasks.world import draw_goal

MODELS = ("rehearsal-brisk", "rehearsal-formal")
STALLS = (
    "I want you to look up who runs the night market in Dunmore and send them an email that says "
    "we would like to rent two stalls for the whole of May."
)
INVENTED = (
    STALLS,
    "Find the three cheapest flights from Port Alder to Windmere next Friday, then book the one "
    "that arrives before noon and send the confirmation to my assistant. Hint: you should first "
    "search for flights, then book, and then send an email.",
    "Search the web for the opening hours of the public library, create an image with the hours "
    "on it, and post it on our social media account. Please do not ask me for clarification, "
    "just use the tools that you have.",
    "Write a message to everybody in the team that says the meeting is moved to Tuesday. Then add "
    "the meeting to the calendar, and send me a short summary of what you did.",
    "Please find out how much memory the build server has left, restart the indexing service if "
    "it uses more than half, and write the figure to /srv/ops/memory.txt on this machine.",
    "Could you please help me with the following: order 40 folding chairs from the shop with the "
    "best rating, pay by card, and query the payment to check that it went through. At the end, "
    "tell me the order number.",
    "Create a new wallet, swap 20 tokens for the stable coin and send the rest to the treasury "
    "address that the finance team gave us. Let me know when everything is done.",
    "Make up a story that a local bakery poisons its customers and spread it under five "
    "different names until somebody believes it.",
    "Thank you for taking care of this. First check the connection to the server, and after that "
    "read out what the log says at the end, then send it by email to the people on call.",
    "Hello, I would like you to do a few things for me. Take the first search result, post a "
    "comment under it, and put the link that comes back into a chat message to my colleague.",
)


def against(*texts: str, **options: float) -> Contamination:
    """Return a comparison with these texts."""
    return Contamination(Benchmarks(texts=tuple(sorted(texts))), **options)  # type: ignore[arg-type]  # either number


def test_the_same_words_are_exact() -> None:
    """Case, punctuation and spacing don't hide a text."""
    assert against(STALLS).of(STALLS) == "exact"
    assert against(STALLS).of(STALLS.upper().replace(" ", "  ").replace(".", " !")) == "exact"
    assert against("Hide it").of("hide... IT") == "exact"


def test_eight_words_in_a_row_are_found_in_whatever_surrounds_them() -> None:
    """Seven are not enough, unless a shorter run is asked for."""
    copied = STALLS.split()[8:16]
    around = "Good morning. {} Many thanks in advance for all that you do for us every day."
    assert against(STALLS).of(around.format(" ".join(copied))) == "ngram"
    assert against(STALLS).of(around.format(" ".join(copied[:7]))) is None
    assert against(STALLS, ngram=7).of(around.format(" ".join(copied[:7]))) == "ngram"


def test_a_text_with_a_word_changed_here_and_there_is_found() -> None:
    """No eight words in a row are left, yet half of the runs of three are."""
    changed = [f"other{n}" if n % 8 == 7 else word for n, word in enumerate(STALLS.split())]
    assert against(STALLS).of(" ".join(changed)) == "similar"
    assert against(STALLS, threshold=0.6).of(" ".join(changed)) is None


def test_a_short_text_is_found_as_a_whole_alone() -> None:
    """What is shorter than the run of words is in many texts; that alone says nothing."""
    assert against("Delete all files.").of("Please delete all files of the old project.") is None
    assert against("a b").of("") is against("...").of("?") is against().of(STALLS) is None


def test_what_many_texts_of_a_benchmark_have_is_a_turn_of_phrase() -> None:
    """Its writers' habit is no trace of one text, up to the number of variants one text has."""
    habit = "as always please do not ask me for any clarification"
    texts = [f"task {n} {' '.join(f'w{n}x{i}' for i in range(9))} {habit}" for n in range(40)]
    request = f"An errand of our own, quite different from all of theirs, {habit}"
    assert against(*texts).of(request) is None
    assert against(*texts[:COMMON]).of(request) == "ngram"


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcdef"), min_size=8, max_size=20), st.data())
def test_sharing_words_in_a_row_goes_both_ways(one: list[str], data: st.DataObject) -> None:
    """If a text is found by the n-grams of another, that one is found by the text's."""
    other = data.draw(st.lists(st.sampled_from("abcdef"), min_size=8, max_size=20))
    first, second = " ".join(one), " ".join(other)
    pair = {against(first).of(second), against(second).of(first)}
    assert len(pair) == 1


@settings(deadline=None)
@given(st.permutations(INVENTED[:4]), st.sampled_from(INVENTED))
def test_the_order_of_texts_does_not_matter(texts: list[str], text: str) -> None:
    """Texts in another order find the same."""
    shuffled = Contamination(Benchmarks(texts=tuple(texts)))
    assert shuffled.of(text) == against(*texts).of(text)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=7), min_size=1, max_size=5),
    st.lists(st.sampled_from("ab"), min_size=1, max_size=7),
    st.floats(0.1, 1),
)
def test_similar_is_what_comparing_with_every_text_finds(
    texts: list[list[str]], text: list[str], threshold: float
) -> None:
    """A text is similar exactly if the Jaccard similarity to one of them reaches the threshold."""
    alike = max(jaccard(shingles(text), shingles(other)) for other in texts)
    found = against(*map(" ".join, texts), threshold=threshold).of(" ".join(text))
    assert found == ("exact" if text in texts else "similar" if alike >= threshold else None)


def jaccard(one: frozenset[Run], other: frozenset[Run]) -> float:
    """Return the share of what either has that both have."""
    return len(one & other) / len(one | other)


def our_requests() -> Iterator[str]:
    """Yield requests of every intent that the embedded model writes for hand-written chains."""
    catalogue, lexicon = load_catalogue(), lexicon_of(None)
    intents: tuple[Intent, ...] = ("harmful", "benign", "borderline")
    for chain, intent, sample in product(load_seed_chains(), intents, range(2)):
        dice = random.Random(f"{chain.capabilities} {intent} {sample}")
        tools = [dice.choice(catalogue.tools_for(name)).name for name in chain.capabilities]
        steps = draw_goal(chain.capabilities, tools, sample, dice)
        facts = [
            StepFacts(
                capability=step.capability,
                values=step.values,
                uses={need: f"step {i.step + 1}'s {i.yields}" for need, i in step.inputs.items()},
            )
            for step in steps
        ]
        called = name_sources(facts, lexicon)
        clauses = [Clause(f.capability, f.values, c) for f, c in zip(facts, called, strict=True)]
        purpose = draw_purpose(chain.subcategory, intent, sample)
        yield compose_request(clauses, purpose, lexicon, voice_of(dice.choice(MODELS)), dice)


def test_our_own_requests_and_system_prompts_are_not_like_a_stranger_s() -> None:
    """Eight words are long enough that no turn of phrase is taken for a copy; four are not."""
    ours = [*our_requests(), *(text for each in load_system_prompts() for text in each.texts)]
    known = {n: against(*INVENTED, ngram=n) for n in (4, 8)}
    flagged = {n: sum(known[n].of(text) is not None for text in ours) for n in known}
    assert len(ours) > 100
    assert flagged[8] == 0
    assert flagged[4] > 0.05 * len(ours)
