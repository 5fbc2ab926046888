"""What may be planned to happen."""

import pytest
from pydantic import ValidationError

from schemas.incidents import Incident


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"kind": "fault"}, "a fault has a code, and no text"),
        ({"kind": "fault", "code": "timed_out", "text": "x"}, "a fault has a code, and no text"),
        ({"kind": "fault", "code": "on_fire"}, "code"),
        ({"kind": "reveal"}, "a reveal has a text, and no code"),
        ({"kind": "reveal", "text": "x", "code": "timed_out"}, "a reveal has a text, and no code"),
        ({"kind": "reveal", "text": "x", "at": -1}, "at"),
    ],
)
def test_an_incident_has_what_its_kind_takes(values: dict[str, object], says: str) -> None:
    """A fault has one of the codes, a reveal a text, and neither the other's."""
    with pytest.raises(ValidationError, match=says):
        Incident.model_validate({"at": 0} | values)
