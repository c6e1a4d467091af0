"""Who brings a store's own deliveries (FUL-08)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from chalicelib.core.errors import FieldError, Invalid, RuleRefused


class NotOnRoster(RuleRefused):
    """Somebody else's name; `people` are those who deliver for the store."""

    code: ClassVar[str] = "not-on-roster"
    title: ClassVar[str] = "Not one of the store's delivery people"


@dataclass(frozen=True, slots=True)
class Roster:
    """The delivery people of a store, as it calls them; they need no sign-in of their own."""

    store: str
    people: tuple[str, ...] = ()

    def require(self, person: str) -> None:
        """Let somebody through who delivers for the store.

        Raises:
            NotOnRoster: somebody else; names who does.
        """
        if person not in self.people:
            detail = "Choose one of the store's delivery people." if self.people else "Name the delivery people first."
            raise NotOnRoster(detail, rule="FUL-08", people=list(self.people))


def check_people(people: Sequence[str]) -> None:
    """Names that a roster may have.

    Raises:
        Invalid: one is there twice.
    """
    twice = [FieldError(f"/people/{n}", "is named before") for n, one in enumerate(people) if one in people[:n]]
    if twice:
        raise Invalid(*twice)
