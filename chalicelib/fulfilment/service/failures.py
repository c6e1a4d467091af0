"""Hand-overs that failed, and the store's customer service that deals with them (E16 to E18, FUL-19, FUL-20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.auth import Principal
from chalicelib.core.clock import stamp
from chalicelib.core.errors import FieldError, Invalid, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain import BY_CUSTOMER, Cause, Decision, DeliveryState
from chalicelib.fulfilment.domain import failures as rules
from chalicelib.fulfilment.domain.delivery import AGREED_AHEAD, check_ahead
from chalicelib.fulfilment.domain.stops import Brought, check_number, check_one_visit
from chalicelib.fulfilment.items import DELIVERY, LOCKER_BOX, PICKUP
from chalicelib.markets import service as markets
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order, State, next_state, read_number
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.shipping.service import shipments

from . import locker_boxes, together
from .again import ship_again
from .delivery import send_again
from .parcels import HandedOver, place_of
from .pickup import keep_part, offer_at_desk
from .rounds import read_numbers

#: Decisions about goods that are at the store again, and that its own people hand over.
_AT_THE_STORE: Final = frozenset({Decision.KEEP_AT_DESK, Decision.DELIVER_AGAIN})


def fail(
    uow: UnitOfWork,
    order_id: str,
    principal: Principal,
    cause: Cause,
    *,
    by_customer: bool | None = None,
    others: Sequence[str] = (),
    store: str = "",
) -> Order | Dispatch:
    """Staff note that the goods did not reach the customer: not collected, not received, refused, not signed (E16).

    Args:
        by_customer: whose fault it was, when staff know it better than the cause says (FUL-20).
        others: own deliveries that failed at the same door with it: one visit is one case, as one parcel is.
        store: whose part of an order from several places, for whoever works for several of them.

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: the goods are not being handed over.
        Invalid: an order is named twice.
        CannotGoTogether: the others were not at the same door with the same person.
        WhichPlace: they came from several places of the caller's.
        Conflict: of a part in several parcels, one has been delivered.
    """
    if others:
        return _fail_visit(uow, [order_id, *others], principal, cause, by_customer=by_customer)
    order = orders.find_for_staff(uow, order_id, principal)
    place = place_of(order, principal, store)
    if place:
        return fail_part(uow, order, place, cause, by_customer=by_customer)
    return fail_order(uow, order, cause, by_customer=by_customer)


def fail_part(uow: UnitOfWork, order: Order, place: str, cause: Cause, *, by_customer: bool | None = None) -> Dispatch:
    """As `fail`, of one place's part of an order (RTE-07), for whoever has the order already: the clock.

    Raises:
        NotAllowed, Conflict: as `fail`.
    """
    blamed = cause in BY_CUSTOMER if by_customer is None else by_customer
    return orders.fail_part(uow, order, place, cause=cause.value, by_customer=blamed)


def fail_order(uow: UnitOfWork, order: Order, cause: Cause, *, by_customer: bool | None = None) -> Order:
    """As `fail`, for whoever has the order already: the clock, or a locker. Orders in the same parcel fail with it.

    Raises:
        NotAllowed: the goods are not being handed over.
    """
    blamed = cause in BY_CUSTOMER if by_customer is None else by_customer
    others = together.companions(uow, order, State.SHIPPED) if order.state is State.SHIPPED else []
    for other in others:  # one parcel is one case (FUL-20)
        orders.advance(uow, other.id, Command.FAIL_HANDOVER, cause=cause.value, by_customer=False)
    failed = orders.advance(uow, order.id, Command.FAIL_HANDOVER, cause=cause.value, by_customer=blamed)
    delivery = uow.find(DELIVERY, order.id)
    if delivery is not None and delivery.is_open:
        uow.put(DELIVERY, delivery.to(DeliveryState.FAILED))
    return failed


def _fail_visit(
    uow: UnitOfWork, order_ids: Sequence[str], principal: Principal, cause: Cause, *, by_customer: bool | None
) -> Order:
    """A person stood before a closed door with several orders; the first one's failure is the one that counts."""
    numbers = read_numbers(order_ids)
    check_number(numbers)
    uow.load(*(ref for number in numbers for ref in (ORDER.ref(number), DELIVERY.ref(number))))
    known = [orders.find_for_staff(uow, number, principal) for number in numbers]
    for order in known:
        if order.state is not State.OUT_FOR_DELIVERY:
            raise NotAllowed("order", order.state, Command.FAIL_HANDOVER, order.allowed)
    check_one_visit([Brought(order, uow.find(DELIVERY, order.id)) for order in known])
    for order in known[1:]:
        fail_order(uow, order, cause, by_customer=False)
    return fail_order(uow, known[0], cause, by_customer=by_customer)


def take_over(uow: UnitOfWork, order_id: str, principal: Principal, store: str = "") -> Order | Dispatch:
    """The store's customer service takes the case; a locker's box is opened for the store (E17).

    Args:
        store: as of `fail`.

    Raises:
        NotFound, WhichPlace: as `fail`.
        NotAllowed: no hand-over of it has failed.
        Unavailable: the locker's vendor does not answer.
    """
    number = read_number(order_id)
    uow.load(ORDER.ref(number), PICKUP.ref(number), LOCKER_BOX.ref(number))
    order = orders.find_for_staff(uow, order_id, principal)
    place = place_of(order, principal, store)
    if place:
        return orders.take_over_part(uow, order, place)
    taken = orders.advance(uow, order.id, Command.TAKE_OVER)
    pickup = uow.find(PICKUP, order.id)
    if pickup is not None:
        locker_boxes.take_out(uow, pickup)
    return taken


def options(
    uow: UnitOfWork, order_id: str, principal: Principal, store: str = ""
) -> tuple[Order | Dispatch, tuple[rules.Option, ...]]:
    """What may become of goods whose hand-over has failed, and why not what not (RET-07).

    Args:
        store: as of `fail`.

    Raises:
        NotFound, WhichPlace: as `fail`.
        NotAllowed: no hand-over of it has failed.
    """
    order = orders.find_for_staff(uow, order_id, principal)
    place = place_of(order, principal, store)
    part = orders.dispatching.part_of(uow, order, place) if place else None
    state, allowed = (part.state, part.allowed) if part else (order.state, order.allowed)
    if state not in (State.HANDOVER_FAILED, State.STORE_HANDLING):
        raise NotAllowed("dispatch" if part else "order", state, "decide", allowed)
    return part or order, _options(uow, order, part)


def _options(uow: UnitOfWork, order: Order, part: Dispatch | None) -> tuple[rules.Option, ...]:
    goods = orders.dispatching.alone(order, part) if part else order
    place = markets.location(goods.store) if goods.store else None
    return rules.options(
        goods, _failure(uow, order, part), uow.now,
        has_desk=place is not None and place.kind == "store",
        near=place is not None and place.country == order.country,
        fresh_keeps=timedelta(hours=uow.setting(rules.FRESH_KEEPS, order.market)),
        tries=uow.setting(rules.TRIES, order.market),
        of_part=part is not None,
    )  # fmt: skip


def _failure(uow: UnitOfWork, order: Order, part: Dispatch | None) -> rules.Failure:
    """The last failure as the order's log tells it; a cause that was corrected later counts as corrected."""
    told = orders.timeline(uow, order)
    times = part.failed_handovers if part else order.failed_handovers

    def is_failure(one: orders.Happening) -> bool:
        if part is not None:
            return one.type == "dispatch.handover_failed" and one.data["store"] == part.store
        return one.type == "order.handover_failed"

    cause = next(one.data["cause"] for one in reversed(told) if is_failure(one))
    by_customer = next(
        one.data["by_customer"]
        for one in reversed(told)
        if is_failure(one) or (one.type == "order.cause_corrected" and one.data.get("attempt", 1) == times)
    )
    return rules.Failure(Cause(cause), by_customer, times)


def resolve(
    uow: UnitOfWork,
    order_id: str,
    principal: Principal,
    decision: Decision,
    *,
    person: str = "",
    deliver_by: datetime | None = None,
    parcel: HandedOver | None = None,
    store: str = "",
) -> Order | Dispatch:
    """The store decides: keep the goods at the desk, bring them again, or take them back (E18, RET-07).

    Goods taken back become a return that nobody has to ask for. Of a courier's parcel that the goods came back in
    nothing is news any more once they go on. Of an order from several places each part is decided on by its store.

    Args:
        person, deliver_by: of a new delivery by the shop's own people.
        parcel: of a new delivery by courier.
        store: as of `fail`.

    Raises:
        NotFound, WhichPlace: as `fail`.
        NotAllowed: the store has not taken the case over.
        DecisionNotOpen: not with these goods, or not after this failure; names what is open.
        Invalid: a new delivery without person or time, in the past, too far ahead, or too late for fresh goods; a new
            parcel without its own waybill.
        WaybillInUse: another parcel travels under this waybill.
    """
    order = orders.find_for_staff(uow, order_id, principal)
    place = place_of(order, principal, store)
    if place:
        return _resolve_part(uow, order, place, decision, parcel)
    next_state(order.state, rules.COMMAND_OF[decision], order.way)
    option = rules.check_open(_options(uow, order, None), decision)
    if decision in _AT_THE_STORE and order.delivery_method == "courier":
        shipments.note_came_back(uow, order.id)
    if decision is Decision.KEEP_AT_DESK:
        return offer_at_desk(uow, order)
    if decision is Decision.TAKE_BACK:
        return orders.advance(uow, order.id, Command.TAKE_BACK)
    if decision is Decision.SHIP_AGAIN:
        return ship_again(uow, order, _given(parcel))
    if not person or deliver_by is None:
        raise Invalid(FieldError("/deliver_by", "a new delivery needs a person and a time to come"))
    check_ahead(deliver_by, uow.now, uow.setting(AGREED_AHEAD, order.market), "/deliver_by")
    if option.until is not None and deliver_by > option.until:
        raise Invalid(FieldError("/deliver_by", f"fresh goods must be delivered by {stamp(option.until)}"))
    return send_again(uow, order, person, deliver_by, principal)


def _resolve_part(
    uow: UnitOfWork, order: Order, place: str, decision: Decision, parcel: HandedOver | None
) -> Order | Dispatch:
    """What becomes of one place's part of an order; its old parcels are done with whatever it is (E18, RTE-07)."""
    part = orders.dispatching.part_of(uow, order, place)
    if part.state is not State.STORE_HANDLING:
        raise NotAllowed("dispatch", part.state, rules.COMMAND_OF[decision], part.allowed)
    rules.check_open(_options(uow, order, part), decision)
    if decision is Decision.SHIP_AGAIN:
        return ship_again(uow, order, _given(parcel), place)
    shipments.note_came_back(uow, order.id, place)
    if decision is Decision.KEEP_AT_DESK:
        return keep_part(uow, order, place)
    return orders.take_back_part(uow, order, place)


def _given(parcel: HandedOver | None) -> HandedOver:
    if parcel is None:
        raise Invalid(FieldError("/waybill", "a new parcel needs a carrier and a waybill"))
    return parcel
