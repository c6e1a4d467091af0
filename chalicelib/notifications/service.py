"""Sending the mail that an event makes, under a lease (the guarantee is in the room's card)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.bookings.items import BOOKING, MERCHANT
from chalicelib.core import aws, config, observe
from chalicelib.core.events import Event
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets import service as markets
from chalicelib.markets.domain import pick_text
from chalicelib.orders.domain import OrderClass
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import is_top_up
from chalicelib.payments.items import TOP_UP

from .balance_letters import BALANCE_LETTERS, about_top_up
from .booking_letters import BOOKING_LETTERS, about_booking
from .domain import KEEP, LEASE, Mail, MailState, mail_id
from .items import MAIL
from .letters import LETTERS, Facts, about, is_private
from .merchant_letters import MERCHANT_LETTERS, about_merchant
from .message import NoAddress, compose, recipient
from .rendering import language_of, render
from .staff_letters import ADDRESS_OF, LANGUAGE, STAFF_LETTERS, TEMPLATE, about_late

#: The mail service says that this very mail can never be sent.
_NEVER: Final = frozenset({"MessageRejected", "BadRequestException"})
#: Where an event names the number that its letter is about; a booking's payment names it as an order's.
_NUMBERS: Final = ("booking_id", "top_up_id", "order_id")
#: It says that it has not taken it, but may later.
_NOT_NOW: Final = frozenset({"TooManyRequestsException", "LimitExceededException", "SendingPausedException"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that is to be sent: whom it goes to, and what its template is filled with.

    Args:
        reference: the number of the order or booking it is about, or the merchant it is for.
        language: the reader's, BCP 47.
        time_zone: IANA name, of the times in it.
    """

    reference: str
    template: str
    email: str
    language: str
    time_zone: str
    facts: Facts


def deliver(uow: UnitOfWork, event: Event[Any]) -> Mail | None:
    """Send the mails that an event makes, if it makes any and they have not been sent; the last one is given back.

    The claims before and the confirmations after are transactions of their own; `uow` itself stays empty.

    Raises:
        NotFound: the order or booking is not there.
        BeingSent: another delivery of the event is at it.
        ClientError: the mail service does not work; the event comes again.
    """
    sent = None
    for draft in _drafts(uow, event):
        sent = _deliver(uow, event, draft)
    return sent


def _drafts(uow: UnitOfWork, event: Event[Any]) -> Iterator[Draft]:
    if is_private(event.data):
        return
    if type(event.data) in MERCHANT_LETTERS:
        yield from _to_merchant(uow, event)
        return
    if type(event.data) in STAFF_LETTERS:
        yield from _to_group(uow, event)
        return
    number = next(str(getattr(event.data, name)) for name in _NUMBERS if hasattr(event.data, name))
    if is_top_up(number):
        yield from _about_top_up(uow, number, event)
        return
    if number.startswith(OrderClass.ALLIANCE.letter):
        yield from _about_booking(uow, number, event)
        return
    order = uow.get(ORDER, number)
    letter = LETTERS[type(event.data)]
    facts = letter.tell(order, event.data, uow)
    if facts is None:
        return
    language = order.contact.language or order.language
    zone = markets.market(order.market).time_zone
    yield Draft(order.id, letter.template, letter.to(order), language, zone, {**about(order), **facts})


def _about_top_up(uow: UnitOfWork, number: str, event: Event[Any]) -> Iterator[Draft]:
    letter = BALANCE_LETTERS.get(type(event.data))
    if letter is None:
        return
    thing = uow.get(TOP_UP, number)
    facts = letter.tell(thing, event.data)
    if facts is None:
        return
    zone = markets.market(thing.market).time_zone
    told = {**about_top_up(thing), **facts}
    yield Draft(thing.id, letter.template, thing.contact.email, thing.contact.language, zone, told)


def _to_group(uow: UnitOfWork, event: Event[Any]) -> Iterator[Draft]:
    order = uow.get(ORDER, event.data.order_id)
    letter = STAFF_LETTERS[type(event.data)]
    address = ADDRESS_OF.get(letter.to(event.data))
    email = uow.setting(address, order.market) if address else ""
    facts = letter.tell(order, event.data) if email else None
    if facts is None:
        return
    zone = markets.market(order.market).time_zone
    yield Draft(order.id, TEMPLATE, email, uow.setting(LANGUAGE), zone, {**about_late(order), **facts})


def _to_merchant(uow: UnitOfWork, event: Event[Any]) -> Iterator[Draft]:
    merchant = uow.get(MERCHANT, event.data.merchant_id)
    letter = MERCHANT_LETTERS[type(event.data)]
    facts = letter.tell(merchant, event.data, uow)
    if facts is None:
        return
    told = {**about_merchant(merchant), **facts}
    yield Draft(merchant.id, letter.template, merchant.email, merchant.language, merchant.time_zone, told)


def _about_booking(uow: UnitOfWork, number: str, event: Event[Any]) -> Iterator[Draft]:
    letters = BOOKING_LETTERS.get(type(event.data), ())
    if not letters:
        return
    booking = uow.get(BOOKING, number)
    merchant = uow.get(MERCHANT, booking.merchant)
    for letter in letters:
        facts = letter.tell(booking, event.data, uow)
        if facts is None:
            continue
        if letter.to_merchant:
            name, email, language = pick_text(merchant.name, merchant.language), merchant.email, merchant.language
        else:
            name, email, language = booking.name, booking.contact.email, booking.contact.language
        told = {"name": name, **about_booking(booking, merchant, language), **facts}
        yield Draft(booking.id, letter.template, email, language, booking.time_zone, told)


def _deliver(uow: UnitOfWork, event: Event[Any], draft: Draft) -> Mail:
    claimed = run(lambda own: _claim(own, event, draft), lambda: _own(uow))
    if claimed.is_settled:
        return claimed
    try:
        to = recipient(draft.email)
    except NoAddress:
        return _give_up(uow, claimed, "no_address")
    rendered = render(draft.template, draft.language, draft.facts, time_zone=draft.time_zone)
    raw = compose(rendered, sender=config.mail_from(), to=to, mail_id=claimed.id, language=draft.language)
    try:
        message_id = _send(raw, to)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NEVER:
            return _give_up(uow, claimed, code)
        if code in _NOT_NOW:
            run(lambda own: own.put(MAIL, _current(own, claimed).let_go(own.now)), lambda: _own(uow))
        raise
    return run(lambda own: own.put(MAIL, _current(own, claimed).confirm(message_id, own.now)), lambda: _own(uow))


def _claim(uow: UnitOfWork, event: Event[Any], draft: Draft) -> Mail:
    lease = timedelta(seconds=uow.setting(LEASE))
    known = uow.find(MAIL, draft.reference, mail_id(event.id, draft.template))
    if known is not None:
        return known if known.is_settled else uow.put(MAIL, known.claim(uow.now, lease))
    new = Mail(
        id=mail_id(event.id, draft.template), order_id=draft.reference, letter=draft.template,
        language=language_of(draft.language), state=MailState.SENDING,
        lease_until=uow.now + lease, forget_at=uow.now + timedelta(days=uow.setting(KEEP)),
    )  # fmt: skip
    return uow.put(MAIL, new)


def _current(uow: UnitOfWork, claimed: Mail) -> Mail:
    return uow.get(MAIL, claimed.order_id, claimed.id)


def _give_up(uow: UnitOfWork, claimed: Mail, failure: str) -> Mail:
    observe.count("UndeliverableMails")
    return run(lambda own: own.put(MAIL, _current(own, claimed).give_up(failure)), lambda: _own(uow))


def _own(uow: UnitOfWork) -> UnitOfWork:
    """A unit of work of its own, with the same time, actor and cause."""
    return UnitOfWork(uow.now, uow.actor, cause=uow.cause, trace=uow.trace, new_id=uow.new_id)


def _send(raw: bytes, to: str) -> str:
    answer = aws.client("sesv2").send_email(
        FromEmailAddress=config.mail_from(), Destination={"ToAddresses": [to]}, Content={"Raw": {"Data": raw}}
    )
    return str(answer["MessageId"])
