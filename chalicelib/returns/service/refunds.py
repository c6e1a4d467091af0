"""The money of a return: sent once, confirmed by the provider, or handed to finance."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, NotAllowed, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment, Refund, RefundReason, RefundState
from chalicelib.payments.items import PAYMENT
from chalicelib.returns.domain import (
    Block,
    BlockReason,
    Command,
    RejectReason,
    Return,
    ReturnRefundBlocked,
    ReturnRefunded,
    ReturnReleased,
    State,
    Terms,
    allowed_in,
)
from chalicelib.returns.items import RETURN

from .common import borne_by, for_staff, located, never_handed_over, terms_of
from .handling import end_without_money

#: The provider may still pay these.
_UNDER_WAY = frozenset({RefundState.WANTED, RefundState.BLOCKED, RefundState.SENT})


def release(uow: UnitOfWork, return_id: str, principal: Principal) -> Return:
    """Finance lets a refund go, or tries a failed one again (RET-05).

    Raises:
        NotFound: no such return, or another store's.
        NotAllowed: there is nothing to release.
    """
    thing = for_staff(uow, return_id, principal)
    if thing.state not in (State.INSPECTED, State.REFUND_BLOCKED):
        raise NotAllowed("return", thing.state.value, Command.RELEASE.value, allowed_in(thing.state))
    return start(uow, thing, terms_of(uow, thing.market))


def refund_by_rule(uow: UnitOfWork, thing: Return) -> Return:
    """Refund what needs no release by a person; started already, or to be released, it changes nothing."""
    terms = terms_of(uow, thing.market)
    if thing.state is not State.INSPECTED or not thing.refunds_by_itself(terms):
        return thing
    return start(uow, thing, terms)


def start(uow: UnitOfWork, thing: Return, terms: Terms) -> Return:
    """Ask for the refund by the original method (AMB-04), or end what needs none.

    What was tried before is counted first: money that has gone back, or may still go, is not sent again (E1, E3).
    """
    if thing.refund is None or (thing.refund.is_zero and not thing.accepted):
        return end_without_money(uow, thing, RejectReason.NOT_ACCEPTED, "", terms)
    if thing.refund.is_zero:
        return _confirm(uow, thing, terms)
    payment = uow.find(PAYMENT, thing.paid_under, thing.payment_id)
    if payment is None:
        return _block(uow, thing, Block(BlockReason.NOT_ENOUGH_CAPTURED, final=True), terms)
    payment, thing = _less_the_banks(uow, payment, thing)
    if thing.refund is not None and thing.refund.is_zero:
        return end_without_money(uow, thing, RejectReason.ALREADY_PAID_BACK, "", terms)
    if any(refund.state in _UNDER_WAY for refund in tried(payment, thing)):
        return _put_released(uow, thing, thing.release(uow.now, terms), _outstanding(payment, thing))
    outstanding = _outstanding(payment, thing)
    if outstanding.is_zero:
        return _confirm(uow, thing, terms)
    released = thing.release(uow.now, terms)
    failed = next((refund.id for refund in tried(payment, thing) if refund.needs_staff), "")
    try:
        payments.refund(
            uow, payment, outstanding, RefundReason.RETURN, released.refund_key,
            borne_by=borne_by(thing, outstanding), replaces=failed,
        )  # fmt: skip
    except (Conflict, RuleRefused):
        reason = BlockReason.DISPUTED if payment.is_disputed else BlockReason.NOT_ENOUGH_CAPTURED
        return _block(uow, thing, Block(reason, final=True), terms)
    return _put_released(uow, thing, released, outstanding)


def note_result(uow: UnitOfWork, payment: Payment, thing: Return) -> Return:
    """Take in what the provider has said about a return's refund; said before, it changes nothing.

    One refund can be taken from several captures: it is confirmed when all of them have gone back.
    """
    terms = terms_of(uow, thing.market)
    latest = [
        refund for refund in tried(payment, thing)
        if not refund.replaced and (refund.request == thing.refund_key or not _asked_by(thing, refund))
    ]  # fmt: skip
    under_way = any(refund.state in _UNDER_WAY for refund in latest)
    failed = any(not refund.counts for refund in latest)
    failed |= not under_way and not _outstanding(payment, thing).is_zero  # a part of it was made again by hand
    if not latest or thing.refunded_to == "balance" or thing.state is State.REJECTED:
        return thing
    if failed:
        block = Block(BlockReason.FAILED, final=not under_way)
        blocked = thing if thing.block == block else _block(uow, thing, block, terms)
        return start(uow, blocked, terms) if block.final and _taken_by_bank(payment, blocked).minor else blocked
    if under_way or thing.state is State.REFUNDED:
        return thing
    return _confirm(uow, thing, terms)


def note_verdict(uow: UnitOfWork, payment: Payment, thing: Return) -> Return:
    """The bank has decided on a payment. What goes back for goods that were never handed over needs nobody's decision:
    it goes back, or has with the bank's; other returns wait for finance."""
    waits = thing.block is not None and thing.block.reason is BlockReason.DISPUTED
    if not waits or thing.state is not State.REFUND_BLOCKED or not never_handed_over(thing) or payment.is_disputed:
        return thing
    return start(uow, thing, terms_of(uow, thing.market))


def credit(uow: UnitOfWork, return_id: str, principal: Principal) -> Return:
    """Finance pays to the customer's balance what the original method does not take.

    Raises:
        NotFound: no such return, or another store's.
        NotAllowed: the refund is not blocked.
        RuleRefused: a refund may still be under way, the payment is disputed, or a guest has no balance.
    """
    thing = for_staff(uow, return_id, principal)
    credited = thing.credit(uow.now, terms_of(uow, thing.market))
    if not thing.owner.customer:
        raise RuleRefused("A guest has no balance account.", rule="BAL-02")
    payment = uow.get(PAYMENT, thing.paid_under, thing.payment_id)
    known, amount = tried(payment, thing), _outstanding(payment, thing)
    if any(refund.state in _UNDER_WAY for refund in known):
        raise RuleRefused("A refund is still under way.", rule="RET-05")
    if amount.is_zero:
        raise RuleRefused("There is nothing left to pay back.", rule="RET-05")
    payments.credit_to_balance(
        uow, payment, thing.owner.customer, amount, kind=f"return-{thing.id}", source=borne_by(thing, amount),
        replaces=[refund.id for refund in known], unearned_by=thing.id,
    )  # fmt: skip
    return uow.put(RETURN, credited, ReturnRefunded(thing.id, thing.order_id, amount, "balance"))


def of_payment(uow: UnitOfWork, payment: Payment) -> list[Return]:
    """The returns that a payment's refunds may belong to: of its order, and of what was exchanged for its goods."""
    things = uow.part(RETURN, payment.order_id, prefix="RETURN#")
    here = {thing.id for thing in things}
    asked = {refund.request.partition(".")[0] for refund in payment.refunds if refund.reason is RefundReason.RETURN}
    others = (located(uow, number) for number in sorted(asked - here))
    return things + [thing for thing in others if thing is not None and thing.paid_under == payment.order_id]


def tried(payment: Payment, thing: Return) -> list[Refund]:
    """Every refund that was asked for under one of the return's keys, and what finance has made in place of one."""
    found: dict[str, Refund] = {}
    for refund in payment.refunds:
        if _asked_by(thing, refund) or refund.replaces in found:
            found[refund.id] = refund
    return list(found.values())


def _asked_by(thing: Return, refund: Refund) -> bool:
    return refund.request == thing.id or refund.request.startswith(f"{thing.id}.")


def _outstanding(payment: Payment, thing: Return) -> Money:
    """What is still to be paid back: the refund less what has gone back already."""
    refund = thing.refund or Money.zero(thing.estimate.currency)
    done = (r.amount for r in tried(payment, thing) if r.state is RefundState.DONE)
    return refund - Money.sum(done, refund.currency)


def _less_the_banks(uow: UnitOfWork, payment: Payment, thing: Return) -> tuple[Payment, Return]:
    """Goods that were never handed over were never sold: what the bank has taken of their money is the customer's
    again, and is not paid back once more."""
    if thing.refund is None or not never_handed_over(thing):
        return payment, thing
    payment = payments.not_earned(uow, payment, thing.id, thing.refund)
    taken = _taken_by_bank(payment, thing)
    if taken.is_zero:
        return payment, thing
    return payment, replace(thing, by_bank=taken if thing.by_bank is None else thing.by_bank + taken)


def _taken_by_bank(payment: Payment, thing: Return) -> Money:
    """Of what is still to be paid back for goods that were never handed over, what the bank has taken for good."""
    outstanding = _outstanding(payment, thing)
    zero = Money.zero(outstanding.currency)
    under_way = any(refund.state in _UNDER_WAY for refund in tried(payment, thing))
    if not never_handed_over(thing) or payment.is_disputed or under_way:
        return zero
    return max(min(outstanding - payment.refundable, payment.lost), zero)


def _put_released(uow: UnitOfWork, thing: Return, released: Return, amount: Money) -> Return:
    told = ReturnReleased(thing.id, thing.order_id, amount, released.refund_key)
    return uow.put(RETURN, released, told)


def _block(uow: UnitOfWork, thing: Return, block: Block, terms: Terms) -> Return:
    blocked = thing.block_refund(block, uow.now, terms)
    return uow.put(RETURN, blocked, ReturnRefundBlocked(thing.id, thing.order_id, block.reason.value))


def _confirm(uow: UnitOfWork, thing: Return, terms: Terms) -> Return:
    confirmed = thing.confirm(uow.now, terms)
    amount = thing.refund or Money.zero(thing.estimate.currency)
    return uow.put(RETURN, confirmed, ReturnRefunded(thing.id, thing.order_id, amount, "original"))
