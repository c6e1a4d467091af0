"""What is sent is what the mail service takes: through the real client, against an in-process SES."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.core import aws
from chalicelib.core.triggers import REGISTRY
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.notifications import triggers as _registered  # noqa: F401
from chalicelib.notifications.domain import MailState
from chalicelib.notifications.items import MAIL
from tests.support.sample_returns import ask, completed_order, deliver, do, happened, send_back

Begin = Callable[..., UnitOfWork]


def test_every_step_of_a_return_is_told_once_ret13_ntf01(begin: Begin) -> None:
    aws.client("sesv2").create_email_identity(EmailIdentity="shop@example.com")
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    do(begin, lambda uow: REGISTRY["returns-label"].function(uow, {"order_id": order.id, "return_id": thing.id}))
    deliver(begin, order.id, ["send-mail"], times=2)
    send_back(begin, thing)
    deliver(begin, order.id, ["send-mail"], times=2)
    mails = begin().part(MAIL, order.id, prefix="MAIL#")
    assert sorted(mail.letter for mail in mails) == ["return_inspected", "return_label", "return_received"]
    assert all(mail.state is MailState.SENT and mail.message_id for mail in mails)
    assert len({mail.message_id for mail in mails}) == 3
    assert happened(order.id, "mail.") == []
