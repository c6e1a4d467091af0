"""Quoting a cart and handing it over to the order (PRC-07, ORD-01, ORD-13, TAX-01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

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
from chalicelib.catalog.domain import Component, Variant, component_skus
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Principal
from chalicelib.core.errors import LimitExceeded, RuleRefused
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Address, Contact, Market
from chalicelib.risk import service as risk
from chalicelib.risk.domain import Buyer
from chalicelib.shipping.domain.handover import Handover
from chalicelib.shipping.service import decisions, windows
from chalicelib.shipping.service import handover as handovers

from .asking import Asked, check_terms, sent, wrap_price
from .basis import Basis
from .calculation import calculate
from .editing import find


def quote(uow: UnitOfWork, cart_id: str, principal: Principal, asked: Asked, source: str = "") -> Quote:
    """Work out what the cart costs, everything included, and remember that it was shown. Three round trips; one more
    when bundles are in it.

    Args:
        source: digest of the internet address that asks (`risk.source_of`), or "".

    Raises:
        NotFound: no such cart, or somebody else's.
        NotAllowed: it has been ordered.
        Invalid: address, contact or choices; every wrong field is named.
        SoldOut: articles that no place has enough of; all are named.
        RuleRefused: nothing in it, not sold, not sent or not carried there.
        LimitExceeded: with what its bundles hold, more different articles, or more units, than one order takes.
        HoldsTooMuch: beside what the internet address holds unpaid (ORD-07).
    """
    cart = find(uow, cart_id, principal)
    cart.require_open("quote")
    standing = risk.match_keys(uow, _buyer(cart, asked.ship_to, asked.contact, asked.country, asked.delivery_method))
    around = [*_times(uow, cart, asked.ship_to), *risk.refs(standing), *risk.held_refs(uow, source)]
    variants = _load(uow, cart, asked.handover, around, offers_all=True)
    terms = check_terms(uow, cart, asked, variants, wrap_price(uow, markets.market(cart.market)))
    made = _calculate(uow, cart, terms, variants, standing, offers_all=True)
    counted = risk.hold(uow, source, made.stocked, cart.quote.counted if cart.quote else None)
    uow.put(CART, cart.quoted(KeptQuote(made.hash, made.expires_at, made.total, terms, counted)))
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
    times = _times(uow, cart, terms.ship_to, terms.handover) if terms.handover else ()
    around = [*times, *risk.refs(standing)]
    variants = _load(uow, cart, terms.handover, around, offers_all=False)
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


def _times(uow: UnitOfWork, cart: Cart, ship_to: Address | None, chosen: Handover | None = None) -> Sequence[Ref]:
    """What tells which times of the store's own delivery are taken at an address; of a chosen one, if it is."""
    address = (ship_to.country, ship_to.postal_code) if ship_to else None
    return windows.counters(uow, address, cart.market, chosen)


def _load(
    uow: UnitOfWork, cart: Cart, chosen: Handover | None, around: Sequence[Ref], *, offers_all: bool,
    sold: Mapping[str, tuple[Component, ...]] | None = None,
) -> Mapping[str, Variant]:  # fmt: skip
    """The variants of a cart and their stock, with what is needed around them, in one round trip; what bundles hold in
    another (CAT-04).

    Args:
        around: the times of own delivery, and where the customer stands.
        sold: the goods have been sold already, bundles with these components by SKU; what has been taken off sale or
            out of a bundle since is delivered all the same.

    Raises:
        RuleRefused: the cart is empty, or articles are no longer on sale; all are named.
        LimitExceeded: too many different articles.
    """
    if not cart.lines:
        raise RuleRefused("There is nothing in the cart.", rule="ORD-01")
    skus = [line.sku for line in cart.lines]
    places = _places(markets.market(cart.market), chosen, offers_all=offers_all)
    needed = [*inventory.refs(uow, skus, places), *around, *decisions.refs()]
    uow.load(*(VARIANT.ref(sku) for sku in skus), *needed)
    variants = catalog.variants(uow, skus)
    if sold is not None:
        variants = {sku: replace(variant, components=sold[sku]) for sku, variant in variants.items()}
    gone = [sku for sku in skus if sku not in variants or (sold is None and not variants[sku].price(cart.market))]
    if gone:
        raise RuleRefused("Some articles are no longer on sale.", rule="CAT-01", skus=gone, market=cart.market)
    bundles = [variant for variant in variants.values() if variant.is_bundle]
    if not bundles:
        return variants
    inside = component_skus(bundles)
    uow.load(*(VARIANT.ref(sku) for sku in inside), *inventory.refs(uow, inside, places))
    held = catalog.components(uow, bundles)
    if sold is None:
        _check_held(uow, cart.market, variants, bundles, held)
    return {**variants, **held}


def _check_held(
    uow: UnitOfWork, market: str, variants: Mapping[str, Variant], bundles: Sequence[Variant],
    held: Mapping[str, Variant],
) -> None:  # fmt: skip
    """Let through what bundles hold when all of it is on sale and fits into one order."""
    catalog.require_complete(bundles, held, market)
    most = uow.setting(MAX_LINES, market)
    if len({**variants, **held}) - len(bundles) > most:
        raise LimitExceeded(f"An order takes at most {most} different articles, bundles opened.", limit=most)


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
        stock=inventory.available(uow, sent(variants), _places(market, terms.handover, offers_all=offers_all)),
        expires_at=uow.now + timedelta(minutes=uow.setting(QUOTE_MINUTES, cart.market)),
        offers_all=offers_all,
        deposit=risk.deposit(uow, standing, market.code) if terms.delivery_method else None,
        wrap_price=wrap_price(uow, market),
    )
    return calculate(uow, basis)
