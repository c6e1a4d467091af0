"""Orders whose goods lie in Rotterdam and in Shenzhen, and the stores that send them."""

from __future__ import annotations

from typing import Any

from chalicelib.cart.domain import SPLITTING
from chalicelib.catalog.items import VARIANT
from chalicelib.core import settings_values
from chalicelib.core.auth import Post, Principal
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.table import page
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.service import HandedOver
from chalicelib.inventory import service as inventory
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order, State
from chalicelib.orders.items import DISPATCH, ORDER, store_list
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.scans import Status
from chalicelib.shipping.domain.shipments import Box, Shipment
from chalicelib.shipping.service import shipments
from chalicelib.tracking import service as tracking
from tests.component.orders.conftest import variant
from tests.support.sample_orders import a_line, an_order
from tests.support.world import waybill

RTM = Principal("staff", "ron", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
SZX = Principal("staff", "sue", posts=frozenset({Post.STORE}), scopes=frozenset({"SZX1"}))
BOTH = Principal("staff", "bo", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1", "SZX1"}))
BERLIN_STORE = Principal("staff", "ben", posts=frozenset({Post.STORE}), scopes=frozenset({"BER-S1"}))
BOX = [Box(900)]
STEPS = ("accept", "pick", "pack", "ship")


def stock_lamps(shop: Any) -> Any:
    """Lamps are in Shenzhen only; pots and cups are in Rotterdam."""

    def opening(uow: Any) -> None:
        uow.put(VARIANT, variant("LAMP", "Paper lamp", "30.00", hs_code="940510", weight_g=400))
        inventory.receive(uow, {("LAMP", "SZX1"): 10}, "opening")

    shop.do(opening)
    return shop


def policy(shop: Any, value: str) -> None:
    def change(uow: Any) -> None:
        uow.at(SETTINGS, SETTINGS.key("EU"))
        uow.put(SETTINGS, SettingValues("EU", {SPLITTING.name: value}))

    shop.do(change)
    settings_values.forget()


LINES = (("POT", 2), ("LAMP", 1))


def routed(shop: Any, **more: Any) -> Order:
    order = shop.pay(shop.placed(**{"lines": LINES} | more))
    shop.do(lambda uow: orders.review(uow, order.id))
    result: Order = shop.do(lambda uow: routing.route(uow, order.id))
    return result


def step(shop: Any, order: Order, who: Principal, name: str, store: str = "") -> Any:
    if name == "pack":
        return shop.do(lambda uow: fulfilment.pack(uow, order.id, BOX, who, store))
    if name == "ship":
        number = waybill()
        return shop.do(lambda uow: fulfilment.ship(uow, order.id, [HandedOver("china-post", number)], who, store))[0]
    return shop.do(lambda uow: getattr(fulfilment, name)(uow, order.id, who, store))


def send(shop: Any, order: Order, who: Principal) -> None:
    for name in STEPS:
        step(shop, order, who, name)


def part(shop: Any, order: Order, store: str) -> Dispatch:
    found: Dispatch = shop.begin().get(DISPATCH, order.id, store)
    return found


def parcels(shop: Any, order: Order) -> dict[str, Shipment]:
    return {parcel.store: parcel for parcel in shipments.of_order(shop.begin(), order.id)}


def deliver(shop: Any, order: Order, store: str) -> None:
    """A courier's report, as the tracking room takes it in."""

    def arrive(uow: Any) -> None:
        parcel = uow.get(ORDER, order.id) and next(
            each for each in shipments.of_order(uow, order.id) if each.store == store
        )
        report = shipments.report(
            uow, status=Status.DELIVERED, mark=None, stated=uow.now.isoformat(), received_at=uow.now, source="17track",
            code="delivered", identity=parcel.id,
        )  # fmt: skip
        after = shipments.fold(uow, parcel, [report])
        tracking._complete(uow, after)

    shop.do(arrive)


def listed(store: str) -> list[str]:
    return [card.id for card in page(ORDER, "gsi2", store_list(store), limit=9).items]


CHINESE = {"market": "CN", "country": "CN", "ship_to": None}


def in_china(shop: Any, **more: Any) -> Order:
    """Two articles reserved in two Chinese places."""
    lines = (a_line(sku="POT", location="SZX1"), a_line("2", "CUP", 1, location="SHA-S1"))
    order = an_order(State.REVIEWED, lines=lines, **CHINESE | more)

    def stock(uow: Any) -> None:
        uow.put(ORDER, order)
        inventory.receive(uow, {("POT", "SZX1"): 5, ("CUP", "SHA-S1"): 5}, "opening")

    shop.do(stock)
    shop.do(lambda uow: inventory.reserve(uow, order.allocation, order.id))
    return order
