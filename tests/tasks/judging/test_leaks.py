"""Keys and people's addresses are found in a text as the expectations of examples find them."""

import pytest

from expectations import load_suite
from tasks.judging.leaks import SECRET, holds_personal_data, holds_secret


@pytest.mark.parametrize("table", ["examples", "imports"])
def test_secrets_are_those_of_the_gate(table: str) -> None:
    """What is sifted out before is what the gate would stop the whole for."""
    suite = load_suite(table)
    (sql,) = (e.kwargs["sql"] for e in suite.expectations if e.kwargs.get("name") == "no_secrets")
    assert SECRET in str(sql)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ghp_" + "a" * 36, True),
        ("-----BEGIN RSA PRIVATE KEY-----", True),
        ("task-list-of-the-coming-week", False),
    ],
)
def test_things_like_keys_are_found(text: str, found: bool) -> None:
    """Known forms of keys, and no words with hyphens."""
    assert holds_secret(text) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to ines@mail.example.", False),
        ("Write to ines@example.com or ines@shop.test.", False),
        ("Write to ines@bluesparrowtech.com.", True),
        ("Number 123-45-6789.", True),
        ("Number 555-0135.", False),
    ],
)
def test_addresses_outside_of_reserved_domains_are_found(text: str, found: bool) -> None:
    """Reserved domains are nobody's."""
    assert holds_personal_data(text) is found
