"""What everybody may see: merchants, their services, the times that are free."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.bookings import service
from chalicelib.bookings.domain import Standing
from chalicelib.bookings.items import MERCHANT, OFFERING, merchants_in, services_of
from chalicelib.core.errors import NotAllowed, RuleRefused, TooMany
from chalicelib.core.http import PUBLIC, Model, Page, Query, Request

from .door import routes
from .models import MerchantView, RegisterMerchant, RegistrationView, ServiceView, SlotList, SlotView


class SlotQuery(Model):
    """Which slots to show."""

    month: Annotated[
        str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$"), Field(description="UTC, `2026-12`.")
    ]


@routes.get("/merchants", access=PUBLIC)
def list_merchants(request: Request, query: Query) -> Page[MerchantView]:
    """The merchants of the alliance that can be booked."""
    page = request.page(
        MERCHANT, "gsi1", merchants_in(Standing.ACTIVE), limit=query.limit, cursor=query.cursor
    )  # fmt: skip
    return Page(items=[MerchantView.of(card, request.language) for card in page.items], next=page.next)


@routes.get("/merchants/{merchant_id}/services", access=PUBLIC)
def list_services(request: Request, merchant_id: str, query: Query) -> Page[ServiceView]:
    """What a merchant offers (ALY-04)."""
    merchant = service.services_on_offer(request.uow, merchant_id)
    page = request.page(
        OFFERING, "gsi1", services_of(merchant.id), limit=query.limit, cursor=query.cursor, keep=lambda card: card.open
    )  # fmt: skip
    return Page(items=[ServiceView.of(card, request.language) for card in page.items], next=page.next)


@routes.get("/services/{service_id}/slots", access=PUBLIC)
def list_slots(request: Request, service_id: str, query: SlotQuery) -> SlotList:
    """The times of a month at which a service can be had, full ones included."""
    slots = service.slots_of(request.uow, service_id, query.month.replace("-", ""))
    return SlotList(items=[SlotView.of(slot) for slot in slots])


@routes.post("/merchants/{merchant_id}/register", access=PUBLIC, errors=[NotAllowed, RuleRefused, TooMany])
def register_invited_merchant(request: Request, merchant_id: str, body: RegisterMerchant) -> RegistrationView:
    """Take up an invitation with the secret that its mail says, until the closing date (ALY-01).

    Doing so again changes nothing. A wrong secret is as good as no such invitation.
    """
    return RegistrationView.of(service.register_invited(request.uow, merchant_id, body.secret))
