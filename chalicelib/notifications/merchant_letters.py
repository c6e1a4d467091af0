"""What merchants are told on their way into the alliance: one row per event (ALY-01, ALY-02, ALY-03).

A row's function gets the merchant, the event's data and the unit of work, and answers with the facts for the template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.bookings import domain as bookings
from chalicelib.bookings import service as alliance
from chalicelib.bookings.domain import Merchant
from chalicelib.bookings.domain import settings as numbers
from chalicelib.core import config
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import pick_text

Facts = Mapping[str, Any]
Teller = Callable[[Merchant, Any, UnitOfWork], Facts | None]


@dataclass(frozen=True, slots=True)
class MerchantLetter:
    """A letter's template and what fills it."""

    template: str
    tell: Teller


def about_merchant(merchant: Merchant) -> Facts:
    """What every letter to a merchant may name."""
    name = pick_text(merchant.name, merchant.language)
    return {"name": name, "merchant": {"id": merchant.id, "name": name}}


def _invited(merchant: Merchant, data: bookings.MerchantInvited, _uow: UnitOfWork) -> Facts | None:
    """What registers the merchant: this letter is the only place that says it. One that was taken up needs none."""
    if merchant.standing is not bookings.Standing.INVITED:
        return None
    where = f"{config.public_url()}/merchants/{merchant.id}/register"
    return {"closes_at": data.closes_at, "where": where, "secret": alliance.invitation_secret(merchant)}


def _registered(merchant: Merchant, _data: bookings.MerchantRegistered, _uow: UnitOfWork) -> Facts:
    return {"closes_at": merchant.closes_at}


def _qualified(_merchant: Merchant, _data: bookings.MerchantQualified, uow: UnitOfWork) -> Facts:
    """What is to be handed in; kinds that we have no words for are named as the setting names them."""
    wanted = uow.setting(numbers.REQUIRED_DOCUMENTS).split(",")
    return {"documents": [kind.strip() for kind in wanted if kind.strip()]}


def _rejected(_merchant: Merchant, data: bookings.MerchantRejected, _uow: UnitOfWork) -> Facts:
    return {"reason": data.reason}


def _accepted(_merchant: Merchant, _data: bookings.MerchantActivated, _uow: UnitOfWork) -> Facts:
    return {}


MERCHANT_LETTERS: Final[Mapping[type, MerchantLetter]] = {
    bookings.MerchantInvited: MerchantLetter("merchants/invited", _invited),
    bookings.MerchantRegistered: MerchantLetter("merchants/registered", _registered),
    bookings.MerchantQualified: MerchantLetter("merchants/documents_asked", _qualified),
    bookings.MerchantRejected: MerchantLetter("merchants/refused", _rejected),
    bookings.MerchantActivated: MerchantLetter("merchants/accepted", _accepted),
}
