"""The recruitment department: invite, register, screen, take documents in, open the permission (machine B)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.bookings import domain as d
from chalicelib.bookings.domain import settings
from chalicelib.bookings.items import MERCHANT
from chalicelib.core import secrets
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.ids import require_id
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets import service as markets
from chalicelib.markets.domain.address import check_email
from chalicelib.markets.domain.calendar import has_calendar


def invite(
    uow: UnitOfWork, merchant_id: str, *, name: dict[str, str], market: str, country: str, time_zone: str, email: str,
    language: str, closes_at: datetime, campaign: str = "",
) -> d.Merchant:  # fmt: skip
    """Invite a merchant to register until the closing date (ALY-01, ALY-12).

    Raises:
        Conflict: a merchant with this id is known already.
        Invalid: no e-mail address, market or time zone, or a country whose working days nobody can count (AMB-13);
            names every wrong field.
        RuleRefused: the closing date is over.
    """
    email, wrong_email = check_email(email)
    errors = [FieldError("/email", wrong_email)] if wrong_email else []
    if market not in {known.code for known in markets.all_markets()}:
        errors.append(FieldError("/market", "is no market of this shop"))
    if not has_calendar(country):
        errors.append(FieldError("/country", "is no country whose public holidays are known"))
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        errors.append(FieldError("/time_zone", "is no time zone"))
    if errors:
        raise Invalid(*errors)
    if uow.find(MERCHANT, merchant_id) is not None:
        raise Conflict("A merchant with this id is known already.")
    merchant = d.Merchant.invited(
        id=merchant_id, name=name, market=market, country=country, time_zone=time_zone, email=email, language=language,
        closes_at=closes_at, campaign=campaign, at=uow.now,
    )  # fmt: skip
    return uow.put(MERCHANT, merchant, d.MerchantInvited(merchant_id=merchant.id, closes_at=closes_at))


def register(uow: UnitOfWork, merchant_id: str) -> d.Merchant:
    """An invited merchant registers, before the closing date (ALY-01).

    Raises:
        NotFound, NotAllowed, RuleRefused: no such merchant, not invited any more, too late.
    """
    merchant = uow.get(MERCHANT, merchant_id).register(uow.now)
    return uow.put(MERCHANT, merchant, d.MerchantRegistered(merchant_id=merchant.id))


def register_invited(uow: UnitOfWork, merchant_id: str, secret: str) -> d.Merchant:
    """A merchant takes its invitation up by itself (ALY-01); the same secret again finds it registered.

    A wrong secret is counted in a transaction of its own, so that it counts although the command fails.

    Raises:
        NotFound: no such merchant, or not its secret: the two answers are the same.
        TooMany: too many wrong secrets.
        NotAllowed, RuleRefused: not invited any more, too late.
    """
    merchant = uow.find(MERCHANT, require_id(merchant_id, "invitation"))
    if merchant is None:
        raise NotFound("invitation")
    within = timedelta(minutes=uow.setting(settings.INVITATION_WINDOW))
    most = uow.setting(settings.INVITATION_TRIES)
    if not merchant.takes(secret, _keys(), most=most, within=within, at=uow.now):
        run(
            lambda own: own.put(MERCHANT, own.get(MERCHANT, merchant_id).tried(within, own.now)),
            lambda: UnitOfWork(uow.now, uow.actor, cause=uow.cause),
        )
        raise NotFound("invitation")
    return merchant if merchant.standing is d.Standing.REGISTERED else register(uow, merchant.id)


def invite_again(uow: UnitOfWork, merchant_id: str) -> d.Merchant:
    """A new invitation in place of one that was lost (ALY-01).

    Raises:
        NotFound, NotAllowed, RuleRefused: no such merchant, not invited any more, too late.
    """
    merchant = uow.get(MERCHANT, merchant_id).invited_again(uow.now)
    return uow.put(MERCHANT, merchant, d.MerchantInvited(merchant_id=merchant.id, closes_at=merchant.closes_at))


def invitation_secret(merchant: d.Merchant) -> str:
    """What the invitation's mail says. It is kept nowhere.

    Raises:
        MissingSecret: the key that it is made with is not there.
    """
    return merchant.secret(_keys()[0])


def _keys() -> tuple[str, ...]:
    return secrets.candidates("signing", "key")


def close_registration(uow: UnitOfWork, merchant: d.Merchant) -> d.Merchant:
    """The closing date has come: whoever has registered is screened (ALY-02)."""
    closed = merchant.close_registration(uow.now)
    told = [d.MerchantScreeningStarted(merchant_id=merchant.id)] if closed.standing is d.Standing.SCREENING else []
    return uow.put(MERCHANT, closed, *told)


def screen(uow: UnitOfWork, merchant_id: str, *, rejected_for: str = "") -> d.Merchant:
    """Decide on a merchant under screening: qualified, or rejected for a reason (ALY-02).

    Raises:
        NotFound, NotAllowed: no such merchant, not under screening.
    """
    merchant = uow.get(MERCHANT, merchant_id)
    if rejected_for:
        rejected = merchant.reject(rejected_for, uow.now)
        return uow.put(MERCHANT, rejected, d.MerchantRejected(merchant_id=merchant.id, reason=rejected_for))
    return uow.put(MERCHANT, merchant.qualify(uow.now), d.MerchantQualified(merchant_id=merchant.id))


def submit_documents(
    uow: UnitOfWork, merchant_id: str, documents: Iterable[d.Document], *, attended: bool
) -> d.Merchant:
    """A qualified merchant has attended the meeting and hands its documents in (ALY-02).

    Raises:
        NotFound, NotAllowed: no such merchant, not qualified.
        RuleRefused: something is missing.
    """
    wanted = [kind.strip() for kind in uow.setting(settings.REQUIRED_DOCUMENTS).split(",") if kind.strip()]
    merchant = uow.get(MERCHANT, merchant_id).submit(documents, attended=attended, required=wanted, at=uow.now)
    kinds = tuple(document.kind for document in merchant.documents)
    return uow.put(MERCHANT, merchant, d.MerchantDocumentsSubmitted(merchant_id=merchant.id, documents=kinds))


def activate(uow: UnitOfWork, merchant_id: str) -> d.Merchant:
    """Open the simple permission: staff in the group `merchant:<id>` confirm the bookings from now on (ALY-03).

    Raises:
        NotFound, NotAllowed: no such merchant, documents not in.
    """
    merchant = uow.get(MERCHANT, merchant_id).activate(uow.now)
    return uow.put(MERCHANT, merchant, d.MerchantActivated(merchant_id=merchant.id))
