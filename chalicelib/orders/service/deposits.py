"""The deposit of customers who let hand-overs fail: held with an order, given back on completion (BAL-05…07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Account, Entry
from chalicelib.ledger.items import ENTRY
from chalicelib.markets import service as markets
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import State
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment, RefundReason
from chalicelib.payments.items import PAYMENT
from chalicelib.risk import service as risk
from chalicelib.risk.domain import FORFEIT, Buyer

#: Deadline: try again to give a deposit back.
DEPOSIT_BACK: Final = "deposit_back"
#: States in which a deposit has served its purpose.
_ENDED: Final = frozenset({State.COMPLETED, State.TAKEN_BACK})
#: What becomes of a deposit in the books besides going back.
_FORFEITED: Final = "deposit-forfeited"
_RESTORED: Final = "deposit-restored"
#: How long a deposit waits for the end of a dispute before it is looked at again.
_TRY_AGAIN: Final = timedelta(days=1)


def match_keys(uow: UnitOfWork, order: d.Order) -> tuple[str, ...]:
    """The keys under which the customer's hand-overs are counted (BAL-06); none for what is not handed over."""
    return buyer_keys(uow, order) if order.delivery_method else ()


def buyer_keys(uow: UnitOfWork, order: d.Order) -> tuple[str, ...]:
    """The keys by which the customer of any order is recognised, as on the blacklist (RSK-02)."""
    buyer = Buyer(
        order.owner.customer, order.contact.phone, order.ship_to, order.country, order.delivery_method == "pickup"
    )
    return risk.match_keys(uow, buyer)


def keys_on_deposit(uow: UnitOfWork, order: d.Order) -> tuple[str, ...]:
    """Those of the customer's keys that are on deposit terms now."""
    return risk.on_deposit(uow, match_keys(uow, order))


def after_failure(uow: UnitOfWork, order: d.Order, *, by_customer: bool) -> None:
    """Count a failed hand-over, in the quarter of the responsible store (FUL-20, AMB-03)."""
    _count(uow, order, order.store, attempt=order.failed_handovers + 1, by_customer=by_customer)


def after_part_failure(uow: UnitOfWork, order: d.Order, place: str, *, attempt: int, by_customer: bool) -> None:
    """Count that a part of an order could not be handed over: one case for all parts that fail in the same round, and
    the customer's if one of them failed because of the customer (FUL-20, BAL-05).

    Args:
        attempt: which failed hand-over of this part it is, from 1 on.
    """
    _count(uow, order, place, attempt=attempt, by_customer=by_customer)
    if by_customer:
        risk.corrected(uow, order.id, _all_keys(uow, order), by_customer=True, attempt=attempt)


def _count(uow: UnitOfWork, order: d.Order, store: str | None, *, attempt: int, by_customer: bool) -> None:
    place = markets.location(store) if store else None
    time_zone = place.time_zone if place else markets.market(order.market).time_zone
    risk.failed(
        uow, order.id, _all_keys(uow, order), uow.now, time_zone=time_zone, by_customer=by_customer, attempt=attempt
    )


def after_completion(uow: UnitOfWork, completed: d.Order) -> d.Order:
    """Count an order on deposit terms that was handed over, and give its deposit back (BAL-07, AMB-05)."""
    if completed.deposit_keys:
        keys = _all_keys(uow, completed)
        risk.completed(uow, completed.id, keys, uow.now, on_terms=completed.deposit_keys)
    return after_end(uow, completed)


def after_end(uow: UnitOfWork, ended: d.Order) -> d.Order:
    """Give back the deposit of an order that has been handed over, or whose goods come back; or keep it, where the shop
    does so, if its hand-over failed because of the customer (AMB-05).

    It is what the payment holds of it: an order that was to be paid at the door and was not has left nothing.
    """
    payment = None if ended.totals.deposit.is_zero else uow.find(PAYMENT, ended.id, ended.payment_id)
    if payment is None:
        return ended
    if payment.is_disputed:
        again = to_second(uow.now + _TRY_AGAIN)
        return replace(ended, deadlines={**ended.deadlines, DEPOSIT_BACK: again})
    held = min(ended.totals.deposit, payment.refundable)
    if held.is_zero:
        return ended
    forfeits = uow.setting(FORFEIT, market=ended.market) and risk.is_case(uow, ended.id, ended.deposit_keys)
    if forfeits and not _kept(uow, ended):
        ledger.post(uow, _forfeiture(uow, ended, held), fresh=True)
    else:
        _give_back(uow, ended, payment, held)
    return ended


def return_deposit(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Give a deposit back, or keep it, whose payment was in dispute when the order ended."""
    left = {name: at for name, at in order.deadlines.items() if name != DEPOSIT_BACK}
    return uow.put(ORDER, after_end(uow, replace(order, deadlines=left)))


def correct_cause(
    uow: UnitOfWork, order: d.Order, *, by_customer: bool, note: str, attempt: int | None = None
) -> d.Order:
    """Staff find, at whatever time, that a hand-over failed for another cause than told; it counts accordingly.

    A deposit that was kept for it is given back, unless another hand-over of the order failed because of the customer.

    Args:
        attempt: which of the order's failed hand-overs, from 1 on; None is the last one.

    Raises:
        Conflict: no such failed hand-over of the order is known, or it is too long ago to be corrected.
    """
    which = risk.corrected(uow, order.id, _all_keys(uow, order), by_customer=by_customer, attempt=attempt)
    if not which:
        raise Conflict("No such failed hand-over of this order is known, or it is too long ago.")
    if order.state in _ENDED and not risk.is_case(uow, order.id, order.deposit_keys):
        order = _restore(uow, order)
    told = d.OrderCauseCorrected(order_id=order.id, by_customer=by_customer, note=note, attempt=which)
    return uow.put(ORDER, order, told)


def _all_keys(uow: UnitOfWork, order: d.Order) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*match_keys(uow, order), *order.deposit_keys)))


def _give_back(uow: UnitOfWork, order: d.Order, payment: Payment, amount: Money) -> None:
    """To the balance account of a registered customer, else to where it came from."""
    if order.owner.customer:
        payments.credit_to_balance(
            uow, payment, order.owner.customer, amount, kind="deposit-back", source=_held_in(order)
        )
    else:
        borne_by = {_held_in(order).value: amount}
        payments.refund(uow, payment, amount, RefundReason.DEPOSIT, f"deposit-{order.id}", borne_by=borne_by)


def _restore(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Give back a deposit that was kept without a reason, once."""
    kept = _kept(uow, order)
    if kept is None or uow.find(ENTRY, order.id, f"{_RESTORED}-{order.id}") is not None:
        return order
    amounts = {posting.account: -posting.amount for posting in kept.postings}
    ledger.post(uow, _entry(uow, order, _RESTORED, amounts), fresh=True)
    return after_end(uow, order)


def _forfeiture(uow: UnitOfWork, order: d.Order, held: Money) -> Entry:
    return _entry(uow, order, _FORFEITED, {_held_in(order): held, Account.DEPOSITS_FORFEITED: -held})


def _kept(uow: UnitOfWork, order: d.Order) -> Entry | None:
    """The entry that made a deposit the shop's, if it ever was."""
    return None if order.totals.deposit.is_zero else uow.find(ENTRY, order.id, f"{_FORFEITED}-{order.id}")


def _held_in(order: d.Order) -> Account:
    """Where a deposit is: with the customer's other money until completion turns that into revenue."""
    return Account.DEPOSITS_HELD if order.state is State.COMPLETED else Account.CUSTOMER_FUNDS


def _entry(uow: UnitOfWork, order: d.Order, kind: str, amounts: Mapping[str, Money]) -> Entry:
    return Entry.of(f"{kind}-{order.id}", order.id, kind, uow.now, amounts)
