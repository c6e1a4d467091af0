"""An order paid by several payments (ORD-12): cards and the balance account, together exactly once what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Invalid, NotAllowed, RuleRefused, VersionConflict
from chalicelib.core.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import InsufficientBalance
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments import triggers as _registered  # noqa: F401
from chalicelib.payments.domain import FactKind, PartRefused, RefundReason, RefundRequested
from chalicelib.payments.providers import sandbox
from tests.support.http import Client

GUEST = Principal("guest", guest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
IN_BALANCE = Money.of("30.00", "EUR")


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


@pytest.fixture
def rich(shop: Any, ann: Any) -> Any:
    """Ann, who has 30.00 in her balance account."""
    shop.do(lambda uow: ledger.credit_balance(uow, ann.id, IN_BALANCE, "C0000000000000", kind="gift"))
    return ann


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pages that were opened at the sandbox."""
    opened: list[Any] = []

    def open_page(_self: Any, call: Any) -> sandbox.Opened:
        opened.append(call)
        return sandbox.Opened(f"page-{call.key}", redirect_url=f"http://shop.test/{call.key}")

    monkeypatch.setattr(sandbox.Sandbox, "open", open_page)
    monkeypatch.setattr(sandbox.Sandbox, "is_configured", lambda _self: True)
    return opened


def pay(shop: Any, order: Order, amount: Money | None = None) -> Order:
    paid, _ = shop.do(lambda uow: orders.pay_from_balance(uow, order.id, _owner(order), amount))
    result: Order = paid
    return result


def _owner(order: Order) -> Principal:
    """The caller whose order it is."""
    kind = "shopper" if order.owner.customer else "guest"
    return Principal(kind, order.owner.customer, guest=order.owner.guest)


def page(shop: Any, order: Order, amount: Money | None = None, **more: Any) -> Any:
    return shop.do(lambda uow: orders.open_payment(uow, order.id, _owner(order), amount=amount, **more))


def balance(shop: Any, who: Any) -> Money:
    return ledger.balance(shop.begin(), who.id, "EUR")


def carry_out(shop: Any, order: Order) -> None:
    """Have every wanted refund carried out, as the consumer does; twice."""
    for _ in range(2):
        for refund in shop.payment(order).refunds:
            wanted = RefundRequested(
                order.id, order.payment_id, refund.id, refund.amount, refund.reason.value, refund.provider
            )
            if refund.provider == "balance":
                shop.do(lambda uow, wanted=wanted: payments.execute_refund(uow, wanted))


def books(shop: Any, order: Order) -> Any:
    made = ledger.trial_balance_of(shop.begin(), order.id)
    assert made.difference == {}
    return made


def test_balance_and_card_together_pay_the_order_once_ord_12(shop: Any, rich: Any) -> None:
    order = shop.placed(rich)
    waiting = pay(shop, order, eur("20.00"))
    assert (waiting.state, balance(shop, rich)) == (State.AWAITING_PAYMENT, eur("10.00"))
    assert shop.payment(order).outstanding == order.totals.total - eur("20.00")
    rest = page(shop, order)
    assert rest.amount == order.totals.total - eur("20.00")
    shop.report(shop.fact(order, amount=rest.amount))
    assert shop.order(order).state is State.UNDER_REVIEW
    told = [name for name in shop.events(order) if name.startswith("order.")]
    assert told == ["order.placed", "order.part_paid", "order.paid"]
    made = books(shop, order)
    assert made.balance("receivable:balance", "EUR").is_zero
    assert made.balance("customer_funds", "EUR") == -order.totals.total


def test_two_cards_pay_one_order_each_on_a_page_of_its_own(shop: Any, ann: Any, pages: list[Any]) -> None:
    order = shop.placed(ann)
    half = Money(order.totals.total.minor // 2, "EUR")
    first, again = page(shop, order, half), page(shop, order, half)
    assert first.redirect_url == again.redirect_url
    shop.report(shop.fact(order, amount=half, reference="one"))
    second = page(shop, order, method="paypal")
    assert second.redirect_url != first.redirect_url
    assert (second.method, second.amount) == ("paypal", order.totals.total - half)
    shop.report(shop.fact(order, amount=second.amount, reference="two"))
    assert shop.order(order).state is State.UNDER_REVIEW and shop.payment(order).refunds == ()


def test_an_equal_second_part_is_not_sent_to_the_page_that_was_paid(shop: Any, ann: Any) -> None:
    order = shop.placed(ann)
    first = page(shop, order, eur("20.00"))
    shop.report(shop.fact(order, amount=eur("20.00"), reference="one"))
    assert page(shop, order, eur("20.00")).redirect_url != first.redirect_url


def test_the_balance_alone_pays_an_order_and_no_part_is_too_small(shop: Any, rich: Any) -> None:
    order = shop.placed(rich, lines=(("CUP", 1),))
    assert pay(shop, order).state is State.UNDER_REVIEW
    assert balance(shop, rich) == IN_BALANCE - order.totals.total
    with pytest.raises(NotAllowed):
        pay(shop, order)


def test_without_an_amount_as_much_as_allowed_is_taken(shop: Any, rich: Any) -> None:
    order = shop.placed(rich)
    pay(shop, order)
    assert balance(shop, rich).is_zero and shop.payment(order).captured == IN_BALANCE
    with pytest.raises(InsufficientBalance):
        pay(shop, order)


@pytest.mark.parametrize(
    ("amount", "refused"), [("9.99", PartRefused), ("30.01", InsufficientBalance), ("200.00", PartRefused)]
)
def test_what_is_no_part_changes_nothing(shop: Any, rich: Any, amount: str, refused: type[Exception]) -> None:
    order = shop.placed(rich)
    with pytest.raises(refused):
        pay(shop, order, eur(amount))
    assert (balance(shop, rich), shop.payment(order)) == (IN_BALANCE, None)


def test_a_guest_has_no_balance_and_no_method_is_made_up(shop: Any) -> None:
    order = shop.placed(GUEST)
    with pytest.raises(RuleRefused):
        pay(shop, order)
    for method in ("shells", "cash_on_delivery", "balance"):
        with pytest.raises(Invalid):
            page(shop, order, method=method)


def test_the_same_balance_is_not_spent_twice(shop: Any, rich: Any) -> None:
    one, two = shop.placed(rich), shop.placed(rich)
    first, second = shop.begin(), shop.begin()
    for uow, order in ((first, one), (second, two)):
        orders.pay_from_balance(uow, order.id, rich, eur("20.00"))
    first.commit(None)
    with pytest.raises(InsufficientBalance):
        second.commit(None)
    assert balance(shop, rich) == eur("10.00") and shop.payment(two) is None


def test_an_order_that_expires_paid_in_part_gives_every_part_to_the_balance_once_ord_15(
    shop: Any, rich: Any, clock: Any
) -> None:
    order = shop.placed(rich)
    pay(shop, order, eur("15.00"))
    shop.report(shop.fact(order, amount=eur("20.00")))
    clock.forward(hours=1)
    for _ in range(2):
        sweep(clock.now, float("inf"))
    assert shop.order(order).state is State.CANCELLED
    assert balance(shop, rich) == IN_BALANCE + eur("20.00")
    assert shop.payment(order).refunds == ()
    made = books(shop, order)
    assert made.balance("customer_funds", "EUR").is_zero and made.balance("receivable:balance", "EUR").is_zero


def test_a_guests_parts_go_back_where_they_came_from_amb_04(shop: Any) -> None:
    order = shop.placed(GUEST)
    shop.report(shop.fact(order, amount=eur("20.00"), reference="one"))
    shop.report(shop.fact(order, amount=eur("15.00"), reference="two"))
    shop.do(lambda uow: orders.expire(uow, uow.get(ORDER, order.id)))
    refunds = {(r.capture, r.amount, r.reason) for r in shop.payment(order).refunds}
    assert refunds == {
        ("one", eur("20.00"), RefundReason.CANCELLED), ("two", eur("15.00"), RefundReason.CANCELLED),
    }  # fmt: skip


def test_both_ways_at_once_pay_too_much_and_the_latest_goes_back(shop: Any, rich: Any) -> None:
    order = shop.placed(rich, lines=(("CUP", 1),))
    opened = page(shop, order)
    pay(shop, order)
    shop.report(shop.fact(order, amount=opened.amount))
    (refund,) = shop.payment(order).refunds
    assert (refund.provider, refund.amount, refund.reason) == ("sandbox", opened.amount, RefundReason.OVERPAID)
    assert shop.order(order).state is State.UNDER_REVIEW
    books(shop, order)


def test_a_refund_takes_the_latest_part_first_and_the_balances_part_goes_back_there_once(
    shop: Any, rich: Any, clock: Any
) -> None:
    order = shop.placed(rich)
    shop.report(shop.fact(order, amount=order.totals.total - eur("30.00")))
    clock.forward(minutes=1)
    pay(shop, order)
    assert shop.order(order).state is State.UNDER_REVIEW and balance(shop, rich).is_zero
    shop.do(
        lambda uow: payments.refund_by_staff(
            uow, order.id, eur("35.00"), RefundReason.GOODWILL, "staff-1", note="sorry"
        )
    )
    assert [(r.provider, r.amount) for r in shop.payment(order).refunds] == [
        ("balance", eur("30.00")), ("sandbox", eur("5.00")),
    ]  # fmt: skip
    carry_out(shop, order)
    assert balance(shop, rich) == eur("30.00")
    assert [r.state.value for r in shop.payment(order).refunds] == ["done", "wanted"]
    assert books(shop, order).balance("receivable:balance", "EUR").is_zero


def test_two_who_carry_out_one_refund_to_the_balance_credit_it_once(shop: Any, rich: Any, clock: Any) -> None:
    order = shop.placed(rich, lines=(("CUP", 1),))
    pay(shop, order)
    shop.do(
        lambda uow: payments.refund_by_staff(uow, order.id, eur("5.00"), RefundReason.GOODWILL, "staff-1", note="x")
    )
    (refund,) = shop.payment(order).refunds
    wanted = RefundRequested(order.id, order.payment_id, refund.id, refund.amount, "goodwill", "balance")
    first, second = shop.begin(), shop.begin()
    for uow in (first, second):
        payments.execute_refund(uow, wanted)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    assert balance(shop, rich) == IN_BALANCE - order.totals.total + eur("5.00")


def test_a_cancellation_and_a_part_at_the_same_moment_lose_nothing(shop: Any, rich: Any) -> None:
    order = shop.placed(rich)
    paying, cancelling = shop.begin(), shop.begin()
    orders.pay_from_balance(paying, order.id, rich, eur("20.00"))
    orders.cancel(cancelling, order.id, rich, CancelReason.CHANGED_MIND)
    cancelling.commit(None)
    with pytest.raises(VersionConflict):
        paying.commit(None)
    with pytest.raises(NotAllowed):
        pay(shop, order, eur("20.00"))
    assert balance(shop, rich) == IN_BALANCE


def test_the_time_to_pay_ends_for_parts_too(shop: Any, rich: Any, clock: Any) -> None:
    order = shop.placed(rich)
    clock.now = order.deadlines["pay_by"] + timedelta(seconds=1)
    with pytest.raises(orders.TooLateToPay):
        pay(shop, order, eur("20.00"))


def test_a_failed_attempt_beside_a_part_changes_nothing(shop: Any, rich: Any) -> None:
    order = shop.placed(rich)
    pay(shop, order, eur("20.00"))
    shop.report(shop.fact(order, FactKind.FAILED, reference="att-1", code="card_declined"))
    assert shop.order(order).state is State.AWAITING_PAYMENT
    assert shop.payment(order).outstanding == order.totals.total - eur("20.00")


def test_over_http_a_repeated_request_takes_from_the_balance_once(
    shop: Any, rich: Any, clock: Any, time_machine: Any
) -> None:
    time_machine.move_to(clock.now)
    order = shop.placed(rich)
    owner, path = Client(rich), f"/orders/{order.id}/payment"
    body = {"amount": {"amount": "20.00", "currency": "EUR"}}
    answers = [owner.post(f"{path}/balance", body, key="balance-0001") for _ in range(3)]
    assert {answer.status for answer in answers} == {200}, answers[0].text
    assert len({answer.text for answer in answers}) == 1
    assert balance(shop, rich) == eur("10.00")
    left = (order.totals.total - eur("20.00")).text
    shown = owner.get(path).json
    assert (shown["captured"]["amount"], shown["outstanding"]["amount"]) == ("20.00", left)
    assert [part["provider"] for part in shown["parts"]] == ["balance"]
    assert owner.post(f"{path}/balance", body).status == 400
    small = {"amount": {"amount": "1.00", "currency": "EUR"}}
    refused = owner.post(path, small)
    assert (refused.status, refused.json["type"]) == (422, "/problems/part-refused")
    assert owner.post(path, {"amount": {"amount": left, "currency": "EUR"}}).json["amount"]["amount"] == left
    assert Client(GUEST).get(path).status == 404
