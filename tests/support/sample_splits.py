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
from chalicelib.fulfilment.domain import Cause, Decision
from chalicelib.fulfilment.service import HandedOver
from chalicelib.inventory import service as inventory
from chalicelib.ledger import service as ledger
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order, State
from chalicelib.orders.items import DISPATCH, ORDER, store_list
from chalicelib.payments.domain import FactKind, RefundState
from chalicelib.returns import service as returns
from chalicelib.returns.domain import Condition, Disposition, InspectedLine, Return
from chalicelib.returns.items import RETURN
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.scans import Status
from chalicelib.shipping.domain.shipments import Box, Shipment
from chalicelib.shipping.service import shipments
from chalicelib.tracking import service as tracking
from tests.component.orders.conftest import variant
from tests.support.sample_orders import a_line, an_order
from tests.support.sample_returns import deliver as told
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


def deliver(shop: Any, order: Order, store: str, which: int = 0) -> None:
    """A courier's report of a place's parcel (of several, `which`), as the tracking room takes it in."""

    def arrive(uow: Any) -> None:
        uow.get(ORDER, order.id)
        parcel = [each for each in shipments.of_order(uow, order.id) if each.store == store][which]
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


# Parts that could not be handed over


def fail(shop: Any, order: Order, who: Principal, cause: Cause = Cause.REFUSED, **more: Any) -> Dispatch:
    failed: Dispatch = shop.do(lambda uow: fulfilment.fail(uow, order.id, who, cause, **more))
    return failed


def take_over(shop: Any, order: Order, who: Principal) -> Dispatch:
    taken: Dispatch = shop.do(lambda uow: fulfilment.take_over(uow, order.id, who))
    return taken


def resolve(shop: Any, order: Order, who: Principal, decision: Decision) -> Dispatch:
    given = HandedOver("china-post", waybill()) if decision is Decision.SHIP_AGAIN else None
    moved: Dispatch = shop.do(lambda uow: fulfilment.resolve(uow, order.id, who, decision, parcel=given))
    return moved


def came_back(shop: Any, order: Order, who: Principal, decision: Decision | None = None, **more: Any) -> None:
    """A part that was sent is refused and taken over, and, if so, decided on."""
    fail(shop, order, who, **more)
    take_over(shop, order, who)
    if decision is not None:
        resolve(shop, order, who, decision)


def returned(shop: Any, order: Order) -> dict[str, Return]:
    """The returns of an order's parts by place, made of its news, which come twice."""
    told(shop.begin, order.id, ["take-back-order"], times=2)
    return {thing.part: thing for thing in shop.begin().part(RETURN, order.id, prefix="RETURN#")}


def inspected(shop: Any, thing: Return, who: Principal, accepted: int | None = None) -> Return:
    """The store finds its goods in order, and the money goes back as far as nobody has to release it."""
    found = [
        InspectedLine(
            line.line, line.quantity if accepted is None else accepted, 0, Condition.UNOPENED, Disposition.RESTOCK
        )
        for line in thing.lines
    ]
    shop.do(lambda uow: returns.inspect(uow, thing.id, who, found))
    shop.do(lambda uow: returns.refund_by_rule(uow, uow.get(RETURN, thing.order_id, thing.id)))
    now: Return = shop.begin().get(RETURN, thing.order_id, thing.id)
    return now


def pay_back(shop: Any, order: Order) -> None:
    """The provider carries out every refund of an order that it was asked for."""
    payment = shop.payment(order)
    assert payment is not None
    for refund in payment.refunds:
        if refund.state is RefundState.WANTED:
            shop.report(
                shop.fact(
                    order, FactKind.REFUNDED, refund.amount, reference=f"back-{refund.id}", capture=refund.capture,
                    refund_id=refund.id,
                )
            )  # fmt: skip


def books(shop: Any, order: Order) -> dict[str, int]:
    """What an order's accounts come to, in minor units; the entries of its books are checked on the way."""
    trial = ledger.trial_balance_of(shop.begin(), order.id)
    assert trial.difference == {}
    return {line.account.partition(":")[0]: line.balance.minor for line in trial.lines if line.balance.minor}
