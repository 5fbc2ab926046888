"""Faults that are planted at known rates, so that a filter's catch rate can be measured."""

from dataclasses import dataclass, replace

from schemas.ids import rank, share
from schemas.params import DefectKind, Rehearsal
from tasks.rehearsal.exchange import Asked, Said

RATE_AFTER_CORRECTION = 0.25
_ATTEMPT_FACTORS = {1: 1.0, 2: 0.5}
_STATUS: tuple[tuple[DefectKind, int], ...] = (("http_429", 429), ("http_500", 500), ("timeout", 0))


@dataclass(frozen=True, slots=True)
class Faults:
    """Draws that depend on the seed and what is asked alone."""

    rehearsal: Rehearsal

    def planted(self, kind: DefectKind, *what: object, factor: float = 1.0) -> bool:
        """Return whether a fault of this kind is planted in `what`."""
        rate = self.rehearsal.defects.get(kind, 0.0) * factor
        return rate > 0 and share(self.rehearsal.seed, kind, *what) < rate

    def share(self, *what: object) -> float:
        """Return a uniform draw in [0, 1)."""
        return share(self.rehearsal.seed, *what)

    def rank(self, *what: object) -> int:
        """Return a uniform 64-bit draw."""
        return rank(self.rehearsal.seed, *what)

    def transport(self, asked: Asked, attempt: int) -> int | None:
        """Return the status to fail an attempt with; 0 never answers, None doesn't fail."""
        factor = _ATTEMPT_FACTORS.get(attempt, 0.0)
        for kind, status in _STATUS:
            if factor and self.planted(kind, attempt, asked.digest, factor=factor):
                return status
        return None


def break_json(said: Said, asked: Asked, faults: Faults) -> Said:
    """Return the answer, or at the asked rate one that can't be read. Mostly once per request."""
    factor = RATE_AFTER_CORRECTION if asked.corrected else 1.0
    if not faults.planted("bad_json", asked.digest, factor=factor):
        return said
    text = said.text or ""
    forms = (
        text[: len(text) * 2 // 3],
        text.replace('"', "'"),
        '{"result": []}',
        "Sure, here is what you asked for: " + text[1:-1],
    )
    broken = forms[faults.rank("form", asked.digest) % len(forms)]
    return replace(said, text=broken, defects=("bad_json",))
