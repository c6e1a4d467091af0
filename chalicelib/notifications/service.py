"""Sending the mail that an event makes, under a lease (the guarantee is in the room's card)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.core import aws, config, observe
from chalicelib.core.events import Event
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets import service as markets
from chalicelib.orders.domain import Order
from chalicelib.orders.items import ORDER

from .domain import KEEP, LEASE, Mail, MailState, mail_id
from .items import MAIL
from .letters import LETTERS, Letter, about, is_private
from .message import NoAddress, compose, recipient
from .rendering import language_of, render

#: The mail service says that this very mail can never be sent.
_NEVER: Final = frozenset({"MessageRejected", "BadRequestException"})
#: It says that it has not taken it, but may later.
_NOT_NOW: Final = frozenset({"TooManyRequestsException", "LimitExceededException", "SendingPausedException"})


def deliver(uow: UnitOfWork, event: Event[Any]) -> Mail | None:
    """Send the mail that an event makes, if it makes one and it has not been sent.

    The claim before and the confirmation after are transactions of their own; `uow` itself stays empty.

    Raises:
        NotFound: the order is not there.
        BeingSent: another delivery of the event is at it.
        ClientError: the mail service does not work; the event comes again.
    """
    if is_private(event.data):
        return None
    order = uow.get(ORDER, event.data.order_id)
    letter = LETTERS[type(event.data)]
    facts = letter.tell(order, event.data, uow)
    if facts is None:
        return None
    claimed = run(lambda own: _claim(own, event, order, letter), lambda: _own(uow))
    if claimed.is_settled:
        return claimed
    try:
        to = recipient(order.contact.email)
    except NoAddress:
        return _give_up(uow, claimed, "no_address")
    language = order.contact.language or order.language
    market = markets.market(order.market)
    rendered = render(letter.template, language, {**about(order), **facts}, time_zone=market.time_zone)
    raw = compose(rendered, sender=config.mail_from(), to=to, mail_id=claimed.id, language=language)
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


def _claim(uow: UnitOfWork, event: Event[Any], order: Order, letter: Letter) -> Mail:
    lease = timedelta(seconds=uow.setting(LEASE))
    known = uow.find(MAIL, order.id, mail_id(event.id, letter.template))
    if known is not None:
        return known if known.is_settled else uow.put(MAIL, known.claim(uow.now, lease))
    new = Mail(
        id=mail_id(event.id, letter.template), order_id=order.id, letter=letter.template,
        language=language_of(order.contact.language or order.language), state=MailState.SENDING,
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
