"""What is planned to happen to an agent at work, part of what its execution records."""

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Declared

FaultCode = Literal["temporarily_unavailable", "rate_limited", "timed_out"]


class Incident(Declared):
    """Something that happens once, when `at` calls have succeeded.

    A `fault` strikes the next call that is sound: the environment fails with `code`, and the call
    is not done; the same call made again is. A `reveal` leaves the call as it is: what the next
    call that succeeds observes carries `text`, a note that somebody left there. Of a fault and a
    reveal at the same place, the fault comes first.
    """

    at: int = Field(ge=0)
    kind: Literal["fault", "reveal"]
    code: FaultCode | Literal[""] = ""
    text: str = ""

    @model_validator(mode="after")
    def _has_what_its_kind_takes(self) -> Self:
        if self.kind == "fault" and (not self.code or self.text):
            raise ValueError("a fault has a code, and no text")
        if self.kind == "reveal" and (self.code or not self.text):
            raise ValueError("a reveal has a text, and no code")
        return self
