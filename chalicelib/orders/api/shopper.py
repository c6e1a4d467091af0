"""What shoppers and guests do with their own orders."""

from __future__ import annotations

from chalicelib.cart.domain import QuoteStale
from chalicelib.core.auth import SHOPPER, SIGNED_IN
from chalicelib.core.errors import LimitExceeded, NotAllowed, RuleRefused
from chalicelib.core.http import Page, Query, Request
from chalicelib.inventory.domain import SoldOut
from chalicelib.ledger.domain import InsufficientBalance
from chalicelib.markets.models import InvoiceBody
from chalicelib.orders import service
from chalicelib.orders.domain import CancelReason, OtherWay
from chalicelib.orders.items import ORDER, customer_list
from chalicelib.payments.domain import AlreadyPaid, PartRefused
from chalicelib.payments.models import CheckoutView
from chalicelib.risk import service as risk
from chalicelib.risk.domain import HoldsTooMuch, MoreThanHeld
from chalicelib.shipping.domain.handover import SlotFull

from . import routes
from .bodies import BuyNow, CancelOrder, CorrectOrder, PayFromBalance, PayOrder, PlaceOrder, ReorderOrder
from .views import (
    HappeningView,
    OrderPaymentView,
    OrderSummary,
    OrderView,
    PurchaseView,
    RefilledView,
    TimelineView,
)


def _again(request: Request, order_id: str) -> OrderView:
    """The answer to a repeated request: the order as it is now."""
    return OrderView.of(service.find(request.uow, order_id, request.principal), request.language)


@routes.post(
    "/orders", access=SHOPPER, status=201, idempotent=_again, recall=service.placed_before,
    errors=[QuoteStale, SoldOut, SlotFull],
)  # fmt: skip
def place_order(request: Request, body: PlaceOrder) -> OrderView:
    """Confirm a quote and submit the order (ORD-01, ORD-04, ORD-07).

    The stock is reserved; the order waits for its payment until `pay_by`. When price, stock or delivery are no longer
    as quoted, the answer is 409 with the new quote.
    """
    source = risk.source_of(request.source_ip)
    order = service.place(request.uow, body.cart_id, request.principal, body.quote_hash, source, request.mark)
    return OrderView.of(order, request.language)


def _bought_again(request: Request, order_id: str) -> PurchaseView:
    """The answer to a repeated purchase: the order as it is now, with the page that is open for it."""
    order = service.find(request.uow, order_id, request.principal)
    return PurchaseView.of(order, service.page_of(request.uow, order, request.principal), request.language)


@routes.post(
    "/me/purchases", access=SIGNED_IN, status=201, idempotent=_bought_again, recall=service.placed_before,
    errors=[service.NotPrepared, service.CostsMore, SoldOut, SlotFull, MoreThanHeld, HoldsTooMuch],
)  # fmt: skip
def buy_with_one_click(request: Request, body: BuyNow) -> PurchaseView:
    """Buy one article with your default address, delivery and payment method, in one step (ORD-02).

    What the profile lacks is named with 422. The shop keeps no card: you pay on the page whose address comes with the
    answer.
    """
    order, checkout = service.buy(
        request.uow, request.principal, body.sku, body.quantity, market=body.market, at_most=body.at_most,
        source=risk.source_of(request.source_ip), mark=request.mark,
    )  # fmt: skip
    return PurchaseView.of(order, checkout, request.language)


@routes.get("/orders", access=SIGNED_IN)
def list_orders(request: Request, query: Query) -> Page[OrderSummary]:
    """Your orders, newest first (ORD-24). Guests look at one order at a time."""
    page = request.page(
        ORDER, "gsi1", customer_list(request.principal.id), limit=query.limit, cursor=query.cursor, newest_first=True,
        prefix="ORDER#",
    )  # fmt: skip
    return Page(items=[OrderSummary.of(card, request.language) for card in page.items], next=page.next)


@routes.get("/orders/{order_id}", access=SHOPPER)
def get_order(request: Request, order_id: str) -> OrderView:
    """One of your orders."""
    order = service.find(request.uow, order_id, request.principal)
    request.set_etag(request.uow.version(ORDER, order))
    return OrderView.of(order, request.language)


@routes.get("/orders/{order_id}/timeline", access=SHOPPER)
def get_timeline(request: Request, order_id: str) -> TimelineView:
    """What happened to an order, from placement over packing and customs to delivery (ORD-26)."""
    order = service.find(request.uow, order_id, request.principal)
    happenings = service.timeline(request.uow, order)
    return TimelineView(
        items=tuple(HappeningView.of(item, request.language) for item in happenings if item.for_shoppers)
    )


@routes.post(
    "/orders/{order_id}/payment", access=SHOPPER, errors=[NotAllowed, service.TooLateToPay, AlreadyPaid, PartRefused]
)
def pay_order(request: Request, order_id: str, body: PayOrder) -> CheckoutView:
    """Open the payment of your order, or get the page that is open already (PAY-07). Repeating it opens nothing twice.

    With an `amount`, a part of it is paid; the order is paid when all parts together are what it costs (ORD-12).
    What the page you come back to says proves nothing: the order is paid when its state says so.
    """
    with service.in_customers_words(request.uow, order_id):
        checkout = service.open_payment(
            request.uow, order_id, request.principal, provider=body.provider or "", embedded=body.embedded,
            amount=body.amount, method=body.method,
        )  # fmt: skip
    return CheckoutView.of(checkout)


@routes.get("/orders/{order_id}/payment", access=SHOPPER)
def get_payment(request: Request, order_id: str) -> OrderPaymentView:
    """What of your order has been paid, by which parts, and what is left (ORD-12)."""
    order = service.find(request.uow, order_id, request.principal)
    return OrderPaymentView.of(order, service.payment_of(request.uow, order))


@routes.post(
    "/orders/{order_id}/payment/balance", access=SIGNED_IN, idempotent=True,
    errors=[NotAllowed, service.TooLateToPay, AlreadyPaid, PartRefused, InsufficientBalance],
)  # fmt: skip
def pay_order_from_balance(request: Request, order_id: str, body: PayFromBalance) -> OrderPaymentView:
    """Pay your order, or a part of it, from your balance account (ORD-12, BAL-01)."""
    with service.in_customers_words(request.uow, order_id):
        order, payment = service.pay_from_balance(request.uow, order_id, request.principal, body.amount)
    return OrderPaymentView.of(order, payment)


@routes.post("/orders/{order_id}/cancel", access=SHOPPER, idempotent=_again, errors=[NotAllowed])
def cancel_order(request: Request, order_id: str, body: CancelOrder) -> OrderView:
    """Cancel an order whose goods have not left stock; what was paid comes back by itself (ORD-14, ORD-15)."""
    with service.in_customers_words(request.uow, order_id):
        order = service.cancel(request.uow, order_id, request.principal, CancelReason(body.reason))
    return OrderView.of(order, request.language)


@routes.post(
    "/orders/{order_id}/reorder", access=SHOPPER, status=201, idempotent=True,
    errors=[NotAllowed, RuleRefused, LimitExceeded],
)  # fmt: skip
def reorder(request: Request, order_id: str, body: ReorderOrder) -> RefilledView:
    """Put the goods of your order into a new cart, at present prices; your stored cart stays as it is (CRT-07).

    Of an order that was returned to you, `instead` cancels it at the same moment, so that its goods are there for the
    cart: the way to have them delivered otherwise (REV-05). What you paid comes back, as with every cancellation.
    """
    with service.in_customers_words(request.uow, order_id):
        order, refilled = service.reorder(request.uow, order_id, request.principal, instead=body.instead)
    return RefilledView.of(order, refilled, request.language)


@routes.patch(
    "/orders/{order_id}", access=SHOPPER, errors=[NotAllowed, OtherWay, service.PriceWouldChange, SoldOut, SlotFull]
)
def correct_order(request: Request, order_id: str, body: CorrectOrder, if_match: int | None) -> OrderView:
    """Correct an order that was returned to you, or answer about it, and submit it again (REV-03).

    When it then costs something else, the answer is 409 with the new total; with that as `accept_total` it is
    corrected. What became cheaper is given back; what became dearer is paid before the order goes on (AMB-24). The way
    of delivery stays: to have the goods in another way, order them anew (`POST /orders/{order_id}/reorder`).
    """
    uow = request.uow
    order = service.find(uow, order_id, request.principal)
    uow.expect(ORDER, order, if_match)
    with service.in_customers_words(uow, order_id):
        corrected = service.resubmit(uow, order, body.correction())
    return OrderView.of(corrected, request.language)


@routes.put("/orders/{order_id}/invoice", access=SHOPPER, errors=[NotAllowed, service.InvoiceIssued])
def ask_for_invoice(request: Request, order_id: str, body: InvoiceBody) -> OrderView:
    """Ask for an invoice of your order, or correct whom it is made out to, until it is issued (ORD-09).

    It is issued when the order is completed (ORD-08); asked for after that, at once.
    """
    order = service.find(request.uow, order_id, request.principal)
    with service.in_customers_words(request.uow, order_id):
        asked = service.ask_invoice(request.uow, order, body.request())
    return OrderView.of(asked, request.language)
