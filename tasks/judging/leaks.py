"""What should not be in a released text: things like keys, and addresses of people who may exist.

The expectations of examples look for the same.
"""

import re

SECRET = (
    r"(\bsk-[A-Za-z0-9_-]{20,}|\bAKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----)"
)
_SECRET = re.compile(SECRET)
_MARKS = ("sk-", "AKIA", "ghp_", "PRIVATE KEY-")  # of these each has one: hardly any text does
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,}")
_RESERVED = re.compile(r"(@|\.)example(\.(com|org|net))?$|\.(test|invalid|localhost|example)$")
_NUMBER = re.compile(r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b")


def holds_secret(text: str) -> bool:
    """Whether something in a text looks like a key."""
    return any(mark in text for mark in _MARKS) and _SECRET.search(text) is not None


def holds_personal_data(text: str) -> bool:
    """Whether a text has an address outside of reserved domains, or a number like a person's."""
    addresses = (found[0].lower() for found in _ADDRESS.finditer(text))
    return any(not _RESERVED.search(each) for each in addresses) or bool(_NUMBER.search(text))
