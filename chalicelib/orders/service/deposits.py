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
from chalicelib.payments.domain import RefundReason
from chalicelib.payments.items import PAYMENT
from chalicelib.risk import service as risk
from chalicelib.risk.domain import FORFEIT, Buyer

#: Deadline: try again to give a deposit back.
DEPOSIT_BACK: Final = "deposit_back"
#: States in which a deposit has served its purpose.
_ENDED: Final = frozenset({State.COMPLETED, State.TAKEN_BACK})
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
    place = markets.location(order.store) if order.store else None
    time_zone = place.time_zone if place else markets.market(order.market).time_zone
    risk.failed(uow, order.id, _all_keys(uow, order), uow.now, time_zone=time_zone, by_customer=by_customer)


def after_completion(uow: UnitOfWork, completed: d.Order) -> d.Order:
    """Count an order on deposit terms that was handed over, and give its deposit back (BAL-07, AMB-05)."""
    if completed.deposit_keys:
        risk.completed(uow, completed.id, completed.deposit_keys, uow.now)
    return after_end(uow, completed)


def after_end(uow: UnitOfWork, ended: d.Order) -> d.Order:
    """Give back the deposit of an order that has been handed over, or whose goods come back; or keep it, where the shop
    does so, if its hand-over failed because of the customer (AMB-05)."""
    if ended.totals.deposit.is_zero:
        return ended
    if uow.setting(FORFEIT, market=ended.market) and risk.is_case(uow, ended.id, ended.deposit_keys):
        ledger.post(uow, _forfeiture(uow, ended), fresh=True)
        return ended
    return _give_back(uow, ended)


def return_deposit(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Give a deposit back whose payment was in dispute when the order was completed."""
    left = {name: at for name, at in order.deadlines.items() if name != DEPOSIT_BACK}
    return uow.put(ORDER, _give_back(uow, replace(order, deadlines=left)))


def correct_cause(uow: UnitOfWork, order: d.Order, *, by_customer: bool, note: str) -> d.Order:
    """Staff find, at whatever time, that a hand-over failed for another cause than told; it counts accordingly.

    A deposit that was kept for it is given back.

    Raises:
        Conflict: no failed hand-over of the order is known, or it is too long ago to be corrected.
    """
    if not risk.corrected(uow, order.id, _all_keys(uow, order), by_customer=by_customer):
        raise Conflict("No failed hand-over of this order is known, or it is too long ago.")
    forfeited = uow.find(ENTRY, order.id, _forfeiture(uow, order).id) if not order.totals.deposit.is_zero else None
    if forfeited and not by_customer and order.state in _ENDED and not _was_restored(uow, order):
        ledger.post(uow, _restoration(uow, order), fresh=True)
        order = _give_back(uow, order)
    return uow.put(ORDER, order, d.OrderCauseCorrected(order_id=order.id, by_customer=by_customer, note=note))


def _all_keys(uow: UnitOfWork, order: d.Order) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*match_keys(uow, order), *order.deposit_keys)))


def _give_back(uow: UnitOfWork, order: d.Order) -> d.Order:
    """To the balance account of a registered customer, else to where it came from; once the money is not contested."""
    deposit, payment = order.totals.deposit, uow.find(PAYMENT, order.id, order.payment_id)
    if payment is None:
        return order
    if payment.is_disputed:
        again = to_second(uow.now + _TRY_AGAIN)
        return replace(order, deadlines={**order.deadlines, DEPOSIT_BACK: again})
    amount = min(deposit, payment.refundable)
    if amount.is_zero:
        return order
    if order.owner.customer:
        payments.credit_to_balance(
            uow, payment, order.owner.customer, amount, kind="deposit-back", source=_held_in(order)
        )
    else:
        borne_by = {_held_in(order).value: amount}
        payments.refund(uow, payment, amount, RefundReason.DEPOSIT, f"deposit-{order.id}", borne_by=borne_by)
    return order


def _forfeiture(uow: UnitOfWork, order: d.Order) -> Entry:
    deposit = order.totals.deposit
    return _entry(uow, order, "deposit-forfeited", {_held_in(order): deposit, Account.DEPOSITS_FORFEITED: -deposit})


def _restoration(uow: UnitOfWork, order: d.Order) -> Entry:
    deposit = order.totals.deposit
    return _entry(uow, order, "deposit-restored", {_held_in(order): -deposit, Account.DEPOSITS_FORFEITED: deposit})


def _held_in(order: d.Order) -> Account:
    """Where a deposit is: with the customer's other money until completion turns that into revenue."""
    return Account.DEPOSITS_HELD if order.state is State.COMPLETED else Account.CUSTOMER_FUNDS


def _was_restored(uow: UnitOfWork, order: d.Order) -> bool:
    return uow.find(ENTRY, order.id, _restoration(uow, order).id) is not None


def _entry(uow: UnitOfWork, order: d.Order, kind: str, amounts: Mapping[str, Money]) -> Entry:
    return Entry.of(f"{kind}-{order.id}", order.id, kind, uow.now, amounts)
