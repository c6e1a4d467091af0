"""Opening a payment: on the provider's page or in its form, the same one for as long as it is open."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.core import config, observe
from chalicelib.core.errors import NotAllowed, RuleRefused, Unavailable
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import Contact
from chalicelib.payments.domain import (
    ASK_AFTER,
    PART_MINIMUM,
    PROVIDERS,
    SESSION_MINUTES,
    AlreadyPaid,
    Checkout,
    Opening,
    Payment,
    Session,
    check_part,
)
from chalicelib.payments.items import PAYMENT
from chalicelib.payments.providers import offering
from chalicelib.payments.providers.base import OpenCall, Provider

from .keeping import keep


def open(uow: UnitOfWork, opening: Opening) -> Checkout:  # noqa: A001 - what one does with a payment
    """Open the payment of an order (PAY-07), or of a part of it (ORD-12), or give the page that is open already: two
    tabs pay the same one (A15).

    The provider is asked under a key that follows from the payment, so that a lost answer opens nothing twice (A12).
    One that does not answer is passed over for the next that takes the method (PAY-30).

    Raises:
        AlreadyPaid: nothing is left to pay.
        NotAllowed: the order wants no more money.
        Invalid, PartRefused: the amount is no part that can be paid.
        RuleRefused: nobody takes this method here, or not the wanted provider (PAY-02).
        Unavailable: no provider answers.
    """
    before = uow.find(PAYMENT, opening.order_id, opening.payment_id)
    payment = before or Payment(opening.payment_id, opening.order_id, opening.due, uow.now)
    if payment.closed:
        raise NotAllowed("payment", "closed", "open", [])
    if payment.outstanding.minor <= 0:
        raise AlreadyPaid("The order is paid.")
    amount = check_part(payment.outstanding, opening.amount, uow.setting(PART_MINIMUM, opening.market))
    able = _able(uow, opening)
    for position, one in enumerate(able):
        session = _session(uow, payment, opening, one, amount)
        call = _call(payment, opening, session, amount)
        try:
            opened = one.open(call)
        except Unavailable:
            observe.count("ProvidersUnavailable", provider=one.name)
            if position + 1 == len(able):
                raise
            continue
        session = replace(session, reference=opened.reference)
        keep(uow, before, payment.with_session(session, timedelta(minutes=uow.setting(ASK_AFTER))))
        return Checkout(
            payment.id, one.name, opening.method, call.amount, opened.redirect_url, opened.client_secret,
            session.expires_at,
        )  # fmt: skip
    raise RuleRefused("This payment method is not available now.", rule="PAY-01")


def open_whole(
    uow: UnitOfWork, number: str, payment_id: str, due: Money, *, page: str, method: str, contact: Contact, market: str,
    pay_by: datetime, provider: str = "", embedded: bool = False,
) -> Checkout:  # fmt: skip
    """Open the payment of what is no goods order and is paid at once, as a prepayment or a top-up is.

    Args:
        page: where the shopper comes back to, a path of our own without the number.

    Raises:
        AlreadyPaid, NotAllowed, RuleRefused, Unavailable: as `open` says.
    """
    return open(uow, Opening(
        number, payment_id, due, method, f"{config.public_url()}/{page}/{number}", provider=provider,
        language=contact.language or "en", email=contact.email, description=number, expires_at=pay_by,
        embedded=embedded, market=market,
    ))  # fmt: skip


def _able(uow: UnitOfWork, opening: Opening) -> list[Provider]:
    """Who takes the method here, the wanted one first."""
    able = offering(opening.method, uow.setting(PROVIDERS, opening.market))
    names = [one.name for one in able]
    if opening.provider and opening.provider not in names:
        raise RuleRefused("This provider does not take this payment method.", rule="PAY-02", providers=names)
    return sorted(able, key=lambda one: one.name != opening.provider)


def _session(uow: UnitOfWork, payment: Payment, opening: Opening, one: Provider, amount: Money) -> Session:
    """The session that is open at this provider for the same request, or a new one.

    A provider refuses a key that comes back with another request, so all that differs between two requests is in the
    key. Once more has been captured, an older session may be the one that was paid: another part gets a page of its
    own.
    """
    captured, request = payment.captured.minor, f"{_mark(opening)}-{amount.minor}"
    same = [each for each in payment.sessions if each.provider == one.name and each.key.endswith(f"-{request}")]
    if same and same[-1].expires_at > uow.now and same[-1].captured == captured:
        return same[-1]
    key = f"{payment.id}-{one.name}-{len(same) + 1}-{request}"
    return Session(one.name, opening.method, key, "", uow.now, _end(uow, opening), captured)


def _mark(opening: Opening) -> str:
    """What tells one request of a payment from another, besides its amount."""
    told = (opening.method, str(opening.embedded), opening.language, opening.email, opening.return_url)
    return f"{zlib.crc32(chr(0).join(told).encode()):08x}"


def _end(uow: UnitOfWork, opening: Opening) -> datetime:
    if opening.expires_at is not None and opening.expires_at > uow.now:
        return opening.expires_at
    return uow.now + timedelta(minutes=uow.setting(SESSION_MINUTES))


def _call(payment: Payment, opening: Opening, session: Session, amount: Money) -> OpenCall:
    return OpenCall(
        session.key, payment.order_id, payment.id, amount, opening.method, opening.return_url,
        opening.language, opening.email, opening.description, opening.embedded, session.expires_at,
    )  # fmt: skip
