"""Quoting a cart and handing it over to the order (PRC-07, ORD-01, ORD-13, TAX-01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from chalicelib.cart.domain import (
    QUOTE_MINUTES,
    Cart,
    DeliveryMethod,
    KeptQuote,
    Quote,
    QuoteMissing,
    QuoteStale,
    Terms,
)
from chalicelib.cart.items import CART
from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import Variant
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, RuleRefused
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customs import service as customs
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Address, Contact, Market, check_address, check_contact

from .calculation import Basis, calculate
from .editing import find

Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shopper asks a quote for, as it came in.

    Args:
        contact: without a language, the cart's counts.
        country: where the buyer is, when nothing is shipped; else that of `ship_to` counts.
        channel: "" leaves the choice to the shop.
        payment_method: "" is the market's first.
    """

    ship_to: Address | None
    contact: Contact
    country: str = ""
    region: str = ""
    delivery_method: DeliveryMethod = DeliveryMethod.COURIER
    channel: str = ""
    payment_method: str = ""
    vat_number: str = ""


def quote(uow: UnitOfWork, cart_id: str, principal: Principal, asked: Asked) -> Quote:
    """Work out what the cart costs, everything included, and remember that it was shown. Three round trips.

    Raises:
        NotFound: no such cart, or somebody else's.
        NotAllowed: it has been ordered.
        Invalid: address, contact or choices; every wrong field is named.
        SoldOut: articles that no place has enough of; all are named.
        RuleRefused: nothing in it, not sold, not sent or not carried there.
    """
    cart = find(uow, cart_id, principal)
    cart.require_open("quote")
    variants = _load(uow, cart)
    terms = _terms(cart, asked, variants)
    made = _calculate(uow, cart, terms, variants)
    uow.put(CART, cart.quoted(KeptQuote(made.hash, made.expires_at, made.total, terms)))
    return made


def checkout(uow: UnitOfWork, cart_id: str, principal: Principal, quote_hash: str) -> tuple[Cart, Quote]:
    """The cart and its quote at present prices and stock, if that is what the shopper accepted (D5, D7). Two round
    trips.

    Variants and stock counters stay loaded in `uow` for whoever places the order. The caller ends with `mark_ordered`,
    which puts the cart and so makes the commit fail when it was changed meanwhile.

    Raises:
        NotFound: no such cart, or somebody else's.
        NotAllowed: it has been ordered already.
        QuoteMissing: it has never been quoted.
        QuoteStale: something differs from what was accepted, or the quote has expired; carries the present quote.
        SoldOut, RuleRefused: as for `quote`.
    """
    cart = find(uow, cart_id, principal)
    cart.require_open("order")
    if cart.quote is None:
        raise QuoteMissing("Ask for a quote of the cart first.")
    present = _calculate(uow, cart, cart.quote.terms, _load(uow, cart))
    if present.hash != quote_hash:
        raise QuoteStale(present, "changed")
    if uow.now >= cart.quote.expires_at:
        raise QuoteStale(present, "expired")
    return cart, present


def mark_ordered(uow: UnitOfWork, cart: Cart, order_id: str) -> Cart:
    """Turn a cart into an order's, in the order's own transaction: from then on it cannot be changed (D7)."""
    return uow.put(CART, cart.ordered(order_id))


def _load(uow: UnitOfWork, cart: Cart) -> Mapping[str, Variant]:
    """The variants of a cart and their stock, in one round trip.

    Raises:
        RuleRefused: the cart is empty, or articles are no longer on sale; all are named.
    """
    if not cart.lines:
        raise RuleRefused("There is nothing in the cart.", rule="ORD-01")
    skus = [line.sku for line in cart.lines]
    places = markets.market(cart.market).ships_from
    uow.load(*(VARIANT.ref(sku) for sku in skus), *inventory.refs(uow, skus, places))
    variants = catalog.variants(uow, skus)
    gone = [sku for sku in skus if sku not in variants or variants[sku].price(cart.market) is None]
    if gone:
        raise RuleRefused("Some articles are no longer on sale.", rule="CAT-01", skus=gone, market=cart.market)
    return variants


def _calculate(uow: UnitOfWork, cart: Cart, terms: Terms, variants: Mapping[str, Variant]) -> Quote:
    market = markets.market(cart.market)
    shipped = [line.sku for line in cart.lines if variants[line.sku].kind == "physical"]
    basis = Basis(
        cart=cart,
        terms=terms,
        market=market,
        variants=variants,
        exchange=markets.exchange_rates(uow),
        stock=inventory.available(uow, shipped, market.ships_from),
        expires_at=uow.now + timedelta(minutes=uow.setting(QUOTE_MINUTES, cart.market)),
    )
    return calculate(uow, basis)


def _terms(cart: Cart, asked: Asked, variants: Mapping[str, Variant]) -> Terms:
    """What was asked for, checked and in normal form; every wrong field is named at once."""
    market = markets.market(cart.market)
    errors: list[FieldError] = []

    def checked(check: Callable[[], Checked], otherwise: Checked) -> Checked:
        try:
            return check()
        except Invalid as refused:
            errors.extend(FieldError(each["pointer"], each["detail"]) for each in refused.members["errors"])
            return otherwise

    shipped = any(variants[line.sku].kind == "physical" for line in cart.lines)
    ship_to = asked.ship_to if shipped else None
    if ship_to is not None:
        address = ship_to
        ship_to = checked(lambda: check_address(address), address)
    elif shipped:
        errors.append(FieldError("/ship_to", "is required for goods that are sent"))
    country, region = (ship_to.country, ship_to.region) if ship_to else _whereabouts(asked, market)
    reached = replace(asked.contact, language=asked.contact.language or cart.language)
    contact = checked(lambda: check_contact(reached, country), reached)
    errors += _choice_errors(market, asked, country, region, "/ship_to/country" if ship_to else "/country")
    vat_number = ""
    if asked.vat_number:
        vat_number = checked(lambda: customs.check_vat_number(asked.vat_number, country), "")
    if errors:
        raise Invalid(*errors)
    if shipped and asked.delivery_method is not DeliveryMethod.COURIER:
        raise RuleRefused(
            "This way of delivery is not offered in this market.", rule="LOG-10", offered=[str(DeliveryMethod.COURIER)]
        )
    return Terms(
        ship_to=ship_to,
        contact=contact,
        country=country,
        region=region,
        delivery_method=str(asked.delivery_method) if shipped else None,
        channel=asked.channel if shipped else "",
        payment_method=asked.payment_method or market.payment_methods[0],
        vat_number=vat_number,
    )


def _whereabouts(asked: Asked, market: Market) -> tuple[str, str]:
    """Country and region of a buyer to whom nothing is sent."""
    if asked.country:
        return asked.country, asked.region
    if asked.ship_to is not None:
        return asked.ship_to.country.strip().upper(), asked.ship_to.region.strip().upper()
    return (market.countries[0] if len(market.countries) == 1 else ""), asked.region


def _choice_errors(
    market: Market, asked: Asked, country: str, region: str, country_pointer: str
) -> Sequence[FieldError]:
    errors = []
    if not country:
        errors.append(FieldError(country_pointer, "is required: it decides the tax"))
    elif country not in market.countries:
        errors.append(FieldError(country_pointer, f"is not served by the market {market.code}"))
    elif country == "US" and not region:
        errors.append(FieldError("/region", "is required: it decides the tax"))
    if asked.payment_method and asked.payment_method not in market.payment_methods:
        errors.append(FieldError("/payment_method", f"is one of {', '.join(market.payment_methods)}"))
    return errors


__all__ = ["Asked", "checkout", "mark_ordered", "quote"]
