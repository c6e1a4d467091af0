"""The deposit on orders of customers who let hand-overs fail: charged, given back, ended (H1, BAL-05…BAL-07)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clockwork import sweep
from chalicelib.core import settings_values
from chalicelib.core.auth import Owner, Post, Principal
from chalicelib.core.errors import Conflict, VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.ledger import service as ledger
from chalicelib.ledger.items import ENTRY
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Command, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import deposits
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind
from chalicelib.payments.items import PAYMENT
from chalicelib.risk import service as risk
from chalicelib.risk.items import STANDING
from tests.support.http import Client
from tests.support.sample_orders import BERLIN, CUSTOMER, an_order

DEPOSIT = Money.of("2.42", "EUR")  # CNY 20 at 8.25 for a euro


def fail(shop: Any, number: int = 1, by_customer: bool = True, **changes: Any) -> list[Order]:
    """So many orders to the same person are not handed over."""
    failed = []
    for _ in range(number):
        order = an_order(State.SHIPPED, store="RTM1", **changes)
        shop.do(lambda uow, order=order: uow.put(ORDER, order))
        shop.do(
            lambda uow, order=order: orders.advance(
                uow, order.id, Command.FAIL_HANDOVER, cause="refused", by_customer=by_customer
            )
        )
        failed.append(shop.order(order))
    return failed


def correct(shop: Any, order: Order, *, by_customer: bool) -> Order:
    result: Order = shop.do(
        lambda uow: orders.correct_cause(uow, uow.get(ORDER, order.id), by_customer=by_customer, note="seen")
    )
    return result


def on_the_way(shop: Any, principal: Any) -> Order:
    """A paid order with the courier."""
    order = shop.pay(shop.placed(principal, lines=(("CARD", 1), ("CUP", 1))))
    shop.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order.id), state=State.SHIPPED, store="RTM1")))
    return order


def deliver(shop: Any, order: Order) -> Order:
    result: Order = shop.do(lambda uow: orders.advance(uow, order.id, Command.COMPLETE, proof="tracking"))
    return result


def deposit_asked(shop: Any, principal: Any) -> Money:
    amount: Money = shop.quoted(principal).deposit
    return amount


def set_(shop: Any, **values: Any) -> None:
    given = {name.replace("__", "."): value for name, value in values.items()}
    shop.do(lambda uow: uow.put(SETTINGS, SettingValues("", given)))
    settings_values.forget()


@pytest.fixture(autouse=True)
def _time_goes_on(shop: Any, clock: Any) -> None:
    """A second between any two commands."""
    begin = shop.begin

    def later(*given: Any) -> UnitOfWork:
        clock.forward(seconds=1)
        return begin(*given)

    shop.begin = later


@pytest.mark.parametrize("who", ["ann", "bob", "anonymous"])
def test_after_the_fifth_failed_hand_over_every_order_to_that_person_carries_a_deposit_bal_05_bal_06(
    shop: Any, who: str, request: pytest.FixtureRequest
) -> None:
    """Whichever account or guest places it: phone, or name and address, are the same."""
    principal = request.getfixturevalue(who)
    fail(shop, 4)
    fail(shop, 1, by_customer=False)
    assert deposit_asked(shop, principal).is_zero
    fail(shop, 1, owner=Owner(guest="f" * 64))
    quote = shop.quoted(principal)
    assert quote.deposit == DEPOSIT
    assert quote.total == Money.sum((line.total for line in quote.lines), "EUR") + DEPOSIT
    order = shop.placed(principal)
    assert order.totals.deposit == DEPOSIT
    assert order.deposit_keys


def test_somebody_else_leaves_no_deposit_bal_06(shop: Any, bob: Any) -> None:
    fail(shop, 5, ship_to=replace(BERLIN, phone="+4930555555", lines=("Elsewhere 1",)))
    assert deposit_asked(shop, bob).is_zero


def test_nothing_is_asked_for_what_is_not_handed_over_bal_05(shop: Any, ann: Any) -> None:
    fail(shop, 5)
    assert shop.placed(ann, lines=(("CARD", 1),)).totals.deposit.is_zero


def test_the_deposit_goes_back_to_the_balance_on_completion_amb_05(shop: Any, ann: Any) -> None:
    fail(shop, 5)
    order = on_the_way(shop, ann)
    deliver(shop, order)
    assert ledger.balance(shop.begin(), ann.id, "EUR") == DEPOSIT
    entries = shop.begin().part(ENTRY, order.id, prefix="ENTRY#")
    held = [p.amount for entry in entries for p in entry.postings if p.account == "deposits_held"]
    assert sorted(held, key=lambda money: money.minor) == [-DEPOSIT, DEPOSIT]
    assert shop.payment(order).refundable == order.totals.total - DEPOSIT


def test_a_guest_gets_the_deposit_back_where_it_came_from_amb_05(shop: Any, anonymous: Any) -> None:
    fail(shop, 5)
    order = on_the_way(shop, anonymous)
    deliver(shop, order)
    (refund,) = shop.payment(order).refunds
    assert (refund.amount, refund.borne_by) == (DEPOSIT, {"deposits_held": DEPOSIT.minor})


def test_ten_clean_orders_in_a_row_end_the_deposit_bal_07(shop: Any, ann: Any) -> None:
    fail(shop, 5)
    waiting = on_the_way(shop, ann)
    for _ in range(8):
        keep_going(shop)
    assert deposit_asked(shop, ann) == DEPOSIT
    deliver(shop, waiting)
    assert deposit_asked(shop, ann) == DEPOSIT
    keep_going(shop)
    assert deposit_asked(shop, ann).is_zero


def keep_going(shop: Any) -> None:
    """One more order on deposit terms is handed over."""
    order = an_order(State.SHIPPED, store="RTM1")
    order = replace(order, deposit_keys=deposits.match_keys(shop.begin(), order))
    shop.do(lambda uow: uow.put(ORDER, order))
    deliver(shop, order)


def test_a_case_on_deposit_terms_begins_the_ten_anew_bal_07(shop: Any, ann: Any) -> None:
    fail(shop, 5)
    for _ in range(9):
        keep_going(shop)
    fail(shop, 1)
    keep_going(shop)
    assert deposit_asked(shop, ann) == DEPOSIT


def test_a_late_reversal_of_a_cause_counts_as_if_known_from_the_beginning_bal_05(shop: Any, ann: Any) -> None:
    failed = fail(shop, 5)
    assert deposit_asked(shop, ann) == DEPOSIT
    corrected = correct(shop, failed[2], by_customer=False)
    assert deposit_asked(shop, ann).is_zero
    assert shop.events(corrected)[-1] == "order.cause_corrected"
    correct(shop, failed[2], by_customer=True)
    assert deposit_asked(shop, ann) == DEPOSIT
    with pytest.raises(Conflict):
        correct(shop, shop.placed(ann), by_customer=True)


def test_the_quarter_is_that_of_the_responsible_store_amb_03(shop: Any, ann: Any, clock: Any) -> None:
    clock.now = clock.now.replace(month=12, day=31, hour=22, minute=58)  # 23:58 in Rotterdam
    fail(shop, 4)
    clock.forward(minutes=2)
    fail(shop, 1)
    assert deposit_asked(shop, ann).is_zero
    fail(shop, 4)
    assert deposit_asked(shop, ann) == DEPOSIT


def test_two_orders_that_fail_at_the_same_moment_both_count_bal_05(shop: Any, ann: Any) -> None:
    fail(shop, 3)
    two = [an_order(State.SHIPPED, store="RTM1") for _ in range(2)]
    for order in two:
        shop.do(lambda uow, order=order: uow.put(ORDER, order))

    def failing(uow: UnitOfWork, order: Order) -> UnitOfWork:
        orders.advance(uow, order.id, Command.FAIL_HANDOVER, cause="refused", by_customer=True)
        return uow

    first, second = (failing(shop.begin(), order) for order in two)
    second.commit(None)
    with pytest.raises(VersionConflict):
        first.commit(None)
    failing(shop.begin(), two[0]).commit(None)
    assert deposit_asked(shop, ann) == DEPOSIT


def test_a_deposit_is_kept_only_if_the_shop_says_so_and_goes_back_when_the_cause_is_reversed_amb_05(
    shop: Any, ann: Any
) -> None:
    set_(shop, risk__forfeit_deposit=True)
    fail(shop, 5)
    order = on_the_way(shop, ann)
    shop.do(lambda uow: orders.advance(uow, order.id, Command.FAIL_HANDOVER, cause="not_received", by_customer=True))
    for command in (Command.TAKE_OVER, Command.OFFER_AT_DESK):
        shop.do(lambda uow, command=command: orders.advance(uow, order.id, command))
    deliver(shop, order)
    assert ledger.balance(shop.begin(), ann.id, "EUR").is_zero
    assert shop.begin().find(ENTRY, order.id, f"deposit-forfeited-{order.id}") is not None
    for _ in range(2):
        correct(shop, shop.order(order), by_customer=False)
        assert ledger.balance(shop.begin(), ann.id, "EUR") == DEPOSIT
        correct(shop, shop.order(order), by_customer=True)


@pytest.mark.parametrize("kept", [False, True])
def test_the_deposit_of_goods_that_come_back_is_given_back_unless_the_shop_keeps_it_amb_05(
    shop: Any, ann: Any, kept: bool
) -> None:
    set_(shop, risk__forfeit_deposit=kept)
    fail(shop, 5)
    order = on_the_way(shop, ann)
    shop.do(lambda uow: orders.advance(uow, order.id, Command.FAIL_HANDOVER, cause="refused", by_customer=True))
    for command in (Command.TAKE_OVER, Command.TAKE_BACK):
        shop.do(lambda uow, command=command: orders.advance(uow, order.id, command))
    assert ledger.balance(shop.begin(), ann.id, "EUR") == (Money.zero("EUR") if kept else DEPOSIT)
    assert (shop.begin().find(ENTRY, order.id, f"deposit-forfeited-{order.id}") is not None) is kept
    correct(shop, shop.order(order), by_customer=False)
    assert ledger.balance(shop.begin(), ann.id, "EUR") == DEPOSIT


def test_a_deposit_that_was_never_paid_is_neither_kept_nor_given_back_amb_05(shop: Any, ann: Any) -> None:
    """Cash on delivery that is refused: the deposit was due at the door, with the rest."""
    set_(shop, risk__forfeit_deposit=True)
    fail(shop, 5)
    order = an_order(State.OUT_FOR_DELIVERY, store="RTM1", payment_method="cash_on_delivery", deposit_keys=())
    order = replace(order, deposit_keys=deposits.keys_on_deposit(shop.begin(), order), delivery_method="own_delivery")
    order = replace(order, totals=replace(order.totals, deposit=DEPOSIT, total=order.totals.total + DEPOSIT))
    shop.do(lambda uow: uow.put(ORDER, order))
    shop.do(lambda uow: orders.advance(uow, order.id, Command.FAIL_HANDOVER, cause="refused", by_customer=True))
    for command in (Command.TAKE_OVER, Command.TAKE_BACK):
        shop.do(lambda uow, command=command: orders.advance(uow, order.id, command))
    correct(shop, shop.order(order), by_customer=False)
    assert shop.begin().part(ENTRY, order.id, prefix="ENTRY#") == []
    assert ledger.balance(shop.begin(), ann.id, "EUR").is_zero


def test_of_a_deposit_is_kept_what_the_payment_still_holds_and_that_is_given_back_amb_05(shop: Any, ann: Any) -> None:
    set_(shop, risk__forfeit_deposit=True)
    fail(shop, 5)
    order = on_the_way(shop, ann)
    left = Money.of("1.00", "EUR")

    def goodwill(uow: UnitOfWork) -> Any:
        payment = uow.get(PAYMENT, order.id, order.payment_id)
        return payments.credit_to_balance(uow, payment, ann.id, payment.refundable - left, kind="goodwill")

    shop.do(goodwill)
    before = ledger.balance(shop.begin(), ann.id, "EUR")
    shop.do(lambda uow: orders.advance(uow, order.id, Command.FAIL_HANDOVER, cause="refused", by_customer=True))
    for command in (Command.TAKE_OVER, Command.TAKE_BACK):
        shop.do(lambda uow, command=command: orders.advance(uow, order.id, command))
    kept = shop.begin().get(ENTRY, order.id, f"deposit-forfeited-{order.id}")
    assert {posting.amount for posting in kept.postings} == {left, -left}
    correct(shop, shop.order(order), by_customer=False)
    assert ledger.balance(shop.begin(), ann.id, "EUR") == before + left


def test_a_deposit_is_kept_once_the_money_is_not_contested_amb_05(shop: Any, ann: Any, clock: Any) -> None:
    set_(shop, risk__forfeit_deposit=True)
    fail(shop, 5)
    order = on_the_way(shop, ann)
    disputed = {"reference": "dp-1", "capture": "cap-1"}
    shop.report(shop.fact(order, FactKind.DISPUTE_OPENED, **disputed))
    shop.do(lambda uow: orders.advance(uow, order.id, Command.FAIL_HANDOVER, cause="refused", by_customer=True))
    for command in (Command.TAKE_OVER, Command.TAKE_BACK):
        shop.do(lambda uow, command=command: orders.advance(uow, order.id, command))
    assert shop.begin().find(ENTRY, order.id, f"deposit-forfeited-{order.id}") is None
    shop.report(shop.fact(order, FactKind.DISPUTE_WON, **disputed))
    clock.forward(days=1, minutes=1)
    sweep(clock.now, float("inf"))
    assert shop.begin().find(ENTRY, order.id, f"deposit-forfeited-{order.id}") is not None
    assert shop.order(order).deadlines == {}


def test_a_deposit_in_dispute_waits_for_its_end_amb_05(shop: Any, ann: Any, clock: Any) -> None:
    fail(shop, 5)
    order = on_the_way(shop, ann)
    disputed = {"reference": "dp-1", "capture": "cap-1"}
    shop.report(shop.fact(order, FactKind.DISPUTE_OPENED, **disputed))
    assert set(deliver(shop, order).deadlines) == {"deposit_back"}
    clock.forward(days=1, minutes=1)
    sweep(clock.now, float("inf"))
    assert shop.order(order).deadlines["deposit_back"] > clock.now
    shop.report(shop.fact(order, FactKind.DISPUTE_WON, **disputed))
    clock.forward(days=1, minutes=1)
    sweep(clock.now, float("inf"))
    assert shop.order(order).deadlines == {}
    assert ledger.balance(shop.begin(), ann.id, "EUR") == DEPOSIT


def test_a_market_may_have_its_own_round_sum_bal_05(shop: Any, ann: Any) -> None:
    set_(shop, risk__deposit_of_market=300)
    fail(shop, 5)
    assert deposit_asked(shop, ann) == Money.of("3.00", "EUR")


def test_keys_tell_nobody_a_phone_or_an_address_bal_06(shop: Any) -> None:
    (order,) = fail(shop, 1)
    keys = deposits.match_keys(shop.begin(), order)
    assert len(keys) == 3
    for key in keys:
        assert len(key) == 20
        kept = shop.begin().get(STANDING, key)
        assert CUSTOMER.customer not in repr(kept)
        assert "9018" not in repr(kept)


def test_what_is_long_ago_is_kept_in_sum_bal_05(shop: Any, clock: Any, ann: Any) -> None:
    old = fail(shop, 5)
    clock.forward(days=200)
    fail(shop, 1)
    uow = shop.begin()
    ((standing, terms), *_) = risk.standings(uow, deposits.match_keys(uow, old[0]))
    assert (len(standing.marks), terms.on_deposit) == (1, True)
    assert clock.now - standing.marks[0].at < timedelta(days=1)
    with pytest.raises(Conflict):
        correct(shop, old[0], by_customer=False)


ADDRESS = {
    "name": BERLIN.name, "phone": BERLIN.phone, "lines": list(BERLIN.lines), "city": "Berlin", "postal_code": "10115",
    "country": "DE",
}  # fmt: skip


def ordered_at_the_door(number: int) -> dict[str, Any]:
    """A guest without any history orders to the address, through the front door."""
    made = Client().post("/carts", {"market": "EU", "lines": [{"sku": "CUP", "quantity": 1}]}, key=f"cart-{number:06}")
    assert made.status == 201, made.text
    buyer = Client(guest_token=made.json["guest_token"])
    cart_id = made.json["id"]
    asked = {"ship_to": ADDRESS, "contact": {"email": "guest@example.com"}, "payment_method": "card"}
    quote = buyer.post(f"/carts/{cart_id}/quote", asked)
    assert quote.status == 200, quote.text
    body = {"cart_id": cart_id, "quote_hash": quote.json["hash"]}
    order = buyer.post("/orders", body, key=f"place-{number:06}")
    assert order.status == 201, order.text
    assert order.json["totals"]["deposit"] == quote.json["deposit"]
    result: dict[str, Any] = order.json
    return result


def test_the_fifth_failure_and_the_tenth_clean_order_through_the_front_door_bal_05_bal_07(
    shop: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guests who share nothing but phone, name and address, and staff who correct a cause and look the customer up."""
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.forward(seconds=1))
    shop.do(lambda uow: inventory.receive(uow, {("CUP", "RTM1"): 50}, "delivery"))

    def arrives(number: int) -> str:
        order = ordered_at_the_door(number)
        shop.pay(shop.order(order["id"]))
        shop.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order["id"]), state=State.SHIPPED, store="RTM1")))
        return str(order["id"])

    def fails(number: int) -> str:
        order_id = arrives(number)
        facts = {"cause": "refused", "by_customer": True}
        shop.do(lambda uow: orders.advance(uow, order_id, Command.FAIL_HANDOVER, **facts))
        return order_id

    failed = [fails(number) for number in range(5)]
    assert ordered_at_the_door(10)["totals"]["deposit"] == {"amount": "2.42", "currency": "EUR"}
    desk = Client(Principal("staff", "pat", posts=frozenset({Post.ORDER_DESK})))
    path = f"/staff/orders/{failed[0]}/handover-cause"
    assert desk.post(path, {"by_customer": False, "note": "the courier was late"}, key="cause-00001").status == 200
    assert ordered_at_the_door(11)["totals"]["deposit"]["amount"] == "0.00"
    assert desk.post(path, {"by_customer": True, "note": "he was not"}, key="cause-00002").status == 200
    for number in range(20, 30):
        order = shop.order(arrives(number))
        assert order.totals.deposit == DEPOSIT
        deliver(shop, order)
    assert ordered_at_the_door(30)["totals"]["deposit"]["amount"] == "0.00"
    standings = desk.post("/staff/standings", {"phone": BERLIN.phone}).json["items"]
    assert [(row["terms"], row["cases"]) for row in standings] == [("normal", {})]
    clean = f"/staff/orders/{order.id}/handover-cause"
    assert desk.post(clean, {"by_customer": True, "note": "?"}, key="cause-00003").status == 409
