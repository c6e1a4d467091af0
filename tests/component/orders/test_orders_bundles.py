"""Bundles from the order to the shelf: stock moves by what they hold, money by what falls on them (CAT-04, D2, E5)."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog.domain import Component, GoodsKind, Status
from chalicelib.catalog.items import VARIANT
from chalicelib.core.errors import RuleRefused, VersionConflict
from chalicelib.core.money import Money
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import SoldOut
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Correction, Order, Reason, State
from chalicelib.orders.items import ORDER
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.handover import COURIER_TAKES_FRESH
from tests.support.table import metered
from tests.support.values import set_values

TEA_SET = (Component("POT"), Component("CUP", 2))


@pytest.fixture
def tea(shop: Any) -> Any:
    """The shop with a tea set of a pot and two boxes of cups, and one with a gift card."""

    def opening(uow: Any) -> None:
        bare = replace(uow.get(VARIANT, "POT"), hs_code="", origin="", weight_g=0)
        gift = (Component("POT"), Component("CARD"))
        for sku, cents, held in (("SET", 60_00, TEA_SET), ("GIFT", 50_00, gift)):
            prices = {"EU": Money(cents, "EUR")}
            uow.put(VARIANT, replace(bare, sku=sku, title={"en": sku}, prices=prices, components=held))

    shop.do(opening)
    return shop


def test_an_order_keeps_the_bundle_as_one_line_with_its_pieces_inside(tea: Any) -> None:
    order = tea.placed(lines=(("SET", 2), ("POT", 1)))
    line = order.lines[0]
    assert [(part.id, part.sku, part.quantity) for part in line.components] == [("1.1", "POT", 2), ("1.2", "CUP", 4)]
    assert Money.sum((part.total for part in line.components), "EUR") == line.total
    assert (order.units, len(order.lines)) == (7, 2)
    assert tea.order(order) == order


def test_the_pieces_are_reserved_with_the_same_article_on_other_lines_and_released_d2(tea: Any, ann: Any) -> None:
    order = tea.placed(lines=(("SET", 2), ("POT", 3), ("GIFT", 1)))
    assert order.allocation == {("POT", "RTM1"): 6, ("CUP", "RTM1"): 4}
    assert (tea.level("POT"), tea.level("CUP"), tea.level("SET")) == ((4, 6), (6, 4), (0, 0))
    tea.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.CHANGED_MIND))
    assert (tea.level("POT"), tea.level("CUP")) == ((10, 0), (10, 0))


def test_placing_bundles_takes_one_more_round_trip(tea: Any, ann: Any) -> None:
    plain, bundled = tea.quoted(), tea.quoted(lines=(("SET", 1), ("CUP", 1)))
    calls = []
    for quote in (plain, bundled):
        with metered() as meter:
            tea.do(lambda uow, q=quote: orders.place(uow, q.cart_id, ann, q.hash))
        calls.append(sum(meter.calls.values()))
    assert calls[1] == calls[0] + 1
    assert calls[0] <= 4


def test_a_small_bundle_order_fits_in_one_write_unit(tea: Any) -> None:
    assert len(ORDER.encode(tea.placed(lines=(("SET", 1),)))) < 900


def test_a_component_archived_meanwhile_stops_the_order(tea: Any, ann: Any) -> None:
    quote = tea.quoted(lines=(("SET", 1),))
    tea.do(lambda uow: uow.put(VARIANT, _archived(uow.get(VARIANT, "CUP"))))
    with pytest.raises(Exception, match="SET holds CUP"):
        tea.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    assert tea.level("POT") == (10, 0)


def _archived(variant: Any) -> Any:
    return replace(variant, status=Status.ARCHIVED)


def test_two_orders_for_the_last_pieces_one_by_bundle_one_by_line_only_one_gets_them_s5(
    tea: Any, ann: Any, bob: Any
) -> None:
    quotes = {ann: tea.quoted(ann, lines=(("SET", 4),)), bob: tea.quoted(bob, lines=(("CUP", 5),))}
    first, second = tea.begin(), tea.begin()
    orders.place(first, quotes[ann].cart_id, ann, quotes[ann].hash)
    orders.place(second, quotes[bob].cart_id, bob, quotes[bob].hash)
    first.commit(None)
    with pytest.raises((SoldOut, VersionConflict)):
        second.commit(None)
    assert tea.level("CUP") == (2, 8)


def test_any_mix_of_lines_and_bundles_never_oversells_s5(tea: Any, ann: Any) -> None:
    draw = random.Random(20261122)
    placed: list[Order] = []
    refused = 0
    for _ in range(30):
        skus = draw.sample(["SET", "GIFT", "POT", "CUP"], draw.randint(1, 4))
        try:
            placed.append(tea.placed(lines=tuple((sku, draw.randint(1, 2)) for sku in skus)))
        except SoldOut:
            refused += 1
        if placed and draw.random() < 0.3:
            gone = placed.pop(draw.randrange(len(placed)))
            tea.do(lambda uow, number=gone.id: orders.cancel(uow, number, ann, CancelReason.OTHER))
        for sku in ("POT", "CUP"):
            held = sum(order.allocation.get((sku, "RTM1"), 0) for order in placed)
            assert tea.level(sku) == (10 - held, held)
            assert held <= 10
    assert refused > 5
    assert placed


def test_goods_move_with_the_order_and_leave_by_pieces_rte_08(tea: Any) -> None:
    order = tea.pay(tea.placed(lines=(("GIFT", 2), ("CUP", 1))))
    tea.do(lambda uow: inventory.receive(uow, {("POT", "BER-S1"): 5, ("CUP", "BER-S1"): 5}, "delivery"))
    tea.do(lambda uow: orders.review(uow, order.id))
    routed = tea.do(lambda uow: routing.route(uow, order.id))
    place = routed.store
    assert routed.allocation == {("POT", place): 2, ("CUP", place): 1}
    gift = routed.lines[0].components
    assert [(part.location, part.kind) for part in gift] == [(place, "physical"), ("", GoodsKind.VIRTUAL)]
    assert tea.level("POT", place)[1] == 2


def test_fresh_pieces_stop_a_courier_order_at_the_review_rev_04(tea: Any) -> None:
    """Couriers took fresh goods when it was placed, and do not any more when it is reviewed (AMB-02)."""
    tea.do(lambda uow: uow.put(VARIANT, replace(uow.get(VARIANT, "CUP"), fresh=True)))
    with pytest.raises(RuleRefused):
        tea.placed(lines=(("SET", 1),))
    set_values(tea.begin(), {COURIER_TAKES_FRESH.name: True})
    order = tea.pay(tea.placed(lines=(("SET", 1),)))
    set_values(tea.begin(), {COURIER_TAKES_FRESH.name: False})
    reviewed = tea.do(lambda uow: orders.review(uow, order.id))
    assert (reviewed.state, [(one.code, one.note) for one in reviewed.reasons]) == (
        State.RETURNED_TO_CUSTOMER, [("delivery_method_not_allowed", "CUP")],
    )  # fmt: skip
    assert Command.CANCEL in reviewed.allowed


def _dearer(variant: Any) -> Any:
    return replace(variant, prices={"EU": Money(99_00, "EUR")})


def _sold_nowhere(variant: Any) -> Any:
    return replace(variant, prices={})


def _of_something_else(variant: Any) -> Any:
    return replace(variant, components=(Component("POT", 3), Component("CARD")))


@pytest.mark.parametrize(
    ("sku", "change"),
    [("CUP", _archived), ("CUP", _sold_nowhere), ("CUP", _dearer), ("SET", _of_something_else)],
    ids=["archived", "without a price", "dearer", "made of something else"],
)
def test_a_corrected_order_keeps_the_bundle_that_was_bought_amb_24(tea: Any, ann: Any, sku: str, change: Any) -> None:
    """What it holds, what falls on each piece and so the tax are the order's, whatever the catalogue says since."""
    order = tea.pay(tea.placed(ann, lines=(("SET", 2),)))
    tea.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("address_incomplete"),)))
    by_express = Correction(ship_to=order.ship_to, channel="EXPRESS")

    def correct(wanted: Correction) -> Any:
        return tea.do(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), wanted))

    with pytest.raises(orders.PriceWouldChange) as told:
        correct(by_express)
    tea.do(lambda uow: uow.put(VARIANT, change(uow.get(VARIANT, sku))))
    accepted = Money.of(told.value.members["total"]["amount"], "EUR")
    corrected = correct(replace(by_express, accepted=accepted))
    assert (corrected.totals.total, corrected.totals.subtotal) == (accepted, order.totals.subtotal)
    assert [(part.sku, part.quantity, part.subtotal) for part in corrected.lines[0].components] == [
        (part.sku, part.quantity, part.subtotal) for part in order.lines[0].components
    ]
    assert (tea.level("POT"), tea.level("CUP")) == ((8, 2), (6, 4))
