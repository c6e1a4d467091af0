"""Paying in to the balance account, and giving back to where it came from what was not used (BAL-01, BAL-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, NotFound
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Account, InsufficientBalance
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Contact
from chalicelib.payments import domain as d
from chalicelib.payments.items import PAYMENT, TOP_UP

from .balance import shown
from .keeping import keep
from .opening import open_whole


def top_up(
    uow: UnitOfWork, principal: Principal, amount: Money, market_code: str, *, method: str = "", contact: Contact
) -> d.TopUp:
    """Begin to pay in; what is paid is on the account when all of it has come in (BAL-03).

    Raises:
        Invalid: no such market or payment method, or not the market's currency.
        AmountRefused: less or more than can be paid in at once.
    """
    known = {market.code: market for market in markets.all_markets()}
    market = known.get(market_code)
    if market is None:
        raise Invalid(FieldError("/market", f"must be one of {', '.join(sorted(known))}"))
    method = method or market.payment_methods[0]
    if method not in market.payment_methods:
        raise Invalid(FieldError("/payment_method", f"must be one of {', '.join(market.payment_methods)}"))
    least, most = uow.setting(d.TOP_UP_LEAST, market.code), uow.setting(d.TOP_UP_MOST, market.code)
    checked = d.check_top_up(amount, market.currency, least, most)
    made = d.TopUp(
        id=d.new_top_up_number(), customer=principal.id, amount=checked, market=market.code, method=method,
        contact=contact, state=d.TopUpState.AWAITING_PAYMENT, placed_at=uow.now,
        deadlines={"pay_by": uow.now + timedelta(minutes=uow.setting(d.TOP_UP_PAY_BY, market.code))},
    )  # fmt: skip
    uow.put(PAYMENT, d.Payment(made.payment_id, made.id, checked, uow.now))
    return uow.put(TOP_UP, made)


def find_top_up(uow: UnitOfWork, number: str, principal: Principal) -> d.TopUp:
    """One's own top-up.

    Raises:
        MistypedTopUp: the text cannot be a top-up's number.
        NotFound: no such top-up, or not theirs: the two answers are the same.
    """
    number = d.read_top_up_number(number)
    found = uow.find(TOP_UP, number)
    if found is None or principal.kind != "shopper" or found.customer != principal.id:
        raise NotFound("top-up", number)
    return found


def open_top_up(
    uow: UnitOfWork, number: str, principal: Principal, *, provider: str = "", embedded: bool = False
) -> d.Checkout:
    """Open the payment of one's top-up, or give the page that is open already (PAY-07).

    Raises:
        NotFound: no such top-up, or not theirs.
        NotAllowed: it does not wait for a payment (any more).
        AlreadyPaid, RuleRefused, Unavailable: as `open` says.
    """
    found = find_top_up(uow, number, principal)
    found.require(d.TopUpCommand.OPEN)
    pay_by = found.deadlines.get("pay_by")
    if pay_by is None or uow.now >= pay_by:
        raise d.TooLateToTopUp("The time to pay this top-up is over. Please begin a new one.")
    uow.require(TOP_UP, found.id)  # no page is opened for one that expires at the same moment
    return open_whole(
        uow, found.id, found.payment_id, found.amount, page="me/balance/payments", method=found.method,
        contact=found.contact, market=found.market, pay_by=pay_by, provider=provider, embedded=embedded,
    )  # fmt: skip


def expire_top_up(uow: UnitOfWork, waiting: d.TopUp) -> d.TopUp:
    """Its time is over: what has come in goes back where it came from. All of it, contested, waits for the bank."""
    before = uow.get(PAYMENT, waiting.id, waiting.payment_id)
    if before.is_paid:
        uow.require(PAYMENT, waiting.id, waiting.payment_id)
        return uow.put(TOP_UP, waiting.wait_for_the_bank())
    keep(uow, before, before.close(uow.now, to_balance=False))
    return uow.put(TOP_UP, waiting.expire(), d.TopUpExpired(waiting.id, waiting.customer))


def take_up(uow: UnitOfWork, payment: d.Payment) -> d.Payment:
    """What the news of a payment means for the top-up that it is of: credited once all is there, and taken off again as
    far as the payment does not cover it any more. Payments of anything else stay as they are.

    What is taken off is at most what is still on the account; the rest is the shop's loss (`chargebacks`).
    """
    if payment.unmatched or not d.is_top_up(payment.order_id):
        return payment
    before = uow.get(TOP_UP, payment.order_id)
    after, payment = _credited(uow, before, payment)
    after, payment = _recredited(uow, after, payment)
    after, payment = _covered(uow, after, payment)
    if after != before:
        uow.put(TOP_UP, after, *_told(before, after))
    return payment


def return_top_up(uow: UnitOfWork, number: str, amount: Money, key: str, *, note: str, replaces: str = "") -> d.Payment:
    """Finance gives money that was paid in and not used back to where it came from; once for each key.

    Args:
        replaces: the failed refund that this one is for.

    Raises:
        MistypedTopUp, NotFound: no such top-up.
        NotAllowed: nothing of it was credited.
        Invalid: `replaces` is no failed refund of it.
        InsufficientBalance: the account holds less; also from the commit.
        RefundBlocked, RefundTooHigh, RefundDiffers: as `payments.refund` says.
    """
    found = uow.get(TOP_UP, d.read_top_up_number(number))
    before = uow.get(PAYMENT, found.id, found.payment_id)
    if replaces and not any(one.id == replaces and one.needs_staff for one in before.refunds):
        raise Invalid(FieldError("/replaces", "is not a failed refund of this payment"))
    found.require(d.TopUpCommand.RETURN)
    freed = before
    if not any(refund.request == key for refund in before.refunds):
        freed = before.take_from_balance(amount)
    split = {Account.CUSTOMER_FUNDS.value: amount.minor}
    after = freed.refund(key, amount, d.RefundReason.TOP_UP, uow.now, note=note, borne_by=split, replaces=replaces)
    if after == before:
        return before
    held = ledger.balance(uow, found.customer, amount.currency)
    if amount > held:
        raise InsufficientBalance("The balance is smaller than the amount.", balance=shown(held))
    ledger.debit_balance(uow, found.customer, amount, found.id, kind=f"top-up-returned-{key}")
    uow.require(TOP_UP, found.id)
    return keep(uow, before, after)


def _credited(uow: UnitOfWork, waiting: d.TopUp, payment: d.Payment) -> tuple[d.TopUp, d.Payment]:
    is_decided = payment.is_paid and not payment.is_disputed
    if waiting.state is not d.TopUpState.AWAITING_PAYMENT or not is_decided:
        return waiting, payment
    amount = min(payment.held, payment.refundable)
    if amount.is_zero:  # the bank has taken it back before
        return waiting.expire(), payment.close(uow.now, to_balance=False)
    ledger.credit_balance(uow, waiting.customer, amount, waiting.id, kind="top-up")
    return waiting.credit(amount, uow.now), payment.give_to_balance(amount)


def _recredited(uow: UnitOfWork, found: d.TopUp, payment: d.Payment) -> tuple[d.TopUp, d.Payment]:
    """A refund that failed, or was withdrawn, has left the account and reached nobody. What of it the payment covers is
    on the account again; the rest is withheld as if it had been there, until the bank decides for the shop."""
    for refund in payment.refunds:
        if refund.reason is not d.RefundReason.TOP_UP or refund.counts or refund.id in found.recredited:
            continue
        again = min(refund.amount, payment.refundable)
        rest = (refund.amount - again).minor
        found = replace(
            found, recredited=(*found.recredited, refund.id), withheld=found.withheld + rest,
            contested=found.contested + rest,
        )  # fmt: skip
        if not again.is_zero:
            ledger.credit_balance(uow, found.customer, again, found.id, kind=f"top-up-refund-failed-{refund.id}")
            payment = payment.put_on_balance(again)
    return found, payment


def _covered(uow: UnitOfWork, found: d.TopUp, payment: d.Payment) -> tuple[d.TopUp, d.Payment]:
    """Take off what the payment no longer covers, or put back what it covers again.

    What cannot be taken because it was spent is not taken later either: it may be other money then.
    """
    uncovered = max(payment.to_balance + found.withheld - payment.covered.minor, 0)
    held = ledger.balance(uow, found.customer, found.amount.currency).minor if uncovered > found.contested else 0
    more = min(max(uncovered - found.contested, 0), max(held, 0))
    less = max(found.withheld - uncovered, 0)
    found = replace(found, contested=uncovered)
    if not more and not less:
        return found, payment
    found = replace(found, withheld=found.withheld + more - less, moves=found.moves + 1)
    if more:
        moved = Money(more, found.amount.currency)
        ledger.debit_balance(uow, found.customer, moved, found.id, kind=f"top-up-withheld-{found.moves}")
        return found, payment.take_from_balance(moved)
    moved = Money(less, found.amount.currency)
    ledger.credit_balance(uow, found.customer, moved, found.id, kind=f"top-up-released-{found.moves}")
    return found, payment.put_on_balance(moved)


def _told(before: d.TopUp, after: d.TopUp) -> list[object]:
    told: list[object] = []
    if after.credited is not None and before.credited is None:
        told.append(d.TopUpCredited(after.id, after.customer, after.credited))
    if after.state is d.TopUpState.EXPIRED and before.state is not after.state:
        told.append(d.TopUpExpired(after.id, after.customer))
    if after.withheld != before.withheld:
        told.append(d.TopUpWithheld(after.id, after.customer, Money(after.withheld, after.amount.currency)))
    return told
