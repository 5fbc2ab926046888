"""What a person says of a request or an answer, as the row that is stored."""

from datetime import UTC, datetime

from agentalign.reviewing.frame import Subject, answer_of
from schemas.ids import row_id
from schemas.rows import Opinion, Review


def make_review(subject: Subject, opinion: Opinion, label: str = "", note: str = "") -> Review:
    """Return the row of a verdict given now; one on the same text has the same id."""
    row, answer = subject.row, answer_of(subject)
    return Review(
        id=row_id("review", subject.request.id, answer),
        slot=f"{row.slot}/review",
        subject=row.id,
        check=subject.check,
        category=row.category,
        intent=row.intent,
        instruction=subject.request.id,
        answer=answer,
        verdict=opinion,
        label=label,
        outcome=subject.outcome,
        masked=subject.masked,
        note=note,
        reviewed_at=datetime.now(UTC).isoformat(timespec="microseconds"),
    )
