"""A merchant of the alliance with a service to book, made through the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import Booking, Document, Offering, slot_id
from chalicelib.bookings.items import MERCHANT
from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import Contact

Do = Callable[[Callable[[UnitOfWork], Any]], Any]
PAPERS = (Document("business_licence", "s3://papers/1"), Document("tax_registration", "s3://papers/2"))


def active_merchant(do: Do, merchant: str, now: datetime) -> None:
    """Take a merchant through recruitment, from the invitation to the simple permission."""
    do(lambda uow: bookings.invite(
        uow, merchant, name={"en": merchant.replace("-", " ").title()}, market="CN", country="CN",
        time_zone="Asia/Shanghai", email=f"desk@{merchant}.example", language="zh-CN",
        closes_at=now + timedelta(minutes=1),
    ))  # fmt: skip
    do(lambda uow: bookings.register(uow, merchant))
    do(lambda uow: bookings.close_registration(uow, uow.get(MERCHANT, merchant)))
    do(lambda uow: bookings.screen(uow, merchant))
    do(lambda uow: bookings.submit_documents(uow, merchant, PAPERS, attended=True))
    do(lambda uow: bookings.activate(uow, merchant))


def on_offer(do: Do, service: str, merchant: str, starts: list[datetime], places: int, fee: Money | None) -> None:
    """Put a service of two hours on offer, with so many places at each of these times."""
    offering = Offering(
        id=service, merchant=merchant, title={"en": service.replace("-", " ").title(), "zh-CN": "体验"},
        description={}, prepayment=fee, minutes=120,
    )  # fmt: skip
    do(lambda uow: bookings.offer(uow, offering))
    do(lambda uow: bookings.open_slots(uow, service, dict.fromkeys(starts, places)))


def booked(do: Do, service: str, starts_at: datetime, who: Principal) -> Booking:
    """A booking of somebody."""
    asked = bookings.BookingRequest(service, slot_id(starts_at), Contact(who.email, "en"), "Ann")
    made: Booking = do(lambda uow: bookings.book(uow, asked, who))
    return made
