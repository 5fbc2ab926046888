"""A text's own sentences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.judging.sentences import plain_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("No. I can\u2019t, sorry!", ["no ", "i can't sorry "]),
        ("It cost 12.50 EUR \u2013 that is all.", ["it cost 12.50 eur ", "that is all "]),
        ("Which one? This: a.txt", ["which one ? ", "this : ", "a.txt "]),
        ("- one\n- two\n3. three", ["one ", "two ", "three "]),
        ("# Title\n\nA **bold** _word_", ["title ", "a bold word "]),
        ("He wrote 'I can't' and left.", ["he wrote xquotex and left "]),
        ("They said “Never!” to Ida's aunts' dog", ["they said xquotex ", "to ida's aunts dog "]),
        ("> I won't.\nHe will.", ["xquotex ", "he will "]),
        ("See:\n```sh\nls\n```\nEnd", ["see : ", "xcodex ", "end "]),
        ("“I won\u2019t do it.”", ["i won't do it "]),
        ("> I won't.", ["i won't "]),
        ("a wrapped\nline", ["a wrapped line "]),
        ("", []),
        ("…", []),
    ],
)
def test_a_text_is_read_sentence_by_sentence(text: str, sentences: list[str]) -> None:
    """Without markup, and without what is somebody else's."""
    assert list(plain_sentences(text)) == sentences


@settings(deadline=None)
@given(st.text())
def test_every_word_is_followed_by_one_space(text: str) -> None:
    """Whatever the text, so that phrases can rely on it."""
    for sentence in plain_sentences(text):
        assert sentence == "".join(f"{word} " for word in sentence.split())
