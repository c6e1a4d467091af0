"""Numbers without gaps: one series per issuing company, year and kind of document."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from .document import DocumentKind, Issuer


@dataclass(frozen=True, slots=True)
class Series:
    """How far a series of numbers has come. It is written with every document, so that no two take one number."""

    id: str
    last: int = 0

    def take(self) -> tuple[Series, str]:
        """The series after its next number, and the number."""
        taken = replace(self, last=self.last + 1)
        return taken, f"{self.id}-{taken.last:06d}"


def series_id(issuer: Issuer, kind: DocumentKind, at: datetime, time_zone: str) -> str:
    """The series of a document issued now; years are those of the issuer's own calendar."""
    year = at.astimezone(ZoneInfo(time_zone)).year
    return f"{issuer.code}{'C' if kind is DocumentKind.CREDIT_NOTE else ''}-{year}"
