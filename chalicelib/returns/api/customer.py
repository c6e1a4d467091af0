"""What customers ask for, and the return policy that anybody may read."""

from __future__ import annotations

from chalicelib.core.http import PUBLIC, SHOPPER, Request
from chalicelib.markets import service as markets
from chalicelib.orders.api.views import HappeningView, TimelineView
from chalicelib.orders.service import NotExchangeable
from chalicelib.returns import service
from chalicelib.returns.domain import (
    CUSTOMER_REASONS,
    FAULTS,
    NotReturnable,
    State,
    TooManyReturned,
    label_for,
    resolution_for,
)

from .door import routes
from .models import PolicyView, RequestExchange, RequestReturn, ReturnList, ReturnView


@routes.get("/markets/{market}/return-policy", access=PUBLIC)
def show_return_policy(request: Request, market: str) -> PolicyView:
    """What can be returned, how, and until when (RET-01, RET-07, RET-08)."""
    place = markets.market(market)
    terms = service.terms_of(request.uow, market)
    return PolicyView(
        market=market, return_within_days=place.return_days,
        faulty_fresh_goods_within_hours=_hours(terms.fresh_window.total_seconds()),
        send_within_days=terms.within[State.APPROVED].days,
        decided_within_hours=_hours(terms.within[State.REQUESTED].total_seconds()),
        inspected_within_hours=_hours(terms.within[State.RECEIVED].total_seconds()),
        label=label_for(terms.free_label, frozenset()), label_for_faults=label_for(terms.free_label, FAULTS),
        resolution=resolution_for(market), shipping_refunded_with_whole_order=terms.refund_shipping,
        not_returnable=["virtual goods", "goods with the return rule `none`", "fresh goods that are not faulty"],
        only_unopened=["goods with the return rule `unopened` that are not faulty"],
        reasons=CUSTOMER_REASONS, faults=sorted(FAULTS),
    )  # fmt: skip


def _hours(seconds: float) -> int:
    return int(seconds // 3600)


def _again(request: Request, return_id: str) -> ReturnView:
    return ReturnView.of(service.find(request.uow, return_id, request.principal))


@routes.post(
    "/orders/{order_id}/returns", access=SHOPPER, idempotent=_again, status=201, errors=[NotReturnable, TooManyReturned]
)
def request_return(request: Request, order_id: str, body: RequestReturn) -> ReturnView:
    """Ask to send goods of a completed order back (RET-02); the answer's `id` is the return number."""
    wanted = [service.Wanted(line.line, line.quantity, line.reason) for line in body.lines]
    return ReturnView.of(service.request(request.uow, order_id, request.principal, wanted, body.note))


@routes.post(
    "/orders/{order_id}/exchanges", access=SHOPPER, idempotent=_again, status=201,
    errors=[NotReturnable, TooManyReturned, NotExchangeable],
)  # fmt: skip
def request_exchange(request: Request, order_id: str, body: RequestExchange) -> ReturnView:
    """Ask for other goods in place of those of a completed order (RET-02): the same variant again, or another one of
    the product at the same price. The answer's `id` is the number under which the goods come back; the exchange order's
    number follows when after-sales has agreed (RET-03).
    """
    wanted = [service.Wanted(line.line, line.quantity, line.reason) for line in body.lines]
    skus = {line.line: line.sku for line in body.lines if line.sku is not None}
    return ReturnView.of(service.request(request.uow, order_id, request.principal, wanted, body.note, skus))


@routes.get("/orders/{order_id}/returns", access=SHOPPER)
def list_returns_of_order(request: Request, order_id: str) -> ReturnList:
    """All returns of one order, oldest first (RET-13)."""
    found = service.of_order(request.uow, order_id, request.principal)
    return ReturnList(items=[ReturnView.of(thing) for thing in found])


@routes.get("/returns/{return_id}", access=SHOPPER)
def show_return(request: Request, return_id: str) -> ReturnView:
    """Where a return stands, step by step (RET-06, RET-13)."""
    return ReturnView.of(service.find(request.uow, return_id, request.principal))


@routes.get("/returns/{return_id}/timeline", access=SHOPPER)
def show_return_timeline(request: Request, return_id: str) -> TimelineView:
    """What happened to a return, from the request to the refund or the exchange, oldest first (ORD-26)."""
    found = service.timeline(request.uow, service.find(request.uow, return_id, request.principal))
    return TimelineView(items=tuple(HappeningView.of(one, request.language) for one in found if one.for_shoppers))


@routes.post("/returns/{return_id}/cancel", access=SHOPPER, idempotent=_again)
def cancel_return(request: Request, return_id: str) -> ReturnView:
    """Keep the goods after all, as long as the parcel has not arrived."""
    return ReturnView.of(service.cancel(request.uow, return_id, request.principal))
