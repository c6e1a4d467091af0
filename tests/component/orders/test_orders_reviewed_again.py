"""What a corrected order leaves with risk: it is one order of its source, however often it is reviewed (RSK-03)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.orders import service as orders
from chalicelib.orders.domain import Correction, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.risk import service as risk
from tests.support.sample_orders import BERLIN, an_order

VAGUE = replace(BERLIN, lines=("Hof",))


def keep(shop: Any, order: Order) -> Order:
    shop.do(lambda uow: uow.put(ORDER, order))
    return order


def reviewed(shop: Any, order: Order) -> Order:
    result: Order = shop.do(lambda uow: orders.review(uow, order.id))
    return result


def test_one_order_corrected_ten_times_is_one_order_of_its_internet_address_rsk_03(shop: Any) -> None:
    source = risk.source_of("203.0.113.7")
    order = keep(shop, an_order(source=source, ship_to=VAGUE))
    for _ in range(12):
        assert reviewed(shop, order).state is State.RETURNED_TO_CUSTOMER
        shop.do(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(ship_to=VAGUE)))
    for number in range(2, 10):
        seen = reviewed(shop, keep(shop, an_order(source=source, ship_to=VAGUE)))
        assert seen.state is State.RETURNED_TO_CUSTOMER, number
    tenth = reviewed(shop, keep(shop, an_order(source=source, ship_to=VAGUE)))
    assert (tenth.state, tenth.reasons[0].code) == (State.ON_HOLD, "many_orders_of_one_source")
    assert reviewed(shop, order).reasons[0].code == "many_orders_of_one_source"
