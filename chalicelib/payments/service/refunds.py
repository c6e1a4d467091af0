"""Giving money back: reserved first, then carried out under a key that never changes, then confirmed (E1, E3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from chalicelib.core import queues
from chalicelib.core.errors import FieldError, Invalid, NotAllowed, NotFound, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Account
from chalicelib.payments.domain import (
    ASK_AFTER,
    GIVE_BACK,
    FactKind,
    Payment,
    PaymentFact,
    PaymentOverdue,
    Refund,
    RefundReason,
    RefundRequested,
    RefundState,
    is_top_up,
    to_message,
)
from chalicelib.payments.items import PAYMENT, UNMATCHED, kind_of
from chalicelib.payments.providers import provider
from chalicelib.payments.providers.balance import BALANCE
from chalicelib.payments.providers.base import RefundCall

from .balance import credit_back
from .facts import QUEUE, of_order
from .keeping import keep
from .topping_up import take_up

#: A key that is about to be forgotten is not relied on any more.
_KEY_MARGIN: Final = timedelta(hours=1)


def refund(
    uow: UnitOfWork,
    payment: Payment,
    amount: Money,
    reason: RefundReason,
    key: str,
    *,
    note: str = "",
    borne_by: Mapping[str, Money] | None = None,
    replaces: str = "",
) -> Payment:
    """Reserve a refund to where the money came from; asking again under the same key changes nothing (M3, E1).

    Args:
        key: of the request, e.g. the return's id.
        borne_by: how it splits over accounts of the ledger; by default the reason's account bears it all.
        replaces: the failed refund that this one is for.

    Raises:
        RefundDiffers: the key was used for another amount.
        RefundBlocked: a dispute is open.
        RefundTooHigh: more than is left.
    """
    split = {account: share.minor for account, share in borne_by.items()} if borne_by else None
    after = payment.refund(key, amount, reason, uow.now, note=note, borne_by=split, replaces=replaces)
    return keep(uow, payment, after)


def not_earned(uow: UnitOfWork, payment: Payment, by: str, amount: Money) -> Payment:
    """Note that what is paid back for was never handed over: what the bank takes of it is no loss of the shop's, whose
    books close the customer's funds with it, now or when it does.

    Args:
        by: id of the return; told again, it changes nothing.
    """
    return keep(uow, payment, payment.not_earned(by, amount))


def refund_by_staff(
    uow: UnitOfWork,
    order_id: str,
    amount: Money,
    reason: RefundReason,
    key: str,
    *,
    note: str,
    replaces: str = "",
    payment_id: str = "",
) -> Payment:
    """Finance gives money back by hand.

    Raises:
        NotFound: the order has no payment, or not this one.
        Invalid: it has several and none was named, or `replaces` is no failed refund of it.
        RuleRefused: it is a top-up, whose money lies on a balance account and comes back from there.
    """
    if is_top_up(order_id):
        raise RuleRefused("Money paid in to the balance account is given back by its own command.", rule="BAL-01")
    payments = [one for one in of_order(uow, order_id) if payment_id in ("", one.id)]
    if not payments:
        raise NotFound("payment", payment_id)
    if len(payments) > 1:
        raise Invalid(FieldError("/payment_id", "is needed: the order has several payments"))
    if replaces and not any(one.id == replaces and one.needs_staff for one in payments[0].refunds):
        raise Invalid(FieldError("/replaces", "is not a failed refund of this payment"))
    return refund(uow, payments[0], amount, reason, key, note=note, replaces=replaces)


def credit_to_balance(
    uow: UnitOfWork, payment: Payment, customer: str, amount: Money, *, kind: str,
    source: str | Mapping[str, Money] = Account.SALES_RETURNS, replaces: Collection[str] = (), unearned_by: str = "",
) -> Payment:  # fmt: skip
    """Give money back to the customer's balance account instead of through the provider, within what is left (M3).

    Args:
        kind: names the credit; together with the order it is credited once.
        source: the account of the ledger that bears it, or what each of several bears.
        replaces: the failed refunds among these ids are dealt with by it.
        unearned_by: the return that told it as `not_earned`.

    Raises:
        RefundBlocked: a dispute is open.
        RefundTooHigh: more than is left.
    """
    after = payment.give_to_balance(amount, replaces, unearned_by)
    ledger.credit_balance(uow, customer, amount, payment.order_id, source=source, kind=kind)
    return keep(uow, payment, after)


def give_back_unmatched(uow: UnitOfWork, unmatched_id: str) -> Payment:
    """Money that belongs to no order goes back: its time is up, or finance has decided (PAY-09).

    Raises:
        NotFound: there is no such money.
        NotAllowed: it is on its way already.
    """
    before = uow.get(UNMATCHED, unmatched_id)
    if GIVE_BACK not in before.deadlines:
        raise NotAllowed("unmatched payment", before.state.value, "give back", [])
    return keep(uow, before, before.release(uow.now))


def execute_refund(uow: UnitOfWork, request: RefundRequested) -> Payment:
    """Have the provider carry out a refund; the same key makes any repetition harmless (E3, B23).

    Nothing is asked for a refund that is blocked, withdrawn or settled meanwhile.

    Raises:
        Unavailable: no answer; the message comes back, and with it the same key.
    """
    payment = _find(uow, request.order_id, request.payment_id, request.unmatched)
    wanted = next((one for one in payment.refunds if one.id == request.refund_id), None)
    if wanted is None or wanted.state is not RefundState.WANTED:
        return payment
    return keep(uow, payment, take_up(uow, payment.fold(_carry_out(uow, payment, wanted), uow.now)))


def note_overdue(uow: UnitOfWork, payment: Payment) -> Payment:
    """Nothing was heard for too long: have the provider asked, and set the next time (PAY-08)."""
    asked = payment.has_asked(uow.now, timedelta(minutes=uow.setting(ASK_AFTER)))
    told = PaymentOverdue(payment.order_id, payment.id, payment.unmatched)
    return uow.put(kind_of(payment), asked, told)


def ask_provider(uow: UnitOfWork, order_id: str, payment_id: str, unmatched: bool = False) -> Payment:
    """Ask the provider how a payment stands and take in the answer (PAY-08, PAY-11).

    What concerns refunds is folded at once. What concerns the order's money takes the same way as a webhook, to the
    consumer that knows the order; sent twice, it changes nothing.
    """
    before = payment = _find(uow, order_id, payment_id, unmatched)
    for wanted in payment.refunds:
        if wanted.state not in (RefundState.WANTED, RefundState.SENT):
            continue
        known = provider(wanted.provider).find_refund(_refund_call(payment, wanted))
        if known is None and wanted.state is RefundState.WANTED:
            known = _carry_out(uow, payment, wanted)
        if known is not None:
            payment = payment.fold(known, uow.now)
    for session in payment.sessions if payment.outstanding.minor > 0 else ():
        facts = [fact for fact in provider(session.provider).lookup(session) if _is_news(payment, fact)]
        if facts:
            queues.send(QUEUE, to_message(session.provider, facts), uow.trace)
    return keep(uow, before, take_up(uow, payment) if payment != before else payment)


def _is_news(payment: Payment, fact: PaymentFact) -> bool:
    """Whether a report would change the payment."""
    return fact.kind is FactKind.CAPTURED or payment.fold(fact, payment.opened_at) != payment


def _carry_out(uow: UnitOfWork, payment: Payment, wanted: Refund) -> PaymentFact:
    """Ask for a refund; once the provider may have forgotten the key, look whether it was done before (A13)."""
    sender, call = provider(wanted.provider), _refund_call(payment, wanted)
    if sender.name == BALANCE:
        credit_back(uow, payment, wanted)
        return sender.refund(call)
    if uow.now - wanted.requested_at > sender.key_life - _KEY_MARGIN:
        known = sender.find_refund(call)
        if known is not None:
            return known
    return sender.refund(call)


def _refund_call(payment: Payment, wanted: Refund) -> RefundCall:
    return RefundCall(f"{payment.id}-{wanted.id}", payment.order_id, payment.id, wanted)


def _find(uow: UnitOfWork, order_id: str, payment_id: str, unmatched: bool) -> Payment:
    return uow.get(UNMATCHED, payment_id) if unmatched else uow.get(PAYMENT, order_id, payment_id)
