"""What a shopper asks a quote for: as it came in, and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.cart.domain import Cart, DeliveryMethod, Terms
from chalicelib.catalog.domain import Variant
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customs import service as customs
from chalicelib.markets import service as markets
from chalicelib.markets.domain import (
    Address,
    Contact,
    InvoiceRequest,
    Market,
    check_address,
    check_contact,
    check_invoice_request,
)
from chalicelib.shipping.domain.gift import GIFT_MESSAGE, GIFT_WRAP, GIFT_WRAP_PRICE, check_message
from chalicelib.shipping.domain.handover import Handover
from chalicelib.shipping.service import handover as handovers

Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shopper asks a quote for, as it came in.

    Args:
        contact: without a language, the cart's counts.
        country: where the buyer is, when nothing is shipped; else that of `ship_to` counts.
        channel: "" leaves the choice to the shop.
        payment_method: "" is the market's first.
        handover: for a pickup or own delivery, where and when; `ship_to` of a pickup then only names who comes.
        gift_message: for the card of a gift (ORD-10), "" for a gift without one; None when nothing is wrapped.
        invoice: whom the invoice is made out to (ORD-09); without an e-mail address, that of `contact` counts.
    """

    ship_to: Address | None
    contact: Contact
    country: str = ""
    region: str = ""
    delivery_method: DeliveryMethod = DeliveryMethod.COURIER
    channel: str = ""
    payment_method: str = ""
    vat_number: str = ""
    handover: Handover | None = None
    gift_message: str | None = None
    invoice: InvoiceRequest | None = None


def sent(variants: Mapping[str, Variant]) -> list[str]:
    """The SKUs that go into a parcel."""
    return [sku for sku, variant in variants.items() if variant.kind == "physical" and not variant.is_bundle]


def wrap_price(uow: UnitOfWork, market: Market) -> Money | None:
    """What wrapping an order as a gift costs in a market now; None where it is not offered (ORD-10)."""
    if not uow.setting(GIFT_WRAP, market.code):
        return None
    return Money(uow.setting(GIFT_WRAP_PRICE, market.code), market.currency)


def check_terms(
    uow: UnitOfWork, cart: Cart, asked: Asked, variants: Mapping[str, Variant], wrap: Money | None
) -> Terms:
    """What was asked for, checked and in normal form.

    Args:
        wrap: what gift wrap costs; None where it is not offered.

    Raises:
        Invalid: every wrong field is named at once; what only its country could judge is left out while a pickup
            names no store.
    """
    market = markets.market(cart.market)
    errors: list[FieldError] = []

    def checked(check: Callable[[], Checked], otherwise: Checked) -> Checked:
        try:
            return check()
        except Invalid as refused:
            errors.extend(FieldError(each["pointer"], each["detail"]) for each in refused.members["errors"])
            return otherwise

    shipped = bool(sent(variants))
    chosen = asked.handover if shipped else None
    errors += _handover_errors(market, asked, chosen) if shipped else []
    nowhere = bool(errors) and asked.delivery_method is DeliveryMethod.PICKUP  # the store is the place of supply
    ship_to = asked.ship_to if shipped and not nowhere else None
    if chosen is not None and chosen.point and not nowhere:
        picker = ship_to or Address("", "", (), "", "", "", "")
        ship_to = checked(lambda: check_address(_at_store(picker, chosen.store), "/pickup"), picker)
    elif ship_to is not None:
        address = ship_to
        ship_to = checked(lambda: check_address(address), address)
    elif shipped and not nowhere:
        errors.append(FieldError("/ship_to", "is required for goods that are sent"))
    country, region = (ship_to.country, ship_to.region) if ship_to else _whereabouts(asked, market)
    if nowhere:
        country = next((store.country for store in handovers.stores_of(market)), market.countries[0])
    reached = replace(asked.contact, language=asked.contact.language or cart.language)
    contact = checked(lambda: check_contact(reached, country), reached)
    if not nowhere:
        errors += _country_errors(market, country, region, "/ship_to/country" if ship_to else "/country")
    errors += _payment_errors(market, asked)
    vat_number = ""
    if asked.vat_number and not nowhere:
        vat_number = checked(lambda: customs.check_vat_number(asked.vat_number, country), "")
    gift = asked.gift_message
    if gift is not None:
        gift = checked(lambda: _check_gift(uow, asked.gift_message or "", market, wrap, shipped=shipped), None)
    invoice = asked.invoice
    if invoice is not None and not nowhere:
        request = invoice
        invoice = checked(lambda: check_invoice_request(request, country, otherwise_to=contact.email), None)
    if errors:
        raise Invalid(*errors)
    return Terms(
        ship_to=ship_to,
        contact=contact,
        country=country,
        region=region,
        delivery_method=str(asked.delivery_method) if shipped else None,
        channel=asked.channel if shipped and chosen is None else "",
        payment_method=asked.payment_method or market.payment_methods[0],
        vat_number=vat_number,
        handover=chosen,
        gift_message=gift,
        invoice=invoice,
    )


def _check_gift(uow: UnitOfWork, message: str, market: Market, wrap: Money | None, *, shipped: bool) -> str:
    """Whether the order can be wrapped, and the message as it goes onto the card (ORD-10).

    Raises:
        Invalid: nothing is sent, no wrap is offered here, or the message cannot be printed.
    """
    if not shipped:
        raise Invalid(FieldError("/gift_wrap", "is for goods that are sent"))
    if wrap is None:
        raise Invalid(FieldError("/gift_wrap", f"is not offered in the market {market.code}"))
    return check_message(message, uow.setting(GIFT_MESSAGE, market.code), "/gift_wrap/message")


def _handover_errors(market: Market, asked: Asked, chosen: Handover | None) -> list[FieldError]:
    """Whether the choice fits the way of delivery, and names a store of the market."""
    if asked.delivery_method is DeliveryMethod.COURIER:
        return []
    pointer = f"/{asked.delivery_method}"
    if chosen is None or bool(chosen.point) is (asked.delivery_method is DeliveryMethod.OWN_DELIVERY):
        return [FieldError(pointer, f"is required for {asked.delivery_method}")]
    if chosen.point and chosen.store not in {store.id for store in handovers.stores_of(market)}:
        return [FieldError(f"{pointer}/store", "is not a store of this market")]
    return []


def _at_store(picker: Address, store: str) -> Address:
    """Who picks up, at the store's address: the place of supply, and so of the tax, is the store."""
    place = markets.location(store)
    return Address(
        name=picker.name, phone=picker.phone, lines=place.lines, city=place.city, region=place.region,
        postal_code=place.postal_code, country=place.country,
    )  # fmt: skip


def _whereabouts(asked: Asked, market: Market) -> tuple[str, str]:
    """Country and region of a buyer to whom nothing is sent."""
    if asked.country:
        return asked.country, asked.region
    if asked.ship_to is not None:
        return asked.ship_to.country.strip().upper(), asked.ship_to.region.strip().upper()
    return (market.countries[0] if len(market.countries) == 1 else ""), asked.region


def _country_errors(market: Market, country: str, region: str, pointer: str) -> Sequence[FieldError]:
    if not country:
        return [FieldError(pointer, "is required: it decides the tax")]
    if country not in market.countries:
        return [FieldError(pointer, f"is not served by the market {market.code}")]
    if country == "US" and not region:
        return [FieldError("/region", "is required: it decides the tax")]
    return []


def _payment_errors(market: Market, asked: Asked) -> Sequence[FieldError]:
    methods = market.ways_to_pay(asked.delivery_method)
    if asked.payment_method and asked.payment_method not in methods:
        return [FieldError("/payment_method", f"is one of {', '.join(methods)}")]
    return []
