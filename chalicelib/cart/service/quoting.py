"""Quoting a cart and handing it over to the order (PRC-07, ORD-01, ORD-13, TAX-01)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from chalicelib.cart.domain import (
    MAX_LINES,
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
from chalicelib.catalog.domain import Variant, component_skus
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, LimitExceeded, RuleRefused
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customs import service as customs
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Address, Contact, Market, check_address, check_contact
from chalicelib.risk import service as risk
from chalicelib.risk.domain import Buyer
from chalicelib.shipping.domain.handover import Handover
from chalicelib.shipping.items.slots import slot_ref
from chalicelib.shipping.service import handover as handovers

from .basis import Basis
from .calculation import calculate
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
        handover: for a pickup or own delivery, where and when; `ship_to` of a pickup then only names who comes.
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


def quote(uow: UnitOfWork, cart_id: str, principal: Principal, asked: Asked) -> Quote:
    """Work out what the cart costs, everything included, and remember that it was shown. Three round trips; one more
    when bundles are in it.

    Raises:
        NotFound: no such cart, or somebody else's.
        NotAllowed: it has been ordered.
        Invalid: address, contact or choices; every wrong field is named.
        SoldOut: articles that no place has enough of; all are named.
        RuleRefused: nothing in it, not sold, not sent or not carried there.
        LimitExceeded: with what its bundles hold, more different articles than one order takes.
    """
    cart = find(uow, cart_id, principal)
    cart.require_open("quote")
    standing = risk.match_keys(uow, _buyer(cart, asked.ship_to, asked.contact, asked.country, asked.delivery_method))
    variants = _load(uow, cart, asked.handover, risk.refs(standing), offers_all=True)
    terms = _terms(cart, asked, variants)
    made = _calculate(uow, cart, terms, variants, standing, offers_all=True)
    uow.put(CART, cart.quoted(KeptQuote(made.hash, made.expires_at, made.total, terms)))
    return made


def checkout(uow: UnitOfWork, cart_id: str, principal: Principal, quote_hash: str) -> tuple[Cart, Quote]:
    """The cart and its quote at present prices and stock, if that is what the shopper accepted (D5, D7). Two round
    trips; one more when bundles are in it.

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
    terms = cart.quote.terms
    standing = risk.match_keys(uow, _buyer(cart, terms.ship_to, terms.contact, terms.country, terms.delivery_method))
    variants = _load(uow, cart, terms.handover, risk.refs(standing), offers_all=False)
    present = _calculate(uow, cart, terms, variants, standing, offers_all=False)
    if present.hash != quote_hash:
        raise QuoteStale(present, "changed")
    if uow.now >= cart.quote.expires_at:
        raise QuoteStale(present, "expired")
    return cart, present


def mark_ordered(uow: UnitOfWork, cart: Cart, order_id: str) -> Cart:
    """Turn a cart into an order's, in the order's own transaction: from then on it cannot be changed (D7)."""
    return uow.put(CART, cart.ordered(order_id))


def _buyer(cart: Cart, ship_to: Address | None, contact: Contact, country: str, delivery_method: str | None) -> Buyer:
    """By what the shop recognises who orders, over guest orders and second accounts (BAL-06)."""
    where = ship_to.country.strip().upper() if ship_to and ship_to.country else country
    return Buyer(cart.owner.customer, contact.phone, ship_to, where, delivery_method == DeliveryMethod.PICKUP)


def _load(
    uow: UnitOfWork, cart: Cart, chosen: Handover | None, standing: Sequence[Ref], *, offers_all: bool
) -> Mapping[str, Variant]:
    """The variants of a cart and their stock, the chosen appointment and where the customer stands, in one round trip;
    what bundles hold in another (CAT-04).

    Raises:
        RuleRefused: the cart is empty, or articles are no longer on sale; all are named.
        LimitExceeded: too many different articles.
    """
    if not cart.lines:
        raise RuleRefused("There is nothing in the cart.", rule="ORD-01")
    skus = [line.sku for line in cart.lines]
    places = _places(markets.market(cart.market), chosen, offers_all=offers_all)
    slot = [slot_ref(chosen.store, chosen.slot_from)] if chosen and chosen.slot_from else []
    uow.load(*(VARIANT.ref(sku) for sku in skus), *inventory.refs(uow, skus, places), *slot, *standing)
    variants = catalog.variants(uow, skus)
    gone = [sku for sku in skus if sku not in variants or variants[sku].price(cart.market) is None]
    if gone:
        raise RuleRefused("Some articles are no longer on sale.", rule="CAT-01", skus=gone, market=cart.market)
    bundles = [variant for variant in variants.values() if variant.is_bundle]
    return {**variants, **_held(uow, cart.market, variants, bundles, places)} if bundles else variants


def _held(
    uow: UnitOfWork, market: str, variants: Mapping[str, Variant], bundles: Sequence[Variant], places: Sequence[str]
) -> Mapping[str, Variant]:
    """What the bundles among a cart's articles hold, with its stock."""
    skus = component_skus(bundles)
    uow.load(*(VARIANT.ref(sku) for sku in skus), *inventory.refs(uow, skus, places))
    held = catalog.components(uow, bundles)
    catalog.require_complete(bundles, held, market)
    most = uow.setting(MAX_LINES, market)
    if len({**variants, **held}) - len(bundles) > most:
        raise LimitExceeded(f"An order takes at most {most} different articles, bundles opened.", limit=most)
    return held


def _sent(variants: Mapping[str, Variant]) -> list[str]:
    """The SKUs that go into a parcel."""
    return [sku for sku, variant in variants.items() if variant.kind == "physical" and not variant.is_bundle]


def _places(market: Market, chosen: Handover | None, *, offers_all: bool) -> tuple[str, ...]:
    """Where stock is looked for: what is sent, what the chosen store hands over, and what stores could."""
    places = (chosen.store,) if chosen else market.ships_from
    stores = tuple(store.id for store in handovers.stores_of(market)) if offers_all else ()
    return tuple(dict.fromkeys((*places, *stores)))


def _calculate(
    uow: UnitOfWork,
    cart: Cart,
    terms: Terms,
    variants: Mapping[str, Variant],
    standing: Sequence[str],
    *,
    offers_all: bool,
) -> Quote:
    market = markets.market(cart.market)
    basis = Basis(
        cart=cart,
        terms=terms,
        market=market,
        variants=variants,
        exchange=markets.exchange_rates(uow),
        stock=inventory.available(uow, _sent(variants), _places(market, terms.handover, offers_all=offers_all)),
        expires_at=uow.now + timedelta(minutes=uow.setting(QUOTE_MINUTES, cart.market)),
        offers_all=offers_all,
        deposit=risk.deposit(uow, standing, market.code) if terms.delivery_method else None,
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

    shipped = bool(_sent(variants))
    chosen = asked.handover if shipped else None
    errors += _handover_errors(market, asked, chosen) if shipped else []
    if errors:
        raise Invalid(*errors)
    ship_to = asked.ship_to if shipped else None
    if chosen is not None and chosen.point:
        picker = ship_to or Address("", "", (), "", "", "", "")
        ship_to = checked(lambda: check_address(_at_store(picker, chosen.store), "/pickup"), picker)
    elif ship_to is not None:
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
    )


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
    methods = market.ways_to_pay(asked.delivery_method)
    if asked.payment_method and asked.payment_method not in methods:
        errors.append(FieldError("/payment_method", f"is one of {', '.join(methods)}"))
    return errors


__all__ = ["Asked", "checkout", "mark_ordered", "quote"]
