"""Mails go out once per event, survive failures on both sides, and leave no personal data behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.core import aws
from chalicelib.core.events import SYSTEM, Aggregate, Event
from chalicelib.core.money import Money
from chalicelib.core.table import rows_of
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.invoices.domain import InvoiceIssued
from chalicelib.markets.domain import Contact, InvoiceKind, InvoiceRequest
from chalicelib.notifications import service
from chalicelib.notifications.domain import BeingSent, MailState, mail_id
from chalicelib.notifications.items import MAIL
from chalicelib.notifications.triggers import send_mail  # noqa: F401 - registers the consumer
from chalicelib.orders.domain import Order, OrderPaid, OrderReturnedToCustomer, Reason, State
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import PaymentFailed, RefundSucceeded
from tests.support.sample_orders import an_order

Begin = Callable[..., UnitOfWork]


class Post:
    """A mail service that does what it is told and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.failures: list[Exception] = []
        self.takes_before_failing = False

    def send_email(self, **mail: Any) -> dict[str, str]:
        failure = self.failures.pop(0) if self.failures else None
        if failure is None or self.takes_before_failing:
            self.taken.append(mail)
        if failure is not None:
            raise failure
        return {"MessageId": f"message-{len(self.taken)}"}


@pytest.fixture
def post(database: None, monkeypatch: pytest.MonkeyPatch) -> Post:
    office = Post()
    real = aws.client
    monkeypatch.setattr(aws, "client", lambda name: office if name == "sesv2" else real(name))
    return office


def put(begin: Begin, order: Order) -> Order:
    uow = begin()
    return uow.commit(uow.put(ORDER, order))


def event(data: Any, event_id: str = "ORDER#C1/EVENT#ORDER#000001") -> Event[Any]:
    return Event(
        id=event_id, type="order.paid", schema=1, aggregate=Aggregate("order", data.order_id), sequence=1,
        occurred_at=datetime(2026, 11, 21, tzinfo=UTC), actor=SYSTEM, cause="", trace="", data=data,
    )  # fmt: skip


def paid(order: Order) -> Event[Any]:
    return event(OrderPaid(order_id=order.id, payment_id="p", amount=order.totals.total))


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "SendEmail")


def subject(post: Post, number: int = 0) -> str:
    import email
    import email.policy

    raw = post.taken[number]["Content"]["Raw"]["Data"]
    return str(email.message_from_bytes(raw, policy=email.policy.default)["Subject"])


def body(post: Post, number: int = 0) -> str:
    import email
    import email.policy

    raw = post.taken[number]["Content"]["Raw"]["Data"]
    return email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",)).get_content()


def test_an_event_is_mailed_once_however_often_it_is_delivered_e1(begin: Begin, post: Post) -> None:
    order = put(begin, an_order())
    for _ in range(3):
        service.deliver(begin(), paid(order))
    assert len(post.taken) == 1
    assert post.taken[0]["Destination"] == {"ToAddresses": ["erika@example.com"]}
    mail = begin().get(MAIL, order.id, mail_id(paid(order).id, "order_paid"))
    assert (mail.state, mail.message_id, mail.attempts) == (MailState.SENT, "message-1", 1)


def test_two_events_of_one_kind_are_two_mails(begin: Begin, post: Post) -> None:
    order = put(begin, an_order())
    service.deliver(begin(), paid(order))
    service.deliver(begin(), event(paid(order).data, "another-event"))
    assert len(post.taken) == 2


def test_while_one_attempt_is_under_way_another_waits(begin: Begin, post: Post, clock: Any) -> None:
    order = put(begin, an_order())
    post.failures = [ReadTimeoutError(endpoint_url="ses")]
    with pytest.raises(ReadTimeoutError):
        service.deliver(begin(), paid(order))
    with pytest.raises(BeingSent):
        service.deliver(begin(), paid(order))
    assert post.taken == []
    clock.forward(seconds=121)
    service.deliver(begin(), paid(order))
    assert len(post.taken) == 1


def test_a_lost_answer_sends_at_worst_twice_and_both_say_which_mail_they_are(
    begin: Begin, post: Post, clock: Any
) -> None:
    order = put(begin, an_order())
    post.failures, post.takes_before_failing = [ReadTimeoutError(endpoint_url="ses")], True
    with pytest.raises(ReadTimeoutError):
        service.deliver(begin(), paid(order))
    clock.forward(seconds=121)
    for _ in range(3):
        service.deliver(begin(), paid(order))
    assert len(post.taken) == 2
    mark = mail_id(paid(order).id, "order_paid").encode()
    assert all(b"X-Caravan-Mail: " + mark in taken["Content"]["Raw"]["Data"] for taken in post.taken)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "LimitExceededException"])
def test_a_mail_that_was_certainly_not_taken_is_tried_again_at_once(begin: Begin, post: Post, code: str) -> None:
    order = put(begin, an_order())
    post.failures = [client_error(code)]
    with pytest.raises(ClientError):
        service.deliver(begin(), paid(order))
    service.deliver(begin(), paid(order))
    assert len(post.taken) == 1


def test_a_mail_that_can_never_be_sent_is_given_up_and_not_tried_again(begin: Begin, post: Post) -> None:
    order = put(begin, an_order())
    post.failures = [client_error("MessageRejected")]
    assert service.deliver(begin(), paid(order)).state is MailState.UNDELIVERABLE  # type: ignore[union-attr]
    service.deliver(begin(), paid(order))
    assert post.taken == []


def test_an_address_that_is_none_is_given_up_before_anything_is_sent(begin: Begin, post: Post) -> None:
    order = put(begin, an_order(contact=Contact("a@example.com\r\nBcc: b@example.com", "en")))
    mail = service.deliver(begin(), paid(order))
    assert mail is not None
    assert (mail.state, mail.failure) == (MailState.UNDELIVERABLE, "no_address")
    assert post.taken == []


def test_a_defect_of_the_mail_service_brings_the_event_back(begin: Begin, post: Post) -> None:
    order = put(begin, an_order())
    post.failures = [client_error("AccountSuspendedException")]
    with pytest.raises(ClientError):
        service.deliver(begin(), paid(order))


def test_the_table_keeps_no_address_name_or_text_of_a_mail_p1(begin: Begin, post: Post) -> None:
    order = put(begin, an_order())
    service.deliver(begin(), paid(order))
    rows = list(rows_of(f"ORDER#{order.id}", "MAIL#"))
    kept = repr(MAIL.decode(rows[0].body))
    assert "erika" not in kept.lower()
    assert "mustermann" not in kept.lower()


def test_nothing_personal_is_logged_p1(begin: Begin, post: Post, capfd: pytest.CaptureFixture[str]) -> None:
    order = put(begin, an_order(contact=Contact("canary-7f3a@example.com", "en")))
    post.failures = [client_error("MessageRejected")]
    service.deliver(begin(), paid(order))
    shown = capfd.readouterr()
    assert "canary-7f3a" not in shown.out + shown.err


def test_a_returned_order_is_told_with_every_reason_and_the_reader_s_language_ntf03(begin: Begin, post: Post) -> None:
    order = put(begin, an_order(
        State.RETURNED_TO_CUSTOMER, contact=Contact("e@example.com", "zh-CN"),
        reasons=(Reason("address_incomplete", "postal_code"), Reason("other", "请确认门牌号")),
    ))  # fmt: skip
    told = OrderReturnedToCustomer(
        order_id=order.id, reasons=("address_incomplete", "other"),
        answer_by=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
    )  # fmt: skip
    service.deliver(begin(), event(told))
    assert "收货地址不完整" in body(post)
    assert "请确认门牌号" in body(post)


def test_a_failed_attempt_is_told_only_while_the_order_waits_for_its_money_ntf02(begin: Begin, post: Post) -> None:
    waiting = put(begin, an_order(State.AWAITING_PAYMENT, deadlines={"pay_by": datetime(2026, 11, 21, tzinfo=UTC)}))
    later = put(begin, an_order(State.UNDER_REVIEW))
    for order in (waiting, later):
        failed = PaymentFailed(order.id, order.payment_id, "sandbox", "ref", "card_declined")
        service.deliver(begin(), event(failed, f"failed-{order.id}"))
    assert [mail["Destination"]["ToAddresses"] for mail in post.taken] == [["erika@example.com"]]
    assert waiting.id in body(post)


def test_the_refund_of_a_return_is_told_by_the_return_alone(begin: Begin, post: Post) -> None:
    order = put(begin, an_order(State.COMPLETED))
    for reason in ("return", "goodwill"):
        done = RefundSucceeded(order.id, order.payment_id, "r1", Money(100, "EUR"), reason, "sandbox", "ref")
        service.deliver(begin(), event(done, f"refund-{reason}"))
    assert len(post.taken) == 1
    assert "€1.00" in body(post)


def test_mails_are_forgotten_in_time(begin: Begin, post: Post, clock: Any) -> None:
    order = put(begin, an_order())
    mail = service.deliver(begin(), paid(order))
    assert mail is not None
    assert mail.forget_at == clock.now + timedelta(days=400)


@pytest.mark.parametrize("exists", [True, False], ids=["somebody's order", "no order"])
def test_money_that_belongs_to_no_order_goes_back_without_a_letter(begin: Begin, post: Post, exists: bool) -> None:
    """PAY-09, A10: the order that a provider's message named may be anybody's."""
    named = put(begin, an_order(State.ROUTED)).id if exists else "C00000000000N"
    given_back = RefundSucceeded(named, "unmatched", "r1", Money(500, "EUR"), "unmatched", "sandbox", "re_1")
    assert service.deliver(begin(), event(given_back)) is None
    assert post.taken == []


@pytest.mark.parametrize(
    ("corrects", "language", "says"),
    [("", "en", "Invoice CEU-2026-000001"), ("CEU-2026-000001", "zh-CN", "红字发票 CEU-2026-000001")],
)
def test_an_invoice_goes_where_it_was_asked_for_ord_09(
    begin: Begin, post: Post, corrects: str, language: str, says: str
) -> None:
    asked = InvoiceRequest(InvoiceKind.COMPANY, "Teehaus GmbH", "", "books@example.com")
    order = put(begin, an_order(invoice=asked, contact=Contact("erika@example.com", language)))
    total = order.totals.total
    told = InvoiceIssued(order.id, "CEU-2026-000001", "invoice", "ORDER", total, corrects)
    service.deliver(begin(), event(told))
    assert post.taken[0]["Destination"] == {"ToAddresses": ["books@example.com"]}
    assert f"/orders/{order.id}/invoice" in body(post)
    assert says in subject(post)
