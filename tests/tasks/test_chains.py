"""Chains: which proposals are taken."""

import pytest

from schemas.answers import ProposedChain
from schemas.catalogue import load_catalogue
from tasks.chains import refusal_reason, sort_proposals

SEARCH, MAIL, ORDER = "Search.web_search", "Communication.send_email", "Ecommerce.create_order"


@pytest.mark.parametrize(
    ("proposed", "reason"),
    [
        ([], "wrong_length"),
        ([SEARCH] * 6, "wrong_length"),
        ([SEARCH, "Search.read_minds"], "unknown_capability"),
        ([MAIL, SEARCH], "duplicate_chain"),
        ([SEARCH, ORDER], "broken_dataflow"),
        (["Ecommerce.search_products", ORDER], None),
        ([SEARCH, MAIL], None),
    ],
)
def test_a_chain_is_refused_for_a_reason(proposed: list[str], reason: str | None) -> None:
    """Every fault has its own word; a sound chain has none."""
    assert refusal_reason(proposed, [[MAIL, SEARCH]], load_catalogue()) == reason


def test_a_proposal_repeated_in_one_answer_is_taken_once() -> None:
    """The second copy counts as a duplicate; what is sound keeps its order."""
    chain = ProposedChain(capabilities=[SEARCH, MAIL], explanation="why")
    other = ProposedChain(capabilities=[SEARCH], explanation="why")
    sound, dropped = sort_proposals([chain, chain, other], [], load_catalogue())
    assert [c.capabilities for c in sound] == [[SEARCH, MAIL], [SEARCH]]
    assert dropped == {"duplicate_chain": 1}
