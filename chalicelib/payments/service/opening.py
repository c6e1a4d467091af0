"""Opening a payment: on the provider's page or in its form, the same one for as long as it is open."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.core import observe
from chalicelib.core.errors import NotAllowed, NotFound, RuleRefused, Unavailable
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.payments.domain import (
    ASK_AFTER,
    PROVIDERS,
    SESSION_MINUTES,
    AlreadyPaid,
    Checkout,
    Opening,
    Payment,
    Session,
)
from chalicelib.payments.items import PAYMENT
from chalicelib.payments.providers import offering, provider
from chalicelib.payments.providers.base import OpenCall, Provider

from .keeping import keep


def choose_provider(uow: UnitOfWork, method: str, wanted: str = "", market: str = "") -> str:
    """The provider that takes a payment method: the wanted one if it does, else the best configured one (PAY-02).

    Raises:
        RuleRefused: nobody takes this method here, or not the wanted provider.
    """
    able = [one.name for one in offering(method, uow.setting(PROVIDERS, market))]
    if wanted and wanted not in able:
        raise RuleRefused("This provider does not take this payment method.", rule="PAY-02", providers=able)
    if not able:
        raise RuleRefused("This payment method is not available now.", rule="PAY-01")
    return wanted or able[0]


def open(uow: UnitOfWork, opening: Opening) -> Checkout:  # noqa: A001 - what one does with a payment
    """Open the payment of an order (PAY-07), or give the page that is open already: two tabs pay the same one (A15).

    The provider is asked under a key that follows from the payment, so that a lost answer opens nothing twice (A12).
    One that does not answer is passed over for the next that takes the method (PAY-30).

    Raises:
        AlreadyPaid: nothing is left to pay.
        NotAllowed: the order wants no more money.
        RuleRefused: nobody takes this method here.
        Unavailable: no provider answers.
    """
    before = uow.find(PAYMENT, opening.order_id, opening.payment_id)
    payment = before or Payment(opening.payment_id, opening.order_id, opening.due, uow.now)
    if payment.closed:
        raise NotAllowed("payment", "closed", "open", [])
    if payment.outstanding.minor <= 0:
        raise AlreadyPaid("The order is paid.")
    able = _able(uow, opening)
    for position, one in enumerate(able):
        session = _session(uow, payment, opening, one)
        call = _call(payment, opening, session)
        try:
            opened = one.open(call)
        except Unavailable:
            observe.count("ProvidersUnavailable", provider=one.name)
            if position + 1 == len(able):
                raise
            continue
        session = Session(
            session.provider, session.method, session.key, opened.reference, session.opened_at, session.expires_at
        )
        keep(uow, before, payment.with_session(session, timedelta(minutes=uow.setting(ASK_AFTER))))
        return Checkout(
            payment.id, one.name, opening.method, call.amount, opened.redirect_url, opened.client_secret,
            session.expires_at,
        )  # fmt: skip
    raise RuleRefused("This payment method is not available now.", rule="PAY-01")


def _able(uow: UnitOfWork, opening: Opening) -> list[Provider]:
    able = offering(opening.method, uow.setting(PROVIDERS))
    if opening.provider:
        try:
            first = provider(opening.provider)
        except NotFound:
            return able
        able.sort(key=lambda one: one is not first)
    return able


def _session(uow: UnitOfWork, payment: Payment, opening: Opening, one: Provider) -> Session:
    """The session that is open at this provider for this method and amount, or a new one."""
    amount = payment.outstanding
    for session in reversed(payment.sessions):
        same = (session.provider, session.method) == (one.name, opening.method) and _is_for(session, amount.minor)
        if same and session.expires_at > uow.now:
            return session
    key = f"{payment.id}-{one.name}-{len(payment.sessions) + 1}-{amount.minor}"
    return Session(one.name, opening.method, key, "", uow.now, _end(uow, opening))


def _is_for(session: Session, minor: int) -> bool:
    return session.key.rpartition("-")[2] == str(minor)


def _end(uow: UnitOfWork, opening: Opening) -> datetime:
    if opening.expires_at is not None and opening.expires_at > uow.now:
        return opening.expires_at
    return uow.now + timedelta(minutes=uow.setting(SESSION_MINUTES))


def _call(payment: Payment, opening: Opening, session: Session) -> OpenCall:
    return OpenCall(
        session.key, payment.order_id, payment.id, payment.outstanding, opening.method, opening.return_url,
        opening.language, opening.email, opening.description, opening.embedded, session.expires_at,
    )  # fmt: skip
