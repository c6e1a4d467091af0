"""What staff do with a return, desk by desk (RET-03, RET-05, RTE-06), and what time does when they do not."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import Demand, merged
from chalicelib.orders.domain import Order, OrderLine
from chalicelib.returns.domain import (
    Block,
    BlockReason,
    Desk,
    InspectedLine,
    RejectReason,
    ReleasedWhen,
    Resolution,
    Return,
    ReturnApproved,
    ReturnedUnits,
    ReturnExpired,
    ReturnInspected,
    ReturnLabelIssued,
    ReturnOverdue,
    ReturnReceived,
    ReturnRefundBlocked,
    ReturnRejected,
    Settlement,
    State,
    Terms,
    label_for,
    resolution_for,
)
from chalicelib.returns.items import RETURN, RETURN_TALLY

from . import exchanges
from .common import for_staff, lines_for, never_handed_over, order_of, paid_for, paid_lines, tally_of, terms_of


def approve(uow: UnitOfWork, return_id: str, principal: Principal, resolution: Resolution | None = None) -> Return:
    """After-sales agrees (RET-03).

    Args:
        resolution: what the customer gets; not given, the exchange that was asked for, else the market's own way
            (RET-08). Where the goods of an exchange are sold out, a refund can be approved instead.

    Raises:
        NotFound: no such return.
        NotAllowed: it has been decided already.
        RuleRefused: an exchange that was not asked for.
        SoldOut: the goods of an exchange are not there.
    """
    thing = for_staff(uow, return_id, principal)
    return _approve(uow, thing, order_of(uow, thing), resolution, terms_of(uow, thing.market))


def approve_by_rule(uow: UnitOfWork, thing: Return, order: Order, terms: Terms) -> Return:
    """Approve without a person: a request of little worth, or one that nobody answered in time."""
    return _approve(uow, thing, order, None, terms)


def _approve(uow: UnitOfWork, thing: Return, order: Order, resolution: Resolution | None, terms: Terms) -> Return:
    resolution = resolution or (Resolution.EXCHANGE if thing.replacements else resolution_for(thing.market))
    approved = thing.approve(resolution, uow.now, terms)
    if resolution is Resolution.KEEP_GOODS:
        tally, settled = tally_of(uow, thing.order_id).settle_kept(
            thing.units, paid_lines(order), terms.keep_goods_percent
        )
        uow.put(RETURN_TALLY, tally)
        approved = approved.waive(settled, uow.now, terms)
    approved = uow.put(RETURN, approved, ReturnApproved(thing.id, thing.order_id, resolution.value))
    return exchanges.agree(uow, approved, order, terms) if approved.is_exchange else approved


def reject(uow: UnitOfWork, return_id: str, principal: Principal, reason: RejectReason, note: str = "") -> Return:
    """End a return without money, for a reason that the customer is told (RET-13).

    Raises:
        NotFound: no such return.
        NotAllowed: not in this state.
        RuleRefused: a refund may still be under way.
    """
    thing = for_staff(uow, return_id, principal)
    return end_without_money(uow, thing, reason, note, terms_of(uow, thing.market))


def end_without_money(uow: UnitOfWork, thing: Return, reason: RejectReason, note: str, terms: Terms) -> Return:
    """Reject a return; units that never came can be claimed again."""
    rejected = thing.reject(reason, note, uow.now, terms)
    if thing.state is State.REQUESTED:
        uow.put(RETURN_TALLY, tally_of(uow, thing.order_id).free(thing.units))
    return uow.put(RETURN, rejected, ReturnRejected(thing.id, thing.order_id, reason.value))


def issue_label(uow: UnitOfWork, thing: Return) -> Return:
    """Say where the parcel goes and who pays for it (RET-08); done already, it changes nothing."""
    if thing.state is not State.APPROVED:
        return thing
    terms = terms_of(uow, thing.market)
    label = label_for(terms.free_label, thing.reasons)
    labelled = thing.issue_label(label, uow.now, terms)
    return uow.put(RETURN, labelled, ReturnLabelIssued(thing.id, thing.order_id, label.value, thing.return_to))


def receive(uow: UnitOfWork, return_id: str, principal: Principal, waybill: str = "") -> Return:
    """The parcel is here. Nothing goes back to stock before it has been inspected (E9).

    Raises:
        NotFound: no such return, or another store's.
        NotAllowed: not in this state.
        TooManyReturned: it had expired, and its units have been claimed by another return since.
    """
    terms = terms_of(uow, for_staff(uow, return_id, principal).market)
    thing = exchanges.current(uow, for_staff(uow, return_id, principal), terms)
    received = thing.receive(waybill, uow.now, terms)
    if thing.state is State.EXPIRED and thing.shipping_refund is None:
        claimed = tally_of(uow, thing.order_id).claim(thing.units, paid_for(uow, thing))
        uow.put(RETURN_TALLY, claimed)
    received = uow.put(RETURN, received, ReturnReceived(thing.id, thing.order_id, thing.return_to))
    return exchanges.release_early(uow, received, order_of(uow, thing), ReleasedWhen.RECEIVED, terms)


def receive_taken_back(uow: UnitOfWork, thing: Return) -> Return:
    """Goods that never reached the customer are at the store already: agreed and received without anybody asking."""
    terms = terms_of(uow, thing.market)
    received = thing.approve(Resolution.REFUND, uow.now, terms).receive("", uow.now, terms)
    approved = ReturnApproved(thing.id, thing.order_id, Resolution.REFUND.value)
    return uow.put(RETURN, received, approved, ReturnReceived(thing.id, thing.order_id, thing.return_to))


def inspect(uow: UnitOfWork, return_id: str, principal: Principal, found: Sequence[InspectedLine]) -> Return:
    """Say what came and what becomes of it: settle the money, put sellable units back to stock, all at once.

    Raises:
        NotFound: no such return, or another store's.
        NotAllowed: not in this state.
        Invalid: not every line once, or more than announced (M10).
        RuleRefused: goods to be sold again that cannot be (RET-07).
    """
    thing = for_staff(uow, return_id, principal)
    terms = terms_of(uow, thing.market)
    inspected = exchanges.current(uow, thing, terms).inspect(tuple(found), uow.now, terms)
    inspected, settled = _settle(uow, inspected, terms)
    if back := _back_to_stock(lines_for(uow, thing), inspected):
        inventory.restock(uow, back)
    accepted = tuple(ReturnedUnits(line.line, line.sku, line.accepted) for line in inspected.lines if line.accepted)
    back_to_customer = Money.zero(thing.estimate.currency) if inspected.is_exchange else inspected.refund
    told = ReturnInspected(thing.id, thing.order_id, accepted, back_to_customer or Money.zero(thing.estimate.currency))
    inspected = uow.put(RETURN, inspected, told)
    return exchanges.conclude(uow, inspected, settled, terms) if inspected.is_exchange else inspected


def _settle(uow: UnitOfWork, inspected: Return, terms: Terms) -> tuple[Return, Settlement | None]:
    """Note what the accepted units are worth; None when they were settled with the release of an exchange order.

    Of goods that the customer never had, all were paid for and none is kept, whatever came back of them.
    """
    tally = tally_of(uow, inspected.order_id)
    if never_handed_over(inspected):
        tally, settled = tally.settle_taken_back(inspected.units, paid_for(uow, inspected))
        uow.put(RETURN_TALLY, tally)
        return inspected.settle(settled), settled
    if inspected.released_early:
        if inspected.is_exchange:
            return inspected, None
        uow.put(RETURN_TALLY, tally.undo_exchange(inspected.accepted))
        return inspected.reduced(), None
    tally = tally.free(inspected.missing)
    settle = tally.settle_exchanged if inspected.is_exchange else tally.settle_returned
    tally, settled = settle(inspected.accepted, paid_lines(order_of(uow, inspected)), terms.refund_shipping)
    uow.put(RETURN_TALLY, tally)
    return inspected.settle(settled), settled


def _back_to_stock(lines: Sequence[OrderLine], inspected: Return) -> Demand:
    """The units to be sold again, by SKU, where the parcel arrived; of bundles, what they hold (CAT-04)."""
    units = inspected.restockable
    return merged(
        (sku, inspected.return_to, count)
        for line in lines if line.id in units
        for sku, count in line.on_shelf(units[line.id]).items()
    )  # fmt: skip


def overdue(uow: UnitOfWork, thing: Return) -> Return:
    """Nobody acted in time. Before the time is up it changes nothing, so that clock and workflow may both ask.

    A request that was not answered is approved, if the shop lets silence speak, but not an exchange; a parcel that was
    not sent expires, and with it an exchange order that waits for it; a refund without an answer goes to finance;
    goods that are owed for an exchange go from after-sales to management; other work stays on its list with a new
    deadline, and the shop is told.
    """
    if thing.due is None or thing.due > uow.now:
        return thing
    terms = terms_of(uow, thing.market)
    if thing.state is State.REQUESTED and terms.silence_approves and not thing.is_exchange:
        return approve_by_rule(uow, thing, order_of(uow, thing), terms)
    if thing.state in (State.APPROVED, State.AWAITING_PARCEL):
        thing = exchanges.current(uow, thing, terms)
        if thing.value_moved:
            return exchanges.owe(uow, thing, terms)
        if thing.is_exchange:
            thing = exchanges.refund_instead(uow, thing, terms)
        if thing.shipping_refund is None:
            uow.put(RETURN_TALLY, tally_of(uow, thing.order_id).free(thing.units))
        return uow.put(RETURN, thing.expire(uow.now, terms), ReturnExpired(thing.id, thing.order_id))
    if thing.state is State.REFUNDING:
        blocked = thing.block_refund(Block(BlockReason.NO_ANSWER, final=False), uow.now, terms)
        return uow.put(RETURN, blocked, ReturnRefundBlocked(thing.id, thing.order_id, BlockReason.NO_ANSWER.value))
    late = thing.escalate(uow.now, terms) if thing.state is State.GOODS_OWED else thing.remind(uow.now, terms)
    desk = late.desk or Desk.AFTER_SALES
    return uow.put(RETURN, late, ReturnOverdue(thing.id, thing.order_id, desk.value))
