"""Carts and quotes over HTTP."""

from __future__ import annotations

from chalicelib.cart import service
from chalicelib.cart.domain import Cart
from chalicelib.cart.items import CART
from chalicelib.core.auth import Owner
from chalicelib.core.errors import LimitExceeded, NotAllowed, RuleRefused, StaleVersion
from chalicelib.core.http import PUBLIC, SHOPPER, SIGNED_IN, Request, Routes
from chalicelib.core.ids import digest, new_token
from chalicelib.inventory.domain import SoldOut
from chalicelib.risk import service as risk
from chalicelib.risk.domain import HoldsTooMuch, MoreThanHeld
from chalicelib.shipping.domain.handover import SlotFull

from .models import CartView, ChangeLine, MoveCart, NewLine, OpenCart, OpenedCart
from .quotes import AskQuote, QuoteView

routes = Routes(__name__)


def _shown(request: Request, cart: Cart) -> CartView:
    request.set_etag(request.uow.version(CART, cart))
    return CartView.of(cart)


@routes.post("/carts", access=PUBLIC, status=201, errors=[RuleRefused, LimitExceeded])
def open_cart(request: Request, body: OpenCart) -> OpenedCart:
    """Open a cart (CRT-01, ORD-03).

    A signed-in shopper gets the stored cart, with the lines put in (CRT-03). A guest gets a new cart and its secret
    token, which is told this once.
    """
    signed_in = request.principal.kind == "shopper"
    token = None if signed_in else new_token()
    owner = Owner(guest=digest(token)) if token else request.principal.owner
    cart = service.create(
        request.uow,
        owner,
        body.market,
        body.language or request.language,
        [(line.sku, line.quantity) for line in body.lines],
        buy_now=body.buy_now,
    )
    request.set_etag(request.uow.version(CART, cart))
    return OpenedCart.of(cart, guest_token=token)


@routes.get("/carts/{cart_id}", access=SHOPPER)
def get_cart(request: Request, cart_id: str) -> CartView:
    """Your cart, as the mini cart shows it on every page (CRT-02)."""
    return _shown(request, service.find(request.uow, cart_id, request.principal))


@routes.patch("/carts/{cart_id}", access=SHOPPER, errors=[NotAllowed, StaleVersion, RuleRefused])
def move_cart(request: Request, cart_id: str, body: MoveCart, if_match: int | None) -> CartView:
    """Show the cart in another market or language, at that market's prices."""
    cart = service.move(request.uow, cart_id, request.principal, body.market, body.language, if_match)
    return _shown(request, cart)


@routes.delete("/carts/{cart_id}", access=SHOPPER, errors=[NotAllowed, StaleVersion])
def delete_cart(request: Request, cart_id: str, if_match: int | None) -> None:
    """Do away with a cart that has not been ordered."""
    service.delete(request.uow, cart_id, request.principal, if_match)


@routes.post("/carts/{cart_id}/lines", access=SHOPPER, status=201, errors=[NotAllowed, RuleRefused, LimitExceeded])
def add_line(request: Request, cart_id: str, body: NewLine) -> CartView:
    """Put an article in; more of one that is there already raises its quantity (CRT-01)."""
    return _shown(request, service.add_line(request.uow, cart_id, request.principal, body.sku, body.quantity))


@routes.delete("/carts/{cart_id}/lines", access=SHOPPER, errors=[NotAllowed, StaleVersion])
def empty_cart(request: Request, cart_id: str, if_match: int | None) -> CartView:
    """Take everything out (CRT-06)."""
    return _shown(request, service.empty(request.uow, cart_id, request.principal, if_match))


@routes.patch("/carts/{cart_id}/lines/{line_id}", access=SHOPPER, errors=[NotAllowed, StaleVersion, LimitExceeded])
def change_line(request: Request, cart_id: str, line_id: str, body: ChangeLine, if_match: int | None) -> CartView:
    """Set how many of an article are wanted (CRT-06)."""
    cart = service.change_quantity(request.uow, cart_id, request.principal, line_id, body.quantity, if_match)
    return _shown(request, cart)


@routes.delete("/carts/{cart_id}/lines/{line_id}", access=SHOPPER, errors=[NotAllowed, StaleVersion])
def remove_line(request: Request, cart_id: str, line_id: str, if_match: int | None) -> CartView:
    """Take an article out (CRT-06)."""
    return _shown(request, service.remove_line(request.uow, cart_id, request.principal, line_id, if_match))


@routes.post(
    "/carts/{cart_id}/quote", access=SHOPPER,
    errors=[NotAllowed, SoldOut, SlotFull, RuleRefused, LimitExceeded, MoreThanHeld, HoldsTooMuch],
)  # fmt: skip
def quote_cart(request: Request, cart_id: str, body: AskQuote) -> QuoteView:
    """What everything costs: goods, shipping, duty and tax in one calculation (PRC-07, ORD-01, ORD-13, TAX-01).

    The answer lists every way of delivery with price and days. It can be ordered by its hash until it expires; asking
    again gives a new one. Nothing is reserved. An internet address that holds too much unpaid gets no further quote
    until it has paid, cancelled, or waited (ORD-07).
    """
    source = risk.source_of(request.source_ip)
    return QuoteView.of(service.quote(request.uow, cart_id, request.principal, body.asked(), source))


@routes.post(
    "/carts/{cart_id}/merge", access=SIGNED_IN, with_guest=True, errors=[NotAllowed, RuleRefused, LimitExceeded]
)
def merge_cart(request: Request, cart_id: str) -> CartView:
    """Bring a guest's cart into your stored cart after signing in (CRT-03).

    Send the `Guest-Token` of the cart beside your sign-in. Doing it twice changes nothing.
    """
    return _shown(request, service.merge(request.uow, cart_id, request.principal))
