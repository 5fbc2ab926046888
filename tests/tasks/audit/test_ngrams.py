"""N-grams that separate the classes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.audits import NGram
from tasks.audit.ngrams import LONGEST, MOST, telling_ngrams
from tasks.audit.words import runs

TEXTS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=8), min_size=1, max_size=8)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_no_ngram_that_separates_more_is_left_out(
    harmful: list[list[str]], benign: list[list[str]]
) -> None:
    """They are the first of all n-grams, weighed one by one."""
    every = {run for text in harmful + benign for n in range(1, LONGEST + 1)
             for run in runs(text, n)}  # fmt: skip
    weighed = []
    for run in every:
        has = [[run in set(runs(text, len(run))) for text in texts] for texts in (harmful, benign)]
        weight = sum(has[0]) / len(harmful) - sum(has[1]) / len(benign)
        weighed.append(
            NGram(text=" ".join(run), weight=weight, harmful=sum(has[0]), benign=sum(has[1]))
        )
    weighed.sort(key=lambda ngram: (-abs(ngram.weight), ngram.text))
    separating = [ngram for ngram in weighed if ngram.weight]
    assert telling_ngrams(harmful, benign) == tuple(separating[:MOST])


def test_weight_says_how_much_and_for_which_class() -> None:
    """Words of two of three harmful requests and of no benign one weigh two thirds."""
    harmful = [["hush", "now"], ["keep", "it", "hush"], ["other"]]
    best = telling_ngrams(harmful, [["hello", "there"]])
    assert {ngram.text for ngram in best[:3]} == {"hello", "there", "hello there"}
    assert all(ngram.weight == -1 for ngram in best[:3])
    assert best[3].weight == pytest.approx(2 / 3)
    assert (best[3].text, best[3].harmful, best[3].benign) == ("hush", 2, 0)


def test_one_class_alone_has_nothing_to_be_separated_from() -> None:
    """There is then no n-gram."""
    assert telling_ngrams([], [["a"]]) == telling_ngrams([["a"]], []) == ()
