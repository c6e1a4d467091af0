"""The money of a return: once, exactly, by the original method, or a task for finance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.auth import Principal
from chalicelib.core.errors import Invalid, NotAllowed, RuleRefused, VersionConflict
from chalicelib.core.events import SYSTEM, Aggregate, Event
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.core.triggers import REGISTRY
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory.service import levels
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Account, balance_of
from chalicelib.ledger.items import ENTRY
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, RefundReason, RefundSucceeded
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service
from chalicelib.returns.domain import (
    BlockReason,
    Condition,
    Disposition,
    InspectedLine,
    Reason,
    RejectReason,
    Resolution,
    State,
)
from chalicelib.returns.items import RETURN
from chalicelib.returns.service.common import borne_by
from tests.support.sample_orders import GUEST, a_line, an_order, eur
from tests.support.sample_returns import (
    AFTER_SALES,
    FINANCE,
    OWNER,
    STORE,
    ask,
    completed_order,
    deliver,
    do,
    fact,
    happened,
    provider_says,
    read,
    send_back,
)

Begin = Callable[..., UnitOfWork]


@pytest.fixture
def on_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put settings in force: `on_settings(**{"returns.auto_approve_up_to": 0})`."""

    def put(**values: Any) -> None:
        real = UnitOfWork.setting

        def setting(uow: UnitOfWork, wanted: Setting[Any], market: str = "") -> Any:
            return values.get(wanted.name, real(uow, wanted, market))

        monkeypatch.setattr(UnitOfWork, "setting", setting)

    return put


def refunds(begin: Begin, order: Any) -> list[tuple[str, Money, str]]:
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    return [(one.request, one.amount, one.state.value) for one in payment.refunds]


def _inspect(begin: Begin, return_id: str, units: dict[str, tuple[int, int]]) -> Any:
    found = [InspectedLine(n, a, r, Condition.UNOPENED, Disposition.RESTOCK) for n, (a, r) in units.items()]
    return do(begin, lambda uow: service.inspect(uow, return_id, STORE, found))


def refund(begin: Begin, thing: Any) -> Any:
    return do(begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, thing.order_id, thing.id)))


def test_the_refund_goes_to_the_original_payment_once_and_is_confirmed_by_the_provider_amb04_b23(begin: Begin) -> None:
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    for _ in range(3):
        refund(begin, thing)
    assert refunds(begin, order) == [(thing.id, eur("20.00"), "wanted")]
    assert read(begin, thing).state is State.REFUNDING
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["settle-return"], times=3)
    assert read(begin, thing).state is State.REFUNDED
    assert [event.data.to for event in happened(order.id, "return.refunded")] == ["original"]


def test_the_last_return_brings_the_shipping_fee_and_all_together_are_what_was_paid_m7(begin: Begin) -> None:
    order = completed_order(begin)
    for units in ({"1": 1}, {"2": 1}, {"1": 1}):
        refund(begin, send_back(begin, ask(begin, order, units)))
    amounts = [amount for _, amount, _ in refunds(begin, order)]
    assert amounts == [eur("20.00"), eur("20.00"), eur("25.00")]
    assert Money.sum(amounts, "EUR") == order.totals.total


def test_a_discounted_line_is_refunded_at_what_was_paid_for_it_e5(begin: Begin) -> None:
    line = a_line(quantity=3, discount=eur("20.00"), tax=eur("6.39"), total=eur("42.50"))
    order = completed_order(begin, lines=(line, a_line("2", "OTHER")))
    refund(begin, send_back(begin, ask(begin, order, {"1": 1})))
    refund(begin, send_back(begin, ask(begin, order, {"1": 2})))
    assert [amount.text for _, amount, _ in refunds(begin, order)] == ["13.34", "26.66"]


def test_the_books_bear_tax_and_shipping_where_they_belong(begin: Begin) -> None:
    order = completed_order(begin)
    refund(begin, send_back(begin, ask(begin, order, {"1": 2, "2": 1})))
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    assert dict(payment.refunds[0].borne_by) == {"sales_returns": 4642, "tax_payable": 1358, "shipping_income": 500}


def test_a_return_of_which_nothing_is_accepted_ends_without_money(begin: Begin) -> None:
    order = completed_order(begin)
    thing = refund(begin, send_back(begin, ask(begin, order, {"1": 1}), accepted={}))
    assert (thing.state, thing.reject_reason) == (State.REJECTED, RejectReason.NOT_ACCEPTED)
    assert refunds(begin, order) == []


def test_goods_that_cost_nothing_come_back_without_a_refund_e5(begin: Begin) -> None:
    gift = a_line("2", "GIFT", 1, total=eur("0.00"), shipping=eur("0.00"), tax=eur("0.00"), unit_price=eur("0.00"))
    order = completed_order(begin, lines=(a_line(), gift))
    assert refund(begin, send_back(begin, ask(begin, order, {"2": 1}))).state is State.REFUNDED
    assert refunds(begin, order) == []


def test_a_refund_above_the_limit_waits_for_finance_ret05(begin: Begin, on_settings: Callable[..., None]) -> None:
    on_settings(**{"returns.auto_refund_up_to": 1_999})
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    assert refund(begin, thing).state is State.INSPECTED
    assert refunds(begin, order) == []
    do(begin, lambda uow: service.release(uow, thing.id, FINANCE))
    assert refunds(begin, order) == [(thing.id, eur("20.00"), "wanted")]


def test_two_of_finance_releasing_at_once_pay_once_e1(begin: Begin, on_settings: Callable[..., None]) -> None:
    on_settings(**{"returns.auto_refund_up_to": 0})
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    one, other = begin(), begin()
    service.release(one, thing.id, FINANCE)
    service.release(other, thing.id, FINANCE)
    one.commit(None)
    with pytest.raises(VersionConflict):
        other.commit(None)
    with pytest.raises(NotAllowed):
        service.release(begin(), thing.id, FINANCE)
    assert len(refunds(begin, order)) == 1


def test_more_than_was_captured_is_a_task_for_finance_e2(begin: Begin) -> None:
    order = completed_order(begin, captured=eur("10.00"))
    thing = refund(begin, send_back(begin, ask(begin, order, {"1": 1})))
    assert (thing.state, thing.block.reason) == (State.REFUND_BLOCKED, BlockReason.NOT_ENOUGH_CAPTURED)
    assert refunds(begin, order) == []


def test_a_disputed_payment_is_a_task_for_finance_and_is_not_paid_twice_e7(begin: Begin) -> None:
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    uow = begin()
    opened = fact(order, FactKind.DISPUTE_OPENED, "dispute-1", order.totals.total, capture="capture-1")
    uow.commit(payments.fold(uow, order.id, order.payment_id, order.totals.total, opened))
    thing = refund(begin, thing)
    assert (thing.state, thing.block.reason) == (State.REFUND_BLOCKED, BlockReason.DISPUTED)
    with pytest.raises(RuleRefused):
        do(begin, lambda uow: service.credit(uow, thing.id, FINANCE))
    ended = do(begin, lambda uow: service.reject(uow, thing.id, FINANCE, RejectReason.ALREADY_PAID_BACK))
    assert ended.state is State.REJECTED


def test_a_failed_refund_is_tried_again_under_a_new_key_e3(begin: Begin) -> None:
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    refund(begin, thing)
    provider_says(begin, order, FactKind.REFUND_FAILED)
    deliver(begin, order.id, ["settle-return"], times=2)
    blocked = read(begin, thing)
    assert (blocked.state, blocked.block.reason, blocked.block.final) == (State.REFUND_BLOCKED, "failed", True)
    do(begin, lambda uow: service.release(uow, thing.id, FINANCE))
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, thing).state is State.REFUNDING
    assert [key for key, _, _ in refunds(begin, order)] == [thing.id, f"{thing.id}.2"]
    provider_says(begin, order, FactKind.REFUNDED, "r2")
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, thing).state is State.REFUNDED


@pytest.mark.parametrize("released", [False, True])
def test_what_finance_pays_by_hand_in_place_of_a_failed_refund_is_the_returns_and_is_not_paid_again_e1(
    begin: Begin, released: bool
) -> None:
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    refund(begin, thing)
    provider_says(begin, order, FactKind.REFUND_FAILED)
    deliver(begin, order.id, ["settle-return"])
    do(begin, lambda uow: payments.refund_by_staff(
        uow, order.id, eur("20.00"), RefundReason.RETURN, "staff-1", note="new card", replaces="r1"
    ))  # fmt: skip
    if released:
        do(begin, lambda uow: service.release(uow, thing.id, FINANCE))
        assert read(begin, thing).state is State.REFUNDING
    with pytest.raises((RuleRefused, NotAllowed)):
        do(begin, lambda uow: service.credit(uow, thing.id, FINANCE))
    provider_says(begin, order, FactKind.REFUNDED, "r2")
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, thing).state is State.REFUNDED
    assert [key for key, _, _ in refunds(begin, order)] == [thing.id, "staff-1"]


def test_a_part_paid_by_hand_leaves_the_rest_to_be_released_e1(begin: Begin) -> None:
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    refund(begin, thing)
    provider_says(begin, order, FactKind.REFUND_FAILED)
    deliver(begin, order.id, ["settle-return"])
    do(begin, lambda uow: payments.refund_by_staff(
        uow, order.id, eur("15.00"), RefundReason.RETURN, "staff-1", note="new card", replaces="r1"
    ))  # fmt: skip
    provider_says(begin, order, FactKind.REFUNDED, "r2")
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, thing).state is State.REFUND_BLOCKED
    do(begin, lambda uow: service.release(uow, thing.id, FINANCE))
    assert [amount for _, amount, _ in refunds(begin, order)] == [eur("20.00"), eur("15.00"), eur("5.00")]
    provider_says(begin, order, FactKind.REFUNDED, "r3")
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, thing).state is State.REFUNDED


def test_a_refund_that_fails_after_it_was_done_comes_back_to_finance_e8(begin: Begin) -> None:
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    refund(begin, thing)
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["settle-return"])
    provider_says(begin, order, FactKind.REFUND_FAILED)
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, thing).state is State.REFUND_BLOCKED
    paid = do(begin, lambda uow: service.credit(uow, thing.id, FINANCE))
    assert (paid.state, paid.refunded_to) == (State.REFUNDED, "balance")
    assert not begin().get(PAYMENT, order.id, order.payment_id).needs_staff  # the failure is dealt with
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, thing).refunded_to == "balance"
    assert ledger.balance(begin(), OWNER.id, "EUR") == eur("20.00")
    entries = begin().part(ENTRY, order.id, prefix="ENTRY#")
    (credited,) = (entry for entry in entries if entry.kind == f"return-{thing.id}")
    booked = {posting.account: posting.amount for posting in credited.postings}
    assert booked.pop(balance_of(OWNER.id)) == -eur("20.00")
    assert booked == borne_by(paid, eur("20.00"))
    assert Account.TAX_PAYABLE in booked


def test_without_an_answer_finance_looks_and_a_late_answer_still_counts_e1(begin: Begin, clock: Any) -> None:
    order = completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    refund(begin, thing)
    clock.forward(hours=72)
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    assert read(begin, thing).block.reason is BlockReason.NO_ANSWER  # type: ignore[union-attr]
    with pytest.raises(RuleRefused):
        do(begin, lambda uow: service.credit(uow, thing.id, FINANCE))
    do(begin, lambda uow: service.release(uow, thing.id, FINANCE))
    assert len(refunds(begin, order)) == 1
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["settle-return"])
    assert read(begin, thing).state is State.REFUNDED


def test_a_guest_is_not_paid_to_a_balance(begin: Begin) -> None:
    order = completed_order(begin, captured=eur("10.00"), owner=GUEST)
    guest = Principal("guest", guest=GUEST.guest)
    wanted = [service.Wanted("1", 1, Reason.OTHER)]
    thing = do(begin, lambda uow: service.request(uow, order.id, guest, wanted))
    refund(begin, send_back(begin, thing))
    with pytest.raises(RuleRefused):
        do(begin, lambda uow: service.credit(uow, thing.id, FINANCE))


# Regions


def test_in_emerging_markets_the_goods_are_kept_for_a_partial_refund_ret08(begin: Begin) -> None:
    order = completed_order(begin, market="BR")
    thing = ask(begin, order, {"1": 1})
    assert (thing.state, thing.resolution, thing.refund) == (State.INSPECTED, Resolution.KEEP_GOODS, eur("10.00"))
    refund(begin, thing)
    assert refunds(begin, order) == [(thing.id, eur("10.00"), "wanted")]
    assert levels(begin(), "TEA-POT-BLUE") == {}


def test_after_sales_can_have_the_goods_back_all_the_same(begin: Begin) -> None:
    order = completed_order(begin, market="BR")
    thing = ask(begin, order, {"1": 2, "2": 1})
    approved = do(begin, lambda uow: service.approve(uow, thing.id, AFTER_SALES, Resolution.REFUND))
    assert approved.state is State.APPROVED


def test_in_europe_the_label_is_prepaid_and_issued_once_ret08(begin: Begin) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    for _ in range(2):
        do(begin, lambda uow: service.issue_label(uow, uow.get(RETURN, order.id, thing.id)))
    assert [event.data.label for event in happened(order.id, "return.label_issued")] == ["prepaid"]
    assert read(begin, thing).state is State.AWAITING_PARCEL


# What could not be handed over


def test_goods_that_could_not_be_handed_over_are_returned_and_refunded_without_being_asked_for_ful19(
    begin: Begin,
) -> None:
    lines = (a_line(fresh=True), a_line("2", "MUG", 1, return_rule="unopened"))
    order = completed_order(begin, lines=lines, state=OrderState.TAKEN_BACK)
    for _ in range(2):
        do(begin, lambda uow: service.take_back(uow, order.id))
    (thing,) = begin().part(RETURN, order.id, prefix="RETURN#")
    assert (thing.state, thing.units) == (State.RECEIVED, {"1": 2, "2": 1})
    _inspect(begin, thing.id, {"2": (1, 0), "1": (0, 0)})
    refund(begin, thing)
    assert refunds(begin, order) == [(thing.id, order.totals.total, "wanted")]


@pytest.mark.parametrize("found", [{"1": (2, 0), "2": (1, 0)}, {"1": (1, 0), "2": (0, 1)}, {"1": (0, 0), "2": (0, 0)}])
def test_the_books_of_goods_that_never_reached_the_customer_show_no_sale_and_no_money_kept_ful19(
    begin: Begin, on_settings: Callable[..., None], found: dict[str, tuple[int, int]]
) -> None:
    """Whatever came back of them, and whether or not other returns refund the shipping."""
    on_settings(**{"returns.refund_shipping": False})
    order = completed_order(begin, state=OrderState.TAKEN_BACK)
    do(begin, lambda uow: service.take_back(uow, order.id))
    (thing,) = begin().part(RETURN, order.id, prefix="RETURN#")
    _inspect(begin, thing.id, found)
    refund(begin, thing)
    assert refunds(begin, order) == [(thing.id, order.totals.total, "wanted")]
    provider_says(begin, order, FactKind.REFUNDED)
    balance = ledger.trial_balance_of(begin(), order.id)
    assert [line.account for line in balance.lines if not line.balance.is_zero] == []


def test_goods_that_were_to_be_paid_at_the_door_come_back_without_any_money_amb04(begin: Begin) -> None:
    order = an_order(OrderState.TAKEN_BACK, payment_method=CASH_ON_DELIVERY, store="RTM1")
    uow = begin()
    uow.put(ORDER, order)
    uow.commit(None)
    do(begin, lambda uow: service.take_back(uow, order.id))
    (thing,) = begin().part(RETURN, order.id, prefix="RETURN#")
    _inspect(begin, thing.id, {"1": (2, 0), "2": (1, 0)})
    assert refund(begin, thing).state is State.REFUNDED
    assert begin().find(PAYMENT, order.id, order.payment_id) is None


def test_a_customer_cannot_claim_that_nothing_was_handed_over(begin: Begin) -> None:
    with pytest.raises(Invalid):
        ask(begin, completed_order(begin), {"1": 1}, Reason.NOT_HANDED_OVER)


def test_the_refund_of_money_that_belongs_to_no_order_concerns_no_return(begin: Begin) -> None:
    """PAY-09: the order that a provider's message named may be anybody's, or nobody's."""
    told = RefundSucceeded("C00000000000N", "unmatched", "r1", Money(500, "EUR"), "unmatched", "sandbox", "re_1")
    event = Event(
        id="UNMATCHED#1/EVENT#UNMATCHED#000002", type="refund.succeeded", schema=1,
        aggregate=Aggregate("unmatched_payment", "1"), sequence=2, occurred_at=begin().now, actor=SYSTEM, cause="",
        trace="", data=told,
    )  # fmt: skip
    uow = begin()
    REGISTRY["settle-return"].function(uow, event)
    assert uow.is_empty
