"""The card's table of classes and splits is read back as it was written, or is red."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.composition import (
    CLASSES,
    SPLITS,
    composition_table,
    count_differences,
    read_composition,
)

COUNTS = st.dictionaries(
    st.sampled_from(CLASSES), st.dictionaries(st.sampled_from(SPLITS), st.integers(0, 10**7))
)


@given(COUNTS)
def test_what_was_written_is_read(counts: dict[str, dict[str, int]]) -> None:
    """Among other tables and text, with thousands parted; a class without rows has none."""
    other = "# A card\n\n| class | kind |\n|---|---|\n| a | 1 |\n"
    card = f"{other}\n{composition_table(counts)}\nMore.\n"
    found = read_composition(card)
    assert set(found) == set(CLASSES)
    assert count_differences(found, counts) == 0


def test_a_table_that_says_something_else_differs() -> None:
    """A cell, a line that is missing, or the whole table."""
    counts = {"harmful": {"train": 1200}, "benign": {"test": 3}}
    card = composition_table(counts)
    assert count_differences(read_composition(card.replace("1,200", "1,201", 1)), counts) == 1
    without = "\n".join(line for line in card.splitlines() if "third_party" not in line)
    assert count_differences(read_composition(without), counts) == len(SPLITS)
    assert count_differences(read_composition("No table."), counts) == len(CLASSES) * len(SPLITS)
    assert read_composition(card.replace("1,200", "many", 1)).keys() == {"benign", "third_party"}


def test_sums_are_right() -> None:
    """Of each class and of each split."""
    card = composition_table({"harmful": {"train": 2, "test": 1}, "third_party": {"train": 4}})
    assert "| harmful | 2 | 0 | 1 | 3 |" in card
    assert "| all | 6 | 0 | 1 | 7 |" in card
