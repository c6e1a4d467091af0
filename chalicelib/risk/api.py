"""What staff ask of risk: where a customer stands, and who is on the blacklist (RSK-02, BAL-05)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from chalicelib.core.auth import Post, staff, staff_of_the_house
from chalicelib.core.http import Id, Model, Request, Routes
from chalicelib.markets.domain import Address

from . import service
from .domain import Buyer, Mark, Standing, Terms

routes = Routes(__name__)

#: Who may look a customer up, and who may shut one out.
READERS = staff_of_the_house(Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.AFTER_SALES, Post.FINANCE)
KEEPERS = staff(Post.ORDER_DESK, Post.FINANCE)

Part = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class BuyerBody(Model):
    """By what a customer is recognised: an account, a phone number, or a name with its address (BAL-06, AMB-08)."""

    customer: Id | None = None
    phone: Part = ""
    name: Part = ""
    lines: Annotated[tuple[Part, ...], Field(max_length=4, strict=False)] = ()
    postal_code: Part = ""
    country: Annotated[str, StringConstraints(pattern="^([A-Z]{2})?$")] = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.customer or self.phone or (self.name and self.lines)):
            raise ValueError("give a customer, a phone, or a name with lines")
        return self

    def buyer(self) -> Buyer:
        """The value that the domain works with."""
        address = Address(self.name, self.phone, self.lines, "", "", self.postal_code, self.country)
        return Buyer(self.customer or "", self.phone, address, self.country)


class BlacklistBody(BuyerBody):
    """Who is put on the blacklist, or taken off with an empty reason."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class MarkView(Model):
    """What is remembered of one hand-over of an order."""

    order_id: str
    attempt: Annotated[int, Field(description="Which failed hand-over of the order; 0: the one that completed it.")]
    failed_at: datetime | None
    quarter: Annotated[str, Field(description="Calendar quarter at the store in which it failed.")]
    by_customer: bool
    completed_at: datetime | None

    @classmethod
    def of(cls, mark: Mark) -> MarkView:
        return cls(**{name: getattr(mark, name) for name in cls.model_fields})


class StandingView(Model):
    """What is remembered under one of a customer's keys."""

    key: str
    terms: Literal["normal", "deposit"]
    clean_run: Annotated[int, Field(description="Clean orders in a row, each of which carried the deposit (BAL-07).")]
    cases: Annotated[dict[str, int], Field(description="Failed hand-overs by the customer's fault, by quarter.")]
    blocked: Annotated[str, Field(description="Why on the blacklist; empty: not.")]
    orders: tuple[MarkView, ...]

    @classmethod
    def of(cls, standing: Standing, terms: Terms) -> StandingView:
        return cls(
            key=standing.key,
            terms="deposit" if terms.on_deposit else "normal",
            clean_run=terms.run,
            cases=dict(terms.cases),
            blocked=standing.blocked,
            orders=tuple(map(MarkView.of, standing.marks)),
        )


class StandingsView(Model):
    """Where a customer stands. An order carries a deposit when any key is on deposit terms."""

    items: tuple[StandingView, ...]


def _standings(request: Request, keys: tuple[str, ...]) -> StandingsView:
    return StandingsView(items=tuple(StandingView.of(*each) for each in service.standings(request.uow, keys)))


@routes.post("/staff/standings", access=READERS, commit=False)
def look_up_standing(request: Request, body: BuyerBody) -> StandingsView:
    """Look up where a customer stands. A POST, so that no phone or address is in an address line or a log (BAL-05)."""
    return _standings(request, service.match_keys(request.uow, body.buyer()))


@routes.put("/staff/blacklist", access=KEEPERS)
def change_blacklist(request: Request, body: BlacklistBody) -> StandingsView:
    """Put a buyer on the blacklist: their orders are held for a person. An empty reason takes them off (RSK-02)."""
    keys = service.match_keys(request.uow, body.buyer())
    service.block(request.uow, keys, body.reason)
    return _standings(request, keys)
