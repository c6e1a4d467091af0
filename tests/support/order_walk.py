"""Takes orders along the chart, each arrow by the use case that it belongs to, from placing to any state.

A `Way` is what the customer chose: who hands over, where, and how it is paid. `Walk.to` finds the shortest way to a
state over the use cases' own arrows, so that no state is made by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from chalicelib import clockwork
from chalicelib.cart.domain import DeliveryMethod
from chalicelib.core import settings_values
from chalicelib.core.auth import Post, Principal
from chalicelib.core.money import Money
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import Cause, Decision, DoorPayment, PaidWith, Receipt
from chalicelib.fulfilment.items import LOCKER_BOX, PICKUP
from chalicelib.fulfilment.providers import SIMULATOR
from chalicelib.fulfilment.providers.base import BoxEvent
from chalicelib.fulfilment.providers.simulator import MACHINE
from chalicelib.inventory.items import STOCK
from chalicelib.ledger import service as ledger
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Abnormal, CancelReason, Command, Correction, Order, Reason, Refusal, State
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import deposits
from chalicelib.payments.domain import FactKind, PaymentFact, to_message
from chalicelib.payments.items import PAYMENT
from chalicelib.risk import service as risk
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.handover import Handover, Point
from chalicelib.shipping.domain.shipments import Box

from .sample_carts import BERLIN, EBOOK, SHIRT, a_cart, put_on_sale, quoted
from .sample_handovers import STORE, put_roster, put_secrets

ANN = Principal("shopper", "ann", "ann@example.com")
CLERK = Principal("staff", "cora", posts=frozenset({Post.STORE, Post.ORDER_DESK}))
ELSEWHERE = replace(BERLIN, lines=("Karl-Marx-Allee 7",), postal_code="10178")
UNITS = 500
LOCKER = "BER-S1-L1"


@dataclass(frozen=True)
class Way:
    """What the customer chose."""

    name: str
    sku: str = "SHIRT-M"
    asked: Mapping[str, Any] = field(default_factory=dict)


def _handed(method: DeliveryMethod, handover: Handover, **more: Any) -> dict[str, Any]:
    return {"delivery_method": method, "handover": handover, **more}


PICKUP_AT = {point: _handed(DeliveryMethod.PICKUP, Handover(store=STORE, point=point.value)) for point in Point}
OWN = Handover(store=STORE, hours=2)
WAYS = {
    way.name: way
    for way in (
        Way("courier"),
        Way("locker", asked=PICKUP_AT[Point.LOCKER]),
        Way("desk", asked=PICKUP_AT[Point.DESK]),
        Way("own", asked=_handed(DeliveryMethod.OWN_DELIVERY, OWN)),
        Way("cash", asked=_handed(DeliveryMethod.OWN_DELIVERY, OWN, payment_method=CASH_ON_DELIVERY)),
        Way("virtual", sku="EBOOK-1"),
    )
}  # fmt: skip


Perform = Callable[["Walk", Order], Any]


@dataclass
class Walk:
    """A shop with one store in Berlin, and everybody who moves its orders."""

    begin: Callable[..., UnitOfWork]
    clock: Any
    facts: int = 0

    def open(self) -> None:
        put_secrets()
        many = {"shipping.deliveries_per_hour": UNITS}
        self.do(lambda uow: uow.put(SETTINGS, SettingValues("", many)))
        settings_values.forget()
        for store in ("RTM1", STORE):
            self.do(lambda uow, store=store: put_roster(uow, store))
        stock = {("SHIRT-M", "RTM1"): UNITS, ("SHIRT-M", STORE): UNITS}
        put_on_sale(self.begin(), SHIRT, EBOOK, stock=stock)

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def order(self, order: Order) -> Order:
        return self.begin().get(ORDER, order.id)

    def placed(self, way: Way) -> Order:
        bought = a_cart(self.begin(), (way.sku, 1), owner=ANN.owner)
        ship_to = None if way.sku == "EBOOK-1" else BERLIN
        asked = {"country": "DE", "payment_method": "card", **way.asked}
        quote = quoted(self.begin(), bought, ship_to, ANN, **asked)
        made: Order = self.do(lambda uow: orders.place(uow, bought.id, ANN, quote.hash))
        return made

    def to(self, way: Way, state: State) -> Order | None:
        """A new order brought to a state the shortest way, or None when no way leads there."""
        order = self.placed(way)
        route = shortest(way, order.state, state)
        if route is None:
            return None
        for case in route:
            self.clock.forward(seconds=1)
            case.perform(self, order)
        return self.order(order)

    def stock(self, order: Order) -> dict[str, int]:
        """Units of the order's article that are reserved anywhere, and on hand anywhere."""
        counts = [self.begin().counter(STOCK.ref(part.sku, place)) or {} for part in order.parts
                  for place in ("RTM1", STORE) if part.kind == "physical"]  # fmt: skip
        return {name: sum(count.get(name, 0) for count in counts) for name in ("on_hand", "reserved", "available")}

    def books(self, order: Order) -> dict[str, Money]:
        return dict(ledger.trial_balance_of(self.begin(), order.id).difference)

    # What people and providers do

    def pay(self, order: Order) -> None:
        """The provider reports what is due now."""
        payment = self.begin().find(PAYMENT, order.id, order.payment_id)
        due = payment.outstanding if payment is not None else self.order(order).totals.total
        self.facts += 1
        fact = PaymentFact(
            provider="sandbox", kind=FactKind.CAPTURED, order_id=order.id, payment_id=order.payment_id,
            reference=f"cap-{self.facts}", amount=due, occurred_at=self.clock.now, event_id=f"event-{self.facts}",
        )  # fmt: skip
        self.do(lambda uow: orders.settle(uow, to_message("sandbox", [fact]), 1))

    def suspicious_review(self, order: Order) -> None:
        """The review of a buyer who is on the blacklist, and is taken off afterwards."""
        keys = deposits.buyer_keys(self.begin(), order)
        self.do(lambda uow: risk.block(uow, keys, "chargebacks"))
        self.do(lambda uow: orders.review(uow, order.id))
        self.do(lambda uow: risk.block(uow, keys, ""))

    def dearer(self, order: Order) -> None:
        """Corrected with a faster channel, at the price that the refusal tells."""
        total = self.order(order).totals.total
        try:
            self.do(
                lambda uow: orders.resubmit(
                    uow, uow.get(ORDER, order.id), Correction(ship_to=BERLIN, channel="EXPRESS")
                )
            )
        except orders.PriceWouldChange as told:
            total = Money.of(told.members["total"]["amount"], told.members["total"]["currency"])
        self.do(
            lambda uow: orders.resubmit(
                uow, uow.get(ORDER, order.id), Correction(ship_to=BERLIN, channel="EXPRESS", accepted=total)
            )
        )  # fmt: skip

    def collect(self, order: Order) -> None:
        """The code is read from the customer's mail; where nothing waits, there is none."""
        waits = self.begin().find(PICKUP, order.id) is not None
        code = (fulfilment.code_of(self.begin(), self.order(order)) if waits else None) or "0000000000"
        self.do(lambda uow: fulfilment.collect(uow, order.id, code, CLERK, _at_door(order)))

    def locker_news(self, order: Order, event: BoxEvent) -> None:
        pickup = self.begin().find(PICKUP, order.id)
        if pickup is not None and pickup.reference:
            news = {"vendor": pickup.vendor, "reference": pickup.reference, "event": event.value}
            self.do(lambda uow: fulfilment.apply(uow, news))

    def open_box(self, order: Order) -> None:
        """The customer empties the box; what the locker reports about it comes when the test lets it."""
        pickup, code = self.begin().get(PICKUP, order.id), fulfilment.code_of(self.begin(), self.order(order)) or ""
        with patch.object(SIMULATOR, "tell"):
            SIMULATOR.open(pickup.locker, code)

    def settle_box(self, order: Order) -> None:
        """What is left of a box comes to its end: the time of what was asked for, and the news for the vendor."""
        self.clock.forward(minutes=6)
        clockwork.sweep(self.clock.now, float("inf"))
        if self.begin().find(LOCKER_BOX, order.id) is not None:
            self.do(lambda uow: fulfilment.locker_boxes.settle(uow, order.id))

    def boxes(self, order: Order) -> set[str]:
        """The keys of the allocations that the locker of the store keeps for an order."""
        machine = self.begin().find(MACHINE, LOCKER)
        keys = {held.key for held in machine.held.values()} if machine else set()
        return {key for key in keys if key.startswith(order.id)}


def _at_door(order: Order) -> DoorPayment | None:
    return DoorPayment(PaidWith.CASH, order.totals.total) if order.pays_at_door else None


def _news(event: BoxEvent) -> Perform:
    return lambda walk, order: walk.locker_news(order, event)


def _waybill(number: int) -> str:
    serial = f"{number:08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return f"RR{serial}{ {10: 0, 11: 5}.get(rest, rest) }DE"


@dataclass(frozen=True)
class Case:
    """A use case as an arrow of the chart.

    Args:
        arrow: where it leads, by where it starts; everywhere else it refuses, or ignores what it is told.
        ways: for which ways of delivery.
        asked: a person asks for it, and is answered 409 where it is not allowed; else it is news or the clock.
        by: the name of the arrow that is taken by the same use case, when it is not this one's own.
    """

    name: str
    rule: str
    command: Command
    arrow: Mapping[State, State]
    perform: Perform = field(repr=False, compare=False)
    ways: frozenset[str] = frozenset(WAYS)
    asked: bool = True
    by: str = ""

    def to(self, way: Way, state: State) -> State | None:
        return self.arrow.get(state) if way.name in self.ways else None

    def is_use_case_of(self, other: Case) -> bool:
        return (self.by or self.name) == (other.by or other.name)


S, C = State, Command
ONLINE = frozenset({"courier", "locker", "desk", "own", "virtual"})
GOODS = frozenset({"courier", "locker", "desk", "own", "cash"})
LOCKERS = frozenset({"locker"})
PICKUPS, DELIVERIES, COURIER = frozenset({"locker", "desk"}), frozenset({"own", "cash"}), frozenset({"courier"})
VIRTUAL = frozenset({"virtual"})
IN_STOCK = (
    S.AWAITING_PAYMENT, S.UNDER_REVIEW, S.RETURNED_TO_CUSTOMER, S.ON_HOLD, S.REVIEWED, S.ROUTED, S.ACCEPTED, S.PICKING,
    S.PACKED,
)  # fmt: skip
WITH_CUSTOMER_SOON = (S.READY_LOCKER, S.READY_DESK, S.OUT_FOR_DELIVERY, S.SHIPPED)


def _all(states: tuple[State, ...], to: State) -> dict[State, State]:
    return dict.fromkeys(states, to)


def _as(use_case: Callable[..., Any], *args: Any, **more: Any) -> Perform:
    """A clerk's use case that takes the order's number, what is given, and the clerk."""
    return lambda walk, order: walk.do(lambda uow: use_case(uow, order.id, *args, CLERK, **more))


def _on(use_case: Callable[..., Any], *args: Any, **more: Any) -> Perform:
    """A use case that takes the order itself."""
    return lambda walk, order: walk.do(lambda uow: use_case(uow, uow.get(ORDER, order.id), *args, **more))


def _told(use_case: Callable[..., Any]) -> Perform:
    """A use case that follows an event about an order."""
    return lambda walk, order: walk.do(lambda uow: use_case(uow, order.id))


def _refuse(walk: Walk, order: Order) -> Any:
    store = walk.order(order).store or ""
    return walk.do(lambda uow: routing.refuse(uow, uow.get(ORDER, order.id), store, Refusal.CLOSED))


def _ready(point: Point) -> Perform:
    return lambda walk, order: walk.do(lambda uow: fulfilment.make_ready(uow, order.id, CLERK, point))


def _resolve(decision: Decision) -> Perform:
    def perform(walk: Walk, order: Order) -> Any:
        more = {"person": "rider-1", "deliver_by": walk.clock.now + timedelta(hours=3)}
        return walk.do(lambda uow: fulfilment.resolve(uow, order.id, CLERK, decision, **more))

    return perform


def _send_out(walk: Walk, order: Order) -> Any:
    if walk.order(order).state is S.PACKED and order.delivery_method == "own_delivery":
        walk.do(lambda uow: fulfilment.assign(uow, order.id, CLERK, "rider-1"))
    return _as(fulfilment.send_out)(walk, order)


def _ship(walk: Walk, order: Order) -> Any:
    walk.facts += 1
    return _as(fulfilment.ship, [fulfilment.HandedOver("deutsche-post", _waybill(walk.facts))])(walk, order)


def _ship_again(walk: Walk, order: Order) -> Any:
    walk.facts += 1
    parcel = fulfilment.HandedOver("deutsche-post", _waybill(walk.facts))
    return walk.do(lambda uow: fulfilment.resolve(uow, order.id, CLERK, Decision.SHIP_AGAIN, parcel=parcel))


def _slip(walk: Walk, order: Order) -> Any:
    return _as(fulfilment.enter_slip, Receipt("S-1", "A. Lovelace", walk.clock.now))(walk, order)


def _hand_over(walk: Walk, order: Order) -> Any:
    return walk.do(lambda uow: fulfilment.hand_over(uow, order.id, CLERK, _at_door(order)))


def _by_customer(use_case: Callable[..., Any], *args: Any) -> Perform:
    return lambda walk, order: walk.do(lambda uow: use_case(uow, order.id, ANN, *args))


WRONG = (Reason(Abnormal.OTHER, "what colour?"),)
BOXES = (Box(900, 300, 200, 60),)
CASES = (
    # payment precedes review (E2, AMB-17)
    Case("pay", "PAY-07", C.CONFIRM_PAYMENT, {S.AWAITING_PAYMENT: S.UNDER_REVIEW}, Walk.pay, ONLINE, asked=False),
    Case("expire", "PAY-08", C.EXPIRE, {S.AWAITING_PAYMENT: S.CANCELLED}, _on(orders.expire), ONLINE, asked=False),
    # the order group (E3 to E5)
    Case("review", "REV-01", C.APPROVE, {S.UNDER_REVIEW: S.REVIEWED}, _told(orders.review), asked=False),
    Case("suspect", "REV-07", C.HOLD, {S.UNDER_REVIEW: S.ON_HOLD}, Walk.suspicious_review, asked=False,
         by="review"),
    Case("return", "REV-03", C.RETURN_TO_CUSTOMER, _all((S.UNDER_REVIEW, S.ON_HOLD), S.RETURNED_TO_CUSTOMER),
         _on(orders.return_to_customer, WRONG)),
    Case("release", "REV-07", C.RELEASE, _all((S.ON_HOLD, S.RETURNED_TO_CUSTOMER), S.REVIEWED), _on(orders.release)),
    Case("correct the address", "REV-03", C.RESUBMIT, {S.RETURNED_TO_CUSTOMER: S.UNDER_REVIEW},
         _on(orders.resubmit, Correction(ship_to=ELSEWHERE)), COURIER | DELIVERIES | VIRTUAL),
    Case("pick up at the desk", "REV-03", C.RESUBMIT, {S.RETURNED_TO_CUSTOMER: S.UNDER_REVIEW},
         _on(orders.resubmit, Correction(point="desk")), PICKUPS),
    Case("make it dearer", "AMB-24", C.AWAIT_DIFFERENCE, {S.RETURNED_TO_CUSTOMER: S.AWAITING_PAYMENT}, Walk.dearer,
         COURIER, by="correct the address"),
    # the responsible store (E5, E6)
    Case("route", "RTE-01", C.ROUTE, {S.REVIEWED: S.ROUTED}, _told(routing.route), GOODS, asked=False),
    Case("complete what is virtual", "ORD-19", C.COMPLETE, {S.REVIEWED: S.COMPLETED}, _told(routing.route),
         VIRTUAL, asked=False, by="route"),
    Case("route again", "RTE-01", C.ROUTE, {S.REVIEWED: S.ROUTED, S.ROUTED: S.ROUTED},
         _on(routing.route_again), GOODS),
    Case("give to another store", "REV-08", C.ROUTE, _all((S.ACCEPTED, S.PICKING), S.ROUTED),
         _on(routing.route_again, "SZX1"), GOODS, by="route again"),
    Case("take from its store", "REV-08", C.WITHDRAW, _all((S.ACCEPTED, S.PICKING), S.REVIEWED),
         _on(routing.route_again), GOODS, by="route again"),
    Case("refuse", "RTE-03", C.WITHDRAW, {S.ROUTED: S.REVIEWED}, _refuse, GOODS),
    Case("accept", "RTE-03", C.ACCEPT, {S.ROUTED: S.ACCEPTED}, _as(fulfilment.accept)),
    # picked and packed (E7)
    Case("pick", "ORD-21", C.PICK, {S.ACCEPTED: S.PICKING}, _as(fulfilment.pick)),
    Case("pack", "LOG-20", C.PACK, {S.PICKING: S.PACKED}, _as(fulfilment.pack, BOXES)),
    # handed over (E8 to E15)
    Case("put into the locker", "FUL-02", C.PUT_IN_LOCKER, {S.PACKED: S.READY_LOCKER}, _ready(Point.LOCKER), LOCKERS),
    Case("put at the desk", "FUL-04", C.PUT_AT_DESK, {S.PACKED: S.READY_DESK}, _ready(Point.DESK), PICKUPS),
    Case("send out", "FUL-08", C.SEND_OUT, {S.PACKED: S.OUT_FOR_DELIVERY}, _send_out, DELIVERIES),
    Case("ship", "FUL-13", C.SHIP, {S.PACKED: S.SHIPPED}, _ship, COURIER),
    Case("scan the code", "FUL-05", C.COMPLETE, _all((S.READY_LOCKER, S.READY_DESK), S.COMPLETED),
         Walk.collect, GOODS),
    Case("box emptied", "FUL-05", C.COMPLETE, {S.READY_LOCKER: S.COMPLETED}, _news(BoxEvent.COLLECTED), PICKUPS,
         asked=False),
    Case("box emptied late", "FUL-05", C.COLLECT_LATE, _all((S.HANDOVER_FAILED, S.STORE_HANDLING), S.COMPLETED),
         _news(BoxEvent.COLLECTED), LOCKERS, asked=False, by="box emptied"),
    Case("hand over", "FUL-09", C.COMPLETE, {S.OUT_FOR_DELIVERY: S.COMPLETED}, _hand_over),
    Case("enter the slip", "FUL-14", C.COMPLETE, {S.SHIPPED: S.COMPLETED}, _slip),
    Case("confirm receipt", "ORD-20", C.COMPLETE, {S.SHIPPED: S.COMPLETED}, _by_customer(fulfilment.confirm_receipt)),
    # failed hand-overs (E16 to E18)
    Case("fail", "FUL-19", C.FAIL_HANDOVER, _all(WITH_CUSTOMER_SOON, S.HANDOVER_FAILED),
         lambda walk, order: walk.do(lambda uow: fulfilment.fail(uow, order.id, CLERK, Cause.REFUSED))),
    Case("box expired", "FUL-19", C.FAIL_HANDOVER, {S.READY_LOCKER: S.HANDOVER_FAILED},
         _news(BoxEvent.EXPIRED), PICKUPS, asked=False),
    Case("take over", "FUL-19", C.TAKE_OVER, {S.HANDOVER_FAILED: S.STORE_HANDLING}, _as(fulfilment.take_over)),
    Case("keep at the desk", "RET-07", C.OFFER_AT_DESK, {S.STORE_HANDLING: S.READY_DESK},
         _resolve(Decision.KEEP_AT_DESK), PICKUPS | DELIVERIES),
    Case("deliver again", "RET-07", C.SEND_OUT_AGAIN, {S.STORE_HANDLING: S.OUT_FOR_DELIVERY},
         _resolve(Decision.DELIVER_AGAIN), DELIVERIES),
    Case("ship again", "RET-07", C.SHIP_AGAIN, {S.STORE_HANDLING: S.SHIPPED}, _ship_again, COURIER),
    Case("take back", "RET-07", C.TAKE_BACK, {S.STORE_HANDLING: S.TAKEN_BACK}, _resolve(Decision.TAKE_BACK)),
    # as long as the goods are in stock (E19, E20)
    Case("cancel", "ORD-14", C.CANCEL, _all(IN_STOCK, S.CANCELLED),
         _by_customer(orders.cancel, CancelReason.CHANGED_MIND)),
    Case("call off", "REV-05", C.CANCEL, _all(IN_STOCK, S.CANCELLED), _on(orders.call_off, CancelReason.OUT_OF_STOCK)),
)  # fmt: skip


def shortest(way: Way, start: State, end: State) -> list[Case] | None:
    """The fewest use cases from one state to another, or None when none lead there."""
    routes: dict[State, list[Case]] = {start: []}
    front = [start]
    for state in front:
        for case in CASES:
            to = case.to(way, state)
            if to is not None and to not in routes:
                routes[to] = [*routes[state], case]
                front.append(to)
    return routes.get(end)
