"""Filling, changing, moving, emptying and merging carts. Nobody else's cart exists for a caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from chalicelib.cart.domain import KEEP_DAYS, MAX_LINES, MAX_QUANTITY, Article, Cart, CartState, Limits
from chalicelib.cart.items import CART, OWN_CART, customer_list
from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import Variant, pieces
from chalicelib.catalog.items import VARIANT
from chalicelib.core import table
from chalicelib.core.auth import Owner, Principal
from chalicelib.core.errors import NotFound, RuleRefused
from chalicelib.core.ids import digest, require_id
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.markets.domain import pick_text


def find(uow: UnitOfWork, cart_id: str, principal: Principal) -> Cart:
    """A cart of the caller's.

    Raises:
        NotFound: there is none, or it is somebody else's: the two answers are equal (Z1).
    """
    cart = uow.get(CART, cart_id)
    if not principal.owns(cart.owner):
        raise NotFound("cart", cart_id)
    return cart


def stored(uow: UnitOfWork, customer: str) -> Cart | None:
    """A customer's stored cart, or None (CRT-03)."""
    return _stored(uow, customer)[0]


def _stored(uow: UnitOfWork, customer: str) -> tuple[Cart | None, str]:
    """A customer's stored cart; where there is none, the id of the next one.

    The index only leads here and may be a moment behind. The id of each stored cart follows from the one before, so
    that whoever comes from an older one finds the way, and of two who open one at once the second finds the first's.
    """
    page = table.page(CART, "gsi1", customer_list(customer), limit=1, prefix=OWN_CART, newest_first=True)
    last = page.items[0].id if page.items else ""
    cart = uow.find(CART, last) if last else None
    if last and cart is None:
        return None, last  # done away with: its place is free
    while cart is None or cart.state is not CartState.OPEN or cart.owner != Owner(customer=customer):
        following = digest(f"cart#{customer}#{last}")[:32]
        found = uow.find(CART, following)
        if found is None:
            return None, following
        last = found.merged_into or found.id  # a guest's cart stands in the place of the one it was taken for
        cart = uow.find(CART, last)
    return cart, ""


def create(
    uow: UnitOfWork,
    owner: Owner,
    market_code: str,
    language: str,
    lines: Iterable[tuple[str, int]],
    *,
    buy_now: bool = False,
) -> Cart:
    """Open a cart and put articles in (CRT-01, ORD-03); a customer's stored cart is taken up again (CRT-03).

    Args:
        lines: SKU and quantity.
        buy_now: always a cart of its own, so that the stored one stays as it is (CRT-07).

    Raises:
        NotFound: no such market or SKU.
        RuleRefused: an article is not on sale in the market.
        LimitExceeded: more than a cart takes.
    """
    market = markets.market(market_code)
    found, following = _stored(uow, owner.customer) if owner.customer and not buy_now else (None, "")
    cart = found or Cart(
        id=following or uow.new_id(),
        owner=owner,
        market=market.code,
        currency=market.currency,
        language=market.language_for(language),
        expires_at=uow.now,
        buy_now=buy_now,
        listed_as=uow.new_id() if following else "",
    )
    wanted = list(lines)
    uow.load(*(VARIANT.ref(require_id(sku, "variant")) for sku, _ in wanted))
    known = catalog.variants(uow, (sku for sku, _ in wanted))
    if unknown := [sku for sku, _ in wanted if sku not in known]:
        raise NotFound("variant", skus=unknown)
    catalog.components(uow, known.values())
    for sku, quantity in wanted:
        cart = _added(uow, cart, sku, quantity)
    return _put(uow, cart)


def add_line(uow: UnitOfWork, cart_id: str, principal: Principal, sku: str, quantity: int) -> Cart:
    """Put an article in (CRT-01). Two round trips with the commit, three for a bundle.

    Raises:
        NotFound: no such cart, or no such SKU.
        NotAllowed: the cart has been ordered.
        RuleRefused: the article is not on sale in the cart's market.
        LimitExceeded: more than a cart takes.
    """
    uow.load(CART.ref(require_id(cart_id, "cart")), VARIANT.ref(require_id(sku, "variant")))
    return _put(uow, _added(uow, find(uow, cart_id, principal), sku, quantity))


def change_quantity(
    uow: UnitOfWork,
    cart_id: str,
    principal: Principal,
    line_id: str,
    quantity: int,
    version: int | None = None,
) -> Cart:
    """Set how many of an article are wanted (CRT-06).

    Args:
        version: the version of the cart the shopper saw; None does not care.

    Raises:
        NotFound, NotAllowed, LimitExceeded: as for `add_line`.
        StaleVersion: the cart has changed since.
    """
    cart = _seen(uow, cart_id, principal, version)
    return _put(uow, cart.change_quantity(line_id, quantity, _limits(uow, cart.market)))


def remove_line(
    uow: UnitOfWork,
    cart_id: str,
    principal: Principal,
    line_id: str,
    version: int | None = None,
) -> Cart:
    """Take an article out."""
    return _put(uow, _seen(uow, cart_id, principal, version).drop(line_id))


def empty(uow: UnitOfWork, cart_id: str, principal: Principal, version: int | None = None) -> Cart:
    """Take everything out (CRT-06)."""
    return _put(uow, _seen(uow, cart_id, principal, version).emptied())


def delete(uow: UnitOfWork, cart_id: str, principal: Principal, version: int | None = None) -> None:
    """Do away with a cart that has not been ordered."""
    cart = _seen(uow, cart_id, principal, version)
    cart.require_open("delete")
    uow.remove(CART, cart)


def move(
    uow: UnitOfWork,
    cart_id: str,
    principal: Principal,
    market_code: str | None,
    language: str | None,
    version: int | None = None,
) -> Cart:
    """Show the cart in another market or language, at that market's prices.

    Raises:
        NotFound: no such cart or market.
        RuleRefused: articles are not on sale there; all are named.
    """
    cart = _seen(uow, cart_id, principal, version)
    market = markets.market(market_code or cart.market)
    spoken = market.language_for(language or cart.language)
    articles = _articles(uow, [line.sku for line in cart.lines], market.code, spoken)
    return _put(uow, cart.moved(market.code, market.currency, spoken, articles))


def merge(uow: UnitOfWork, cart_id: str, principal: Principal) -> Cart:
    """Bring a guest's cart into the stored cart of the customer who has just signed in (CRT-03).

    The guest's token must come along: knowing the cart's id proves nothing (D15). Done again it changes nothing.

    Raises:
        NotFound: no such cart, or it is neither the guest's nor the customer's.
        NotAllowed: it has been ordered.
        RuleRefused, LimitExceeded: the customer's cart, in its own market, cannot take it all.
    """
    cart = find(uow, cart_id, principal)
    if cart.merged_into:
        return find(uow, cart.merged_into, principal)
    if cart.owner.customer:
        return cart
    into, place = (None, "") if cart.buy_now else _stored(uow, principal.id)
    if into is None:
        taken = cart.adopted_by(principal.id, uow.new_id())
        if place and place != cart.id:
            _put(uow, taken.stands_for(place))
        return _put(uow, taken)
    articles = _articles(uow, [line.sku for line in cart.lines], into.market, into.language)
    brought = [replace(line, article=articles[line.sku]) for line in cart.lines]
    _put(uow, cart.merged(into.id))
    return _put(uow, into.absorb(brought, _limits(uow, into.market)))


def _seen(uow: UnitOfWork, cart_id: str, principal: Principal, version: int | None) -> Cart:
    cart = find(uow, cart_id, principal)
    uow.expect(CART, cart, version)
    return cart


def _put(uow: UnitOfWork, cart: Cart) -> Cart:
    return uow.put(CART, replace(cart, expires_at=uow.now + timedelta(days=uow.setting(KEEP_DAYS))))


def _limits(uow: UnitOfWork, market: str) -> Limits:
    return Limits(uow.setting(MAX_LINES, market), uow.setting(MAX_QUANTITY, market))


def _added(uow: UnitOfWork, cart: Cart, sku: str, quantity: int) -> Cart:
    cart.require_open("add")
    variant = catalog.sellable(uow, sku, cart.market)
    article = _article(variant, catalog.components(uow, [variant]), cart.market, cart.language)
    return cart.add(uow.new_id(), article, quantity, _limits(uow, cart.market), uow.now)


def _articles(uow: UnitOfWork, skus: list[str], market: str, language: str) -> Mapping[str, Article]:
    """What a cart shows of these articles in a market.

    Raises:
        RuleRefused: names all that are not on sale there; bundles of which a component is not.
    """
    variants = catalog.variants(uow, skus)
    missing = [sku for sku in skus if sku not in variants or variants[sku].price(market) is None]
    if missing:
        raise RuleRefused("Some articles are not on sale in this market.", rule="CAT-01", skus=missing, market=market)
    parts = catalog.components(uow, variants.values())
    catalog.require_complete(variants.values(), parts, market)
    return {sku: _article(variants[sku], parts, market, language) for sku in skus}


def _article(variant: Variant, parts: Mapping[str, Variant], market: str, language: str) -> Article:
    return Article(
        sku=variant.sku,
        product=variant.product,
        title=pick_text(variant.title, language),
        image=variant.image,
        kind=str(variant.kind),
        unit_price=variant.prices[market],
        pieces=pieces(variant, parts),
    )
