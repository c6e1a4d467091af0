"""Several orders of one recipient in one shipment: proposed, merged, packed and sent together (ORD-27).

Each order stays what it is: its number, state, stage times and timeline; only the parcel is one. Whatever moves them
together is one transaction that writes every order, so a cancellation at the same moment is seen by it, or sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.core import table
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customs import service as customs
from chalicelib.fulfilment.domain import BOXES, Packing
from chalicelib.fulfilment.domain import consignment as d
from chalicelib.fulfilment.domain.consignment import (
    MERGEABLE,
    CannotGoTogether,
    Consignment,
    ConsignmentState,
    Membership,
    next_state,
)
from chalicelib.fulfilment.items import PACKING
from chalicelib.fulfilment.items.consignment import CONSIGNMENT, MEMBERSHIP
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import merged
from chalicelib.markets import service as markets
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State, read_number
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER, in_state, store_list
from chalicelib.shipping.domain.rates import Channel
from chalicelib.shipping.domain.shipments import Box, Shipment, ShipmentLine, WeightProof
from chalicelib.shipping.service import shipments
from chalicelib.shipping.tariffs import PROFILES

from .boxes import check_packing
from .parcels import HandedOver, check_store


def propose(uow: UnitOfWork, store: str, principal: Principal) -> list[tuple[Order, ...]]:
    """A store's open orders that could travel in one parcel and are in no consignment yet, the oldest first.

    Raises:
        NotFound: no such store, or not the caller's.
    """
    check_store(store, principal)
    most = min(uow.setting(d.MOST_TOGETHER), d.NEVER_MORE)
    numbers = open_numbers(store, uow.setting(d.LOOKED_AT))
    uow.load(*(ref for number in numbers for ref in (ORDER.ref(number), MEMBERSHIP.ref(number))))
    found = [uow.get(ORDER, number) for number in numbers]
    free = [order for order in found if going_with(uow, order) is None]
    proposals = []
    for group in d.groups(free):
        for start in range(0, len(group), most):
            part = group[start : start + most]
            if len(part) > 1 and _obstacle(uow, part) is None:
                proposals.append(part)
    return proposals


def merge(uow: UnitOfWork, order_ids: Sequence[str], principal: Principal) -> Consignment:
    """Staff put orders together (ORD-27).

    Raises:
        NotFound: no such order, or another store's.
        Invalid: an order is named twice.
        CannotGoTogether: says why not.
    """
    found = [orders.find_for_staff(uow, number, principal) for number in _numbers(uow, order_ids)]
    return _merge(uow, found, principal.id)


def merge_own(uow: UnitOfWork, order_id: str, others: Sequence[str], principal: Principal) -> Consignment:
    """A customer wants orders in one parcel (ORD-27).

    Raises:
        NotFound: one of them is not the caller's.
        Invalid, CannotGoTogether: as `merge`.
    """
    found = [orders.find(uow, number, principal) for number in _numbers(uow, [order_id, *others])]
    return _merge(uow, found, principal.id)


def find(uow: UnitOfWork, consignment_id: str, principal: Principal) -> Consignment:
    """A consignment, for the staff of its store.

    Raises:
        NotFound: no such consignment, or another store's.
    """
    found = uow.find(CONSIGNMENT, consignment_id)
    if found is None or not principal.works_for(found.store):
        raise NotFound("consignment", consignment_id)
    return found


def members(uow: UnitOfWork, consignment: Consignment) -> list[Order]:
    """The orders of a consignment that are still to go with it: neither cancelled nor routed to another store."""
    uow.load(*(ORDER.ref(number) for number in consignment.orders))
    known = [uow.get(ORDER, number) for number in consignment.orders]
    return [order for order in known if order.state in MERGEABLE and _is_there(consignment, order)]


def take_out(uow: UnitOfWork, consignment_id: str, order_id: str, principal: Principal) -> Consignment:
    """One order goes its own way after all.

    Raises:
        NotFound: no such consignment, or the order is not in it.
        NotAllowed: it has been sent, or parted.
        Conflict: it lies in boxes with the others.
    """
    consignment, number = find(uow, consignment_id, principal), read_number(order_id)
    if number not in consignment.orders:
        raise NotFound("order", number)
    _require_apart(uow, consignment, [number])
    return _leave(uow, consignment, number)


def part(uow: UnitOfWork, consignment_id: str, principal: Principal) -> Consignment:
    """Every order goes its own way.

    Raises:
        NotFound, NotAllowed, Conflict: as `take_out`.
    """
    consignment = find(uow, consignment_id, principal)
    _require_apart(uow, consignment, consignment.orders)
    parted = consignment.part()
    _forget(uow, consignment.orders, consignment.id)
    return uow.put(CONSIGNMENT, parted)


def leave(uow: UnitOfWork, order_id: str) -> Consignment | None:
    """An order was cancelled: the others go without it. Told again, nothing happens."""
    membership = uow.find(MEMBERSHIP, order_id)
    if membership is None:
        return None
    consignment = uow.get(CONSIGNMENT, membership.consignment_id)
    if consignment.state is not ConsignmentState.OPEN or order_id not in consignment.orders:
        return None
    return _leave(uow, consignment, order_id)


def pack(uow: UnitOfWork, consignment_id: str, boxes: Sequence[Box], principal: Principal) -> Consignment:
    """All goods are in these boxes now; again, when one has been taken out of them (E7, LOG-20).

    Raises:
        NotFound: no such consignment, or another store's.
        NotAllowed: it has been sent, or parted.
        NotReady: not every order has been picked.
        Invalid: more boxes than a parcel may have, or one that the location does not have.
        FragileNotReleased: fragile goods in a packaging without its tests (FUL-18).
    """
    consignment = find(uow, consignment_id, principal)
    if len(boxes) > uow.setting(BOXES):
        raise Invalid(FieldError("/boxes", f"at most {uow.setting(BOXES)} boxes"))
    packed = consignment.pack(boxes, principal.id, uow.now)
    going = members(uow, consignment)
    _require_state(going, State.PICKING, State.PACKED)
    again = all(order.state is State.PACKED for order in going)
    kept = check_packing(uow, consignment.store, going, boxes, "/boxes", again=again)
    for order in going:
        if order.state is State.PICKING:
            orders.advance(uow, order.id, Command.PACK)
            uow.put(PACKING, Packing(order.id, consignment.store, (), principal.id, uow.now))
    return uow.put(CONSIGNMENT, replace(packed, boxes=kept))


class NotReady(Conflict):
    """Not every order of the consignment is as far; `orders` names those that are not."""

    code, title = "not-all-ready", "Not all orders are ready"


def ship(
    uow: UnitOfWork, consignment_id: str, handed: HandedOver, principal: Principal
) -> tuple[Consignment, tuple[Shipment, ...]]:
    """The courier takes them all under one waybill: every order is on its way, each with a parcel of its own record.

    Raises:
        NotFound: no such consignment, or another store's.
        NotAllowed: it has been sent, or parted.
        NotReady: not every order is packed.
        Invalid: a waybill with a typing error.
        WaybillInUse: another parcel travels under this waybill.
    """
    consignment = find(uow, consignment_id, principal)
    next_state(consignment.state, d.Command.SHIP)
    going = members(uow, consignment)
    if not going:
        raise NotReady("No order of this consignment is left to be sent.", orders=list(consignment.orders))
    _require_state(going, State.PACKED)
    uow.load(*(PACKING.ref(order.id) for order in going), *shipments.claims([(handed.carrier, handed.waybill)]))
    lead = uow.get(PACKING, going[0].id)
    boxes = consignment.boxes or tuple(box for order in going for box in uow.get(PACKING, order.id).boxes)
    proof = WeightProof(
        sum(box.weight_g for box in boxes), consignment.packed_at or lead.packed_at,
        consignment.packed_by or lead.packed_by, handed.label,
    )  # fmt: skip
    made = shipments.create_together(
        uow,
        contents={order.id: _lines(order) for order in going},
        store=consignment.store,
        channel=consignment.channel,
        destination=going[0].ship_to.country if going[0].ship_to else "",
        parcel=shipments.Parcel(handed.carrier, handed.waybill, boxes, proof=proof, left_on=handed.left_on),
    )
    inventory.ship(uow, merged((*place, units) for order in going for place, units in order.allocation.items()))
    for order, shipment in zip(going, made, strict=True):
        orders.advance(
            uow, order.id, Command.SHIP, shipment_id=shipment.id, carrier=shipment.carrier, waybill=shipment.waybill
        )
    sent = consignment.sent([order.id for order in going], made[0].carrier, made[0].waybill)
    _forget(uow, set(consignment.orders) - set(sent.orders), consignment.id)
    return uow.put(CONSIGNMENT, sent), made


def boxes_of(uow: UnitOfWork, order: Order) -> tuple[Box, ...]:
    """The boxes in which an order lies with others: the leading order has them, as it has the parcel's weight."""
    membership = uow.find(MEMBERSHIP, order.id)
    if membership is None:
        return ()
    consignment = uow.get(CONSIGNMENT, membership.consignment_id)
    leads = bool(consignment.orders) and consignment.orders[0] == order.id
    return consignment.boxes if leads and consignment.state is not ConsignmentState.PARTED else ()


def require_alone(uow: UnitOfWork, order: Order) -> None:
    """Let an order through that leaves by itself.

    Raises:
        Conflict: it is to go with others; names the consignment.
    """
    consignment = going_with(uow, order)
    if consignment is not None:
        raise Conflict(
            "This order goes together with others: ship the consignment, or take the order out of it.",
            consignment=consignment.id,
        )
    if uow.find(MEMBERSHIP, order.id) is not None:
        uow.require(MEMBERSHIP, order.id)


def going_with(uow: UnitOfWork, order: Order) -> Consignment | None:
    """The open consignment that an order is to leave with; one that was routed to another store goes with none."""
    membership = uow.find(MEMBERSHIP, order.id)
    if membership is None:
        return None
    consignment = uow.get(CONSIGNMENT, membership.consignment_id)
    holds = consignment.state is ConsignmentState.OPEN and order.id in consignment.orders
    return consignment if holds and _is_there(consignment, order) else None


def companions(uow: UnitOfWork, order: Order, state: State) -> list[Order]:
    """The other orders that were sent with an order and are in this state: what becomes of the parcel concerns them."""
    membership = uow.find(MEMBERSHIP, order.id)
    if membership is None:
        return []
    consignment = uow.get(CONSIGNMENT, membership.consignment_id)
    if consignment.state is not ConsignmentState.SENT or order.id not in consignment.orders:
        return []
    uow.load(*(ORDER.ref(number) for number in consignment.orders))
    others = (uow.get(ORDER, number) for number in consignment.orders if number != order.id)
    return [other for other in others if other.state is state]


def forget(uow: UnitOfWork, order_id: str) -> None:
    """The parcel that an order shared came back, and the order goes on by itself (E18)."""
    membership = uow.find(MEMBERSHIP, order_id)
    if membership is not None:
        uow.remove(MEMBERSHIP, membership)


def _merge(uow: UnitOfWork, found: Sequence[Order], by: str) -> Consignment:
    d.check_together(found)
    most = min(uow.setting(d.MOST_TOGETHER), d.NEVER_MORE)
    if len(found) > most:
        raise CannotGoTogether(f"At most {most} orders go together.", why="number")
    for order in found:
        known = going_with(uow, order)
        if known is not None:
            raise CannotGoTogether(
                "One of them goes with others already.", why="merged", order=order.id, consignment=known.id
            )
    obstacle = _obstacle(uow, found)
    if obstacle is not None:
        raise obstacle
    in_order = sorted(found, key=lambda order: (order.placed_at, order.id))
    made = Consignment(
        id=uow.new_id(), store=in_order[0].store or "", channel=in_order[0].channel,
        orders=tuple(order.id for order in in_order), made_by=by, made_at=uow.now,
    )  # fmt: skip
    for order in in_order:
        uow.require(ORDER, order.id)
        uow.put(MEMBERSHIP, Membership(order.id, made.id))
    return uow.put(CONSIGNMENT, made)


def _obstacle(uow: UnitOfWork, together: Sequence[Order]) -> CannotGoTogether | None:
    """What stands against one parcel: the channel's limit, or a border that would treat it unlike its parts.

    Across a border a parcel's value decides duty and tax. What each order was quoted with must hold for them together.
    """
    first, rates = together[0], markets.exchange_rates(uow)
    worth = [order.totals.subtotal - order.totals.discount for order in together]
    whole = Money.sum(worth, first.currency)
    limit = PROFILES[Channel(first.channel)].max_value if first.channel in set(Channel) else None
    if limit is not None and rates.convert(whole, limit.currency) > limit:
        return CannotGoTogether("Together they are worth more than the channel takes.", why="value")
    dispatched_from, destination = markets.location(first.store or "").country, first.country
    regimes = {
        customs.enter(value, dispatched_from, destination, uow.now.date(), rates).relief for value in (*worth, whole)
    }
    if len(regimes) > 1:
        return CannotGoTogether("Together customs would treat them in another way than each alone.", why="customs")
    return None


def open_numbers(store: str, most: int) -> list[str]:
    numbers: list[str] = []
    for state in MERGEABLE:
        start = None
        while len(numbers) < most:
            page = table.page(
                ORDER, "gsi2", store_list(store), limit=min(table.PAGE_LIMIT, most - len(numbers)), start=start,
                prefix=in_state(state),
            )  # fmt: skip
            numbers += [card.id for card in page.items]
            start = page.next
            if start is None:
                break
    return numbers


def _numbers(uow: UnitOfWork, order_ids: Iterable[str]) -> list[str]:
    numbers = [read_number(order_id) for order_id in order_ids]
    if len(set(numbers)) != len(numbers):
        raise Invalid(FieldError("/orders", "an order is named twice"))
    uow.load(*(ref for number in numbers for ref in (ORDER.ref(number), MEMBERSHIP.ref(number))))
    return numbers


def _is_there(consignment: Consignment, order: Order) -> bool:
    """Whether the goods of an order are at the consignment's store, all of them (RTE-07)."""
    return order.store == consignment.store and not order.is_split


def _leave(uow: UnitOfWork, consignment: Consignment, number: str) -> Consignment:
    left = consignment.without(number)
    gone = consignment.orders if left.state is ConsignmentState.PARTED else (number,)
    _forget(uow, gone, consignment.id)
    return uow.put(CONSIGNMENT, left)


def _forget(uow: UnitOfWork, numbers: Iterable[str], consignment_id: str) -> None:
    for number in numbers:
        membership = uow.find(MEMBERSHIP, number)
        if membership is not None and membership.consignment_id == consignment_id:
            uow.remove(MEMBERSHIP, membership)


def _require_apart(uow: UnitOfWork, consignment: Consignment, numbers: Iterable[str]) -> None:
    """What lies in boxes with others is not taken out by a word: it is shipped with them, or cancelled."""
    if consignment.boxes and {order.id for order in members(uow, consignment)} & set(numbers):
        raise Conflict("These orders are packed together.")


def _require_state(going: Sequence[Order], *states: State) -> None:
    behind = [order.id for order in going if order.state not in states]
    if behind:
        raise NotReady("Not every order of the consignment is as far.", orders=behind)


def _lines(order: Order) -> tuple[ShipmentLine, ...]:
    return tuple(ShipmentLine(part.sku, part.quantity, part.id, part.location) for part in order.parts if part.location)
