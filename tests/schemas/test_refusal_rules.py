"""The phrases hang together."""

import pytest
from pydantic import ValidationError

from schemas.catalogue import load_refusal_rules
from schemas.refusal_rules import RefusalRules


@pytest.mark.parametrize(
    "changed",
    [
        {"lists": {}},
        {"marks": {"refuses": ("{nobody} declines",)}},
        {"marks": {"unheard_of": ("no",)}},
    ],
)
def test_every_list_and_mark_has_to_be_there(changed: dict[str, object]) -> None:
    """A phrase that names nothing, a mark too few or too many is an error."""
    with pytest.raises(ValidationError):
        RefusalRules.model_validate(load_refusal_rules().model_dump() | changed)
