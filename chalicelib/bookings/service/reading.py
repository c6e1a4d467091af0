"""Finding bookings: whose they are and what happened to them."""

from __future__ import annotations

from chalicelib.bookings.domain import Booking
from chalicelib.bookings.domain.texts import HAPPENINGS
from chalicelib.bookings.items import BOOKING
from chalicelib.core.auth import Owner, Principal
from chalicelib.core.errors import NotFound
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import service as orders
from chalicelib.orders.domain import read_number


def find(uow: UnitOfWork, booking_id: str, principal: Principal) -> Booking:
    """A customer's own booking.

    Raises:
        MistypedNumber: the text cannot be a number of this shop.
        NotFound: no such booking, or not theirs: the two answers are the same.
    """
    booking = find_for_staff(uow, booking_id)
    if not principal.owns(Owner(customer=booking.customer)):
        raise NotFound("booking", booking.id)
    return booking


def find_for_merchant(uow: UnitOfWork, booking_id: str, principal: Principal) -> Booking:
    """A merchant's own booking (ALY-03, ROL-03).

    Raises:
        MistypedNumber: the text cannot be a number of this shop.
        NotFound: no such booking, or another merchant's: the two answers are the same.
    """
    booking = find_for_staff(uow, booking_id)
    if not principal.works_for(booking.merchant):
        raise NotFound("booking", booking.id)
    return booking


def find_for_staff(uow: UnitOfWork, booking_id: str) -> Booking:
    """Any booking, for staff who look after all of them.

    Raises:
        MistypedNumber: the text cannot be a number of this shop.
        NotFound: no such booking.
    """
    number = read_number(booking_id)
    booking = uow.find(BOOKING, number)
    if booking is None:
        raise NotFound("booking", number)
    return booking


def timeline(uow: UnitOfWork, booking: Booking) -> list[orders.Happening]:
    """What the customer sees of a booking's and its payment's life, oldest first: one query (ORD-26)."""
    return [happening for happening in orders.happenings(uow, booking.id) if happening.type in HAPPENINGS]


def timeline_for_merchant(uow: UnitOfWork, booking: Booking) -> list[orders.Happening]:
    """What a merchant sees: the booking's life; how its customer paid is not the merchant's business (ALY-03)."""
    return [row for row in timeline(uow, booking) if row.type.startswith("booking.")]


def timeline_for_staff(uow: UnitOfWork, booking: Booking) -> list[orders.Happening]:
    """Everything that happened to a booking and its money, with who did it (ORD-26)."""
    return orders.happenings(uow, booking.id)
