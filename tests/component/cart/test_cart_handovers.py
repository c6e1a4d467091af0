"""Quotes of what a store hands over itself: what is offered, what is refused and why, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.cart import service
from chalicelib.cart.domain import DeliveryMethod
from chalicelib.catalog.domain import SizeClass
from chalicelib.core.errors import Invalid, RuleRefused
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import CASH_ON_DELIVERY, Address, Contact
from chalicelib.shipping.domain.handover import COURIER_TAKES_FRESH, SLOT_CAPACITY, Handover, SlotFull
from chalicelib.shipping.items.slots import slot_ref
from tests.support.sample_carts import BERLIN, BOOK, GUEST, SAUSAGE, SHIRT, a_cart, put_on_sale, quoted
from tests.support.table import metered
from tests.support.values import set_values

Begin = Callable[..., UnitOfWork]
ADA = Address("Ada Lovelace", "+49 30 901820", (), "", "", "", "")
BIG = replace(SHIRT, sku="SOFA-1", product="sofa", size_class=SizeClass.LARGE)
LEIPZIG = replace(BERLIN, city="Leipzig", postal_code="04109")


@pytest.fixture(autouse=True)
def on_sale(begin: Begin) -> None:
    stock = {(sku, "RTM1"): 50 for sku in ("SHIRT-M", "BOOK-1", "SAUSAGE-1", "SOFA-1")}
    stock |= {("SHIRT-M", "BER-S1"): 10, ("SAUSAGE-1", "BER-S1"): 5, ("SOFA-1", "BER-S1"): 1}
    put_on_sale(begin(), SHIRT, BOOK, SAUSAGE, BIG, stock=stock)


def pickup(begin: Begin, point: str, *lines: tuple[str, int], **asked: Any) -> Any:
    return quoted(
        begin(), a_cart(begin(), *lines), ADA, delivery_method=DeliveryMethod.PICKUP,
        handover=Handover(store="BER-S1", point=point), **asked,
    )  # fmt: skip


def delivered(begin: Begin, *lines: tuple[str, int], address: Address = BERLIN, **asked: Any) -> Any:
    chosen = asked.pop("handover", Handover(store="BER-S1", hours=2))
    return quoted(
        begin(), a_cart(begin(), *lines), address, delivery_method=DeliveryMethod.OWN_DELIVERY, handover=chosen, **asked
    )


def offers(quote: Any) -> dict[tuple[str, str, int], str]:
    return {
        (option.delivery_method, option.point, option.hours): option.refused
        for option in quote.handovers
        if option.slot_from is None
    }


def test_a_pickup_is_free_and_comes_from_the_chosen_store_rev_04(begin: Begin) -> None:
    quote = pickup(begin, "locker", ("SHIRT-M", 2))
    assert (quote.shipping.text, quote.total.text, quote.channel) == ("0.00", "39.98", "")
    assert quote.handover == Handover(store="BER-S1", point="locker")
    assert [line.location for line in quote.lines] == ["BER-S1"]
    assert (quote.ship_to.name, quote.ship_to.phone, quote.ship_to.postal_code) == (
        "Ada Lovelace", "+4930901820", "10117",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "reason", "rule"),
    [
        ([("SHIRT-M", 6)], "too_many_pieces", "FUL-02"),
        ([("SHIRT-M", 1), ("SOFA-1", 1)], "large_item", "FUL-03"),
        ([("SHIRT-M", 1), ("SAUSAGE-1", 1)], "fresh_goods", "FUL-04"),
        ([("BOOK-1", 1)], "not_in_stock", "RTE-01"),
    ],
)
def test_a_locker_that_does_not_suit_is_refused_with_the_reason(
    begin: Begin, lines: list[tuple[str, int]], reason: str, rule: str
) -> None:
    with pytest.raises(RuleRefused) as refused:
        pickup(begin, "locker", *lines)
    assert (refused.value.members["reason"], refused.value.members["rule"]) == (reason, rule)
    if reason != "not_in_stock":
        assert pickup(begin, "desk", *lines).handover.point == "desk"


def test_exactly_five_pieces_may_go_to_locker_and_desk_amb_01(begin: Begin) -> None:
    for point in ("locker", "desk"):
        assert pickup(begin, point, ("SHIRT-M", 5)).handover.point == point


def test_every_quote_says_what_stores_hand_over_and_what_not(begin: Begin) -> None:
    quote = quoted(begin(), a_cart(begin(), ("SHIRT-M", 6)))
    assert quote.delivery_method == "courier"
    assert offers(quote) == {
        ("pickup", "locker", 0): "too_many_pieces", ("pickup", "desk", 0): "",
        ("own_delivery", "", 1): "", ("own_delivery", "", 2): "", ("own_delivery", "", 3): "",
    }  # fmt: skip
    assert [o.text for o in quote.handovers if o.refused] == ["Too many pieces for the locker."]
    outside = quoted(begin(), a_cart(begin(), ("SHIRT-M", 1)), LEIPZIG)
    assert offers(outside)["own_delivery", "", 0] == "outside_area"


def test_fresh_goods_by_courier_are_refused_with_what_is_possible_instead_rev_04_amb_02(begin: Begin) -> None:
    """One fresh article is enough (AMB-22), and the default way of delivery is the courier's."""
    cart = a_cart(begin(), ("SAUSAGE-1", 1), ("SHIRT-M", 1))
    with pytest.raises(RuleRefused) as refused:
        quoted(begin(), cart)
    told = refused.value.members
    assert (told["rule"], told["reason"], told["skus"]) == ("AMB-02", "fresh_by_courier", ["SAUSAGE-1"])
    shown = {
        (option["delivery_method"], option["point"], option["hours"]): option["refused"]
        for option in told["handovers"] if not option["slot_from"]
    }  # fmt: skip
    assert shown == {
        ("pickup", "locker", 0): "fresh_goods", ("pickup", "desk", 0): "",
        ("own_delivery", "", 1): "", ("own_delivery", "", 2): "", ("own_delivery", "", 3): "",
    }  # fmt: skip
    assert delivered(begin, ("SAUSAGE-1", 1), ("SHIRT-M", 1)).has_fresh
    set_values(begin(), {COURIER_TAKES_FRESH.name: True})
    assert quoted(begin(), cart).delivery_method == "courier"


@pytest.mark.parametrize(("hours", "fee"), [(1, "9.90"), (2, "6.90"), (3, "4.90")])
def test_own_delivery_costs_what_its_window_costs_ful_07(begin: Begin, hours: int, fee: str) -> None:
    quote = delivered(begin, ("SHIRT-M", 1), handover=Handover(store="BER-S1", hours=hours))
    assert (quote.shipping.text, quote.lines[0].location) == (fee, "BER-S1")
    assert CASH_ON_DELIVERY in quote.payment_methods


def test_an_address_outside_every_area_is_refused_amb_06(begin: Begin) -> None:
    with pytest.raises(RuleRefused) as refused:
        delivered(begin, ("SHIRT-M", 1), address=LEIPZIG, handover=Handover(store="", hours=2))
    assert refused.value.members["reason"] == "outside_area"


def test_cash_at_the_door_is_only_for_own_delivery_ful_09(begin: Begin) -> None:
    assert delivered(begin, ("SHIRT-M", 1), payment_method=CASH_ON_DELIVERY).payment_method == CASH_ON_DELIVERY
    with pytest.raises(Invalid):
        pickup(begin, "desk", ("SHIRT-M", 1), payment_method=CASH_ON_DELIVERY)
    with pytest.raises(Invalid):
        quoted(begin(), a_cart(begin(), ("SHIRT-M", 1)), payment_method=CASH_ON_DELIVERY)


def test_an_appointment_that_is_full_or_unknown_is_refused_ful_07(begin: Begin) -> None:
    start = datetime(2026, 11, 22, 9, tzinfo=UTC)
    chosen = Handover(store="BER-S1", slot_from=start)
    quote = delivered(begin, ("SHIRT-M", 1), handover=chosen)
    assert (quote.handover.slot_until, quote.shipping.text) == (datetime(2026, 11, 22, 11, tzinfo=UTC), "3.90")
    uow = begin()
    uow.count(slot_ref("BER-S1", start), {"left": -SLOT_CAPACITY.default}, first=True)
    uow.commit(None)
    with pytest.raises(SlotFull):
        delivered(begin, ("SHIRT-M", 1), handover=chosen)
    with pytest.raises(RuleRefused) as unknown:
        delivered(begin, ("SHIRT-M", 1), handover=replace(chosen, slot_from=start.replace(hour=10)))
    told = unknown.value.members
    assert (told["rule"], {"hours": 1} in told["free"]) == ("FUL-07", True)
    assert "2026-11-22T11:00:00.000Z" in [time.get("slot") for time in told["free"]]


def test_a_store_of_another_market_is_not_offered(begin: Begin) -> None:
    with pytest.raises(Invalid) as refused:
        quoted(
            begin(), a_cart(begin(), ("SHIRT-M", 1)), ADA, delivery_method=DeliveryMethod.PICKUP,
            handover=Handover(store="SHA-S1", point="desk"),
        )  # fmt: skip
    assert [error["pointer"] for error in refused.value.members["errors"]] == ["/pickup/store"]


def test_what_was_accepted_is_what_is_ordered(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    made = quoted(
        begin(), cart, ADA, delivery_method=DeliveryMethod.PICKUP, handover=Handover(store="BER-S1", point="locker")
    )
    with metered() as meter:
        _, present = service.checkout(begin(), cart.id, GUEST, made.hash)
    assert (present.hash, present.handover) == (made.hash, made.handover)
    assert meter.round_trips <= 2


@pytest.mark.parametrize(
    ("handover", "wrong"), [(None, "/pickup"), (Handover(store="SZX9", point="desk"), "/pickup/store")]
)
def test_a_pickup_without_its_store_is_named_with_everything_else_that_is_wrong(
    begin: Begin, handover: Handover | None, wrong: str
) -> None:
    """ORD-01: one answer, all fields. The phone number is one of the country that the stores are in."""
    with pytest.raises(Invalid) as refused:
        quoted(
            begin(), a_cart(begin(), ("SHIRT-M", 1)), ADA, delivery_method=DeliveryMethod.PICKUP, handover=handover,
            contact=Contact("no address", "en", "030 901820"), payment_method="shells", vat_number="DE136695976",
        )  # fmt: skip
    assert [each["pointer"] for each in refused.value.members["errors"]] == [wrong, "/contact/email", "/payment_method"]


def test_an_own_delivery_without_its_hours_is_named_with_everything_else_that_is_wrong(begin: Begin) -> None:
    with pytest.raises(Invalid) as refused:
        delivered(begin, ("SHIRT-M", 1), handover=None, address=replace(BERLIN, city=""), payment_method="shells")
    assert {each["pointer"] for each in refused.value.members["errors"]} == {
        "/own_delivery", "/ship_to/city", "/payment_method",
    }  # fmt: skip
