"""How the merchant alliance is kept.

A booking lies in the partition of its number, beside its payment, its entries in the books and its mails, as an order
does. The free places of a slot are a counter that moves by condition, so that no slot is ever overbooked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.marks import Mark, mark_of
from chalicelib.core.money import Money
from chalicelib.core.table import CounterKind, Index, Key, Kind

from .domain import WITH_MERCHANT, Booking, Merchant, NoShowRun, Offering, Standing, State

#: Finance's list: prepayments that are due back, and those whose time is over without a word of the merchant (ALY-09).
REFUNDS_LIST: Final = "WORK#BOOKING_REFUNDS"
#: The staff's list: what merchants have not done in time (AMB-20).
ESCALATIONS_LIST: Final = "WORK#BOOKINGS"


@dataclass(frozen=True, slots=True)
class MerchantCard:
    """A merchant in a list."""

    id: str
    name: dict[str, str]
    market: str
    country: str
    standing: Standing
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class OfferingCard:
    """A service in a list."""

    id: str
    merchant: str
    title: dict[str, str]
    description: dict[str, str]
    prepayment: Money | None
    minutes: int
    open: bool


@dataclass(frozen=True, slots=True)
class BookingCard:
    """A booking in a list. No names: whoever needs them opens it."""

    id: str
    merchant: str
    service: str
    title: dict[str, str]
    state: State
    starts_at: datetime
    prepayment: Money | None
    due: datetime
    missed: tuple[str, ...]
    mark: Mark = "unhandled"
    claimed_by: str = ""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Something that a merchant has not done in time; kept until it has, or the booking is off (AMB-20).

    Args:
        claimed_by: the member of staff who has taken it up, or "" (ORD-17).
    """

    booking: str
    merchant: str
    deadline: str
    since: datetime
    claimed_by: str = ""

    @property
    def state(self) -> str:
        """What the list is divided by: what has not been done."""
        return self.deadline

    @property
    def mark(self) -> Mark:
        """Its colour (ORD-17)."""
        return mark_of(late=False, claimed_by=self.claimed_by, waits=True)


def merchants_in(standing: Standing) -> str:
    """The merchants of one standing."""
    return f"MERCHANTS#{standing}"


def services_of(merchant: str) -> str:
    """The services of a merchant."""
    return f"MERCHANT#{merchant}"


def merchant_list(merchant: str) -> str:
    """A merchant's work list: what it has to confirm, to report and to remark, by state and then by time (ORD-17)."""
    return f"WORK#MERCHANT#{merchant}"


def customer_list(customer: str) -> str:
    """A customer's bookings, in order of booking."""
    return f"CUSTOMER#{customer}"


def _booking_index(booking: Booking) -> Index:
    work = None
    if booking.state in WITH_MERCHANT and not booking.is_refund_overdue:
        work = merchant_list(booking.merchant), f"{booking.state}#{stamp(booking.starts_at)}#{booking.id}"
    elif booking.state is State.REFUND_DUE or booking.is_refund_overdue:
        due = booking.deadlines.get("refund_by", booking.starts_at)  # an overdue one comes first
        work = REFUNDS_LIST, f"{stamp(due)}#{booking.id}"
    return Index(
        gsi1=(customer_list(booking.customer), f"BOOKING#{stamp(booking.booked_at)}#{booking.id}"),
        gsi2=work,
        due=booking.deadlines,
    )


MERCHANT: Final = Kind(
    "merchant", Merchant,
    key=lambda merchant_id: Key(f"MERCHANT#{merchant_id}", "MERCHANT"),
    of=lambda merchant: Key(f"MERCHANT#{merchant.id}", "MERCHANT"),
    index=lambda merchant: Index(gsi1=(merchants_in(merchant.standing), merchant.id), due=merchant.deadlines),
    card=lambda m: MerchantCard(m.id, m.name, m.market, m.country, m.standing, m.closes_at), card_type=MerchantCard,
)  # fmt: skip

OFFERING: Final = Kind(
    "offering", Offering,
    key=lambda service_id: Key(f"SERVICE#{service_id}", "SERVICE"),
    of=lambda offering: Key(f"SERVICE#{offering.id}", "SERVICE"),
    index=lambda offering: Index(gsi1=(services_of(offering.merchant), f"SERVICE#{offering.id}")),
    card=lambda o: OfferingCard(o.id, o.merchant, o.title, o.description, o.prepayment, o.minutes, o.open),
    card_type=OfferingCard,
)  # fmt: skip

SLOT: Final = CounterKind("slot", key=lambda service_id, slot: Key(f"SERVICE#{service_id}", f"SLOT#{slot}"))
"""The places of a slot: `capacity` and `free`."""

BOOKING: Final = Kind(
    "booking", Booking,
    key=lambda number: Key(f"ORDER#{number}", "BOOKING"),
    of=lambda booking: Key(f"ORDER#{booking.id}", "BOOKING"),
    index=_booking_index,
    card=lambda b: BookingCard(
        b.id, b.merchant, b.service, b.title, b.state, b.starts_at, b.prepayment, b.due, b.missed, b.mark, b.claimed_by
    ),
    card_type=BookingCard,
)  # fmt: skip

ESCALATION: Final = Kind(
    "booking_escalation", Escalation,
    key=lambda number: Key(f"ORDER#{number}", "ESCALATION"),
    of=lambda escalation: Key(f"ORDER#{escalation.booking}", "ESCALATION"),
    index=lambda escalation: Index(gsi2=(ESCALATIONS_LIST, f"{stamp(escalation.since)}#{escalation.booking}")),
    card=lambda escalation: escalation, card_type=Escalation,
)  # fmt: skip

RUN: Final = Kind(
    "no_show_run", NoShowRun,
    key=lambda customer: Key(f"CUSTOMER#{customer}", "NO_SHOW_RUN"),
    of=lambda run: Key(f"CUSTOMER#{run.customer}", "NO_SHOW_RUN"),
)  # fmt: skip
