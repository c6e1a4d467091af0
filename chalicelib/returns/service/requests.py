"""What the customer does: ask for a return, look at it, call it off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, NotAllowed, NotFound
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.markets.domain import pick_text
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order, OrderClass, OrderLine, new_number
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import DISPATCH, ORDER
from chalicelib.returns.domain import (
    CUSTOMER_REASONS,
    GoodsClass,
    Reason,
    Replacement,
    Return,
    ReturnCancelled,
    ReturnedUnits,
    ReturnLine,
    ReturnRequested,
    Terms,
    check_returnable,
    goods_class,
    strictest,
)
from chalicelib.returns.items import RETURN, RETURN_TALLY

from .common import locate, paid_lines, tally_of, terms_of
from .handling import approve_by_rule, receive_taken_back


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of one order line that a customer wants to send back."""

    line: str
    quantity: int
    reason: Reason


def request(
    uow: UnitOfWork, order_id: str, principal: Principal, wanted: Sequence[Wanted], note: str = "",
    exchange_for: Mapping[str, str] | None = None,
) -> Return:  # fmt: skip
    """Ask for a return of delivered goods, or for other ones in their place (RET-02); small returns are approved at
    once, an exchange is always decided by after-sales (RET-03).

    Args:
        exchange_for: the SKU that is wanted in exchange, by line; a line that is not in it gets the same variant again.

    Raises:
        NotFound: no such order, or another customer's.
        NotAllowed: the customer does not have the goods (yet).
        Invalid: unknown lines, a line twice, or no units.
        NotReturnable: the return policy says no (RET-01, RET-07).
        TooManyReturned: more than was delivered and is not in another return.
        NotExchangeable: these goods cannot be had for those.
    """
    order = orders.find(uow, order_id, principal)
    if order.state is not OrderState.COMPLETED:
        raise NotAllowed("order", order.state.value, "return", [command.value for command in order.allowed])
    terms = terms_of(uow, order.market)
    completed_at = next(stage.at for stage in reversed(order.stages) if stage.state is OrderState.COMPLETED)
    lines = _lines(order, wanted, completed_at, uow.now, terms)
    replacements = () if exchange_for is None else _replacements(uow, order, lines, exchange_for)
    thing = _open(uow, order, lines, note, markets.market(order.market).ships_from[0], replacements)
    return approve_by_rule(uow, thing, order, terms) if thing.approves_by_itself(terms) else thing


def take_back(uow: UnitOfWork, order_id: str) -> Return | None:
    """Make the return of an order that could not be handed over: its goods are back at the store (FUL-19, RET-07).

    Nobody has to ask or agree; the store inspects and the money goes back as for any return. Once per order; of an
    order from several places each part has its own (`take_back_part`).
    """
    order = uow.get(ORDER, order_id)
    lines = _came_back(line for line in order.lines if line.kind != "virtual")
    known = uow.part(RETURN, order.id, prefix="RETURN#")
    in_parts = order.is_split and orders.dispatching.taken_back(uow, order.id)
    if not lines or in_parts or any(Reason.NOT_HANDED_OVER in thing.reasons for thing in known):
        return None
    place = order.store or markets.market(order.market).ships_from[0]
    return receive_taken_back(uow, _open(uow, order, lines, "", place))


def take_back_part(uow: UnitOfWork, order_id: str, place: str) -> Return | None:
    """Make the return of one place's part of an order that could not be handed over: its goods are back there, and the
    order goes on without them (FUL-19, RTE-07). As `take_back`, once per part.
    """
    part = uow.get(DISPATCH, order_id, place)
    known = uow.part(RETURN, order_id, prefix="RETURN#")
    if any(thing.part == place for thing in known):
        return None
    return receive_taken_back(uow, _open(uow, uow.get(ORDER, order_id), _came_back(part.goods), "", place, part=part))


def _came_back(lines: Iterable[OrderLine]) -> tuple[ReturnLine, ...]:
    return tuple(
        ReturnLine(line.id, line.sku, line.title, line.quantity, Reason.NOT_HANDED_OVER, _goods(line)) for line in lines
    )


def _replacements(
    uow: UnitOfWork, order: Order, lines: tuple[ReturnLine, ...], exchange_for: Mapping[str, str]
) -> tuple[Replacement, ...]:
    found = orders.replacements_for(uow, order, {line.line: exchange_for.get(line.line, line.sku) for line in lines})
    return tuple(
        Replacement(line, variant.sku, pick_text(variant.title, order.language)) for line, variant in found.items()
    )


def _open(
    uow: UnitOfWork, order: Order, lines: tuple[ReturnLine, ...], note: str, return_to: str,
    replacements: tuple[Replacement, ...] = (), part: Dispatch | None = None,
) -> Return:  # fmt: skip
    """Make a return and claim its units; of a `part` that was taken back, those of its own lines."""
    units = {line.line: line.quantity for line in lines}
    paid, tally = paid_lines(order, part.goods if part else None), tally_of(uow, order.id)
    claimed = tally.claim(units, paid)
    thing = Return.request(
        id=new_number(OrderClass.RETURN), order_id=order.id, owner=order.owner, market=order.market,
        store=part.store if part else order.store or return_to, return_to=return_to,
        payment_id=order.payment_id, lines=lines, estimate=tally.worth(units, paid), note=note,
        at=uow.now, terms=terms_of(uow, order.market),
        replacements=replacements, payment_order=order.exchange.paid_under if order.exchange else "",
        part=part.store if part else "",
    )  # fmt: skip
    uow.put(RETURN_TALLY, claimed)
    told = tuple(ReturnedUnits(line.line, line.sku, line.quantity) for line in lines)
    return uow.put(RETURN, thing, ReturnRequested(thing.id, order.id, order.market, thing.estimate, told))


def _lines(
    order: Order, wanted: Sequence[Wanted], completed_at: datetime, now: datetime, terms: Terms
) -> tuple[ReturnLine, ...]:
    known = {line.id: line for line in order.lines}
    errors = [] if wanted else [FieldError("/lines", "name at least one line")]
    seen: set[str] = set()
    for number, item in enumerate(wanted):
        if item.line not in known:
            errors.append(FieldError(f"/lines/{number}/line", "is not a line of this order"))
        if item.line in seen:
            errors.append(FieldError(f"/lines/{number}/line", "is named twice"))
        if item.reason not in CUSTOMER_REASONS:
            errors.append(FieldError(f"/lines/{number}/reason", "is not a reason that a customer gives"))
        if item.quantity < 1:
            errors.append(FieldError(f"/lines/{number}/quantity", "must be at least 1"))
        seen.add(item.line)
    if errors:
        raise Invalid(*errors)
    lines = []
    for item in wanted:
        line = known[item.line]
        goods = _goods(line)
        check_returnable(line.id, goods, item.reason, completed_at=completed_at, now=now, terms=terms)
        lines.append(ReturnLine(line.id, line.sku, line.title, item.quantity, item.reason, goods))
    return tuple(lines)


def _goods(line: OrderLine) -> GoodsClass:
    """A bundle comes back as a whole, so the strictest class of what it holds is that of the line (CAT-04, E5)."""
    return strictest(goods_class(part.kind, part.fresh, part.return_rule) for part in line.parts)


def find(uow: UnitOfWork, return_id: str, principal: Principal) -> Return:
    """A customer's own return.

    Raises:
        NotFound: no such return, or another customer's.
    """
    thing = locate(uow, return_id)
    if not principal.owns(thing.owner):
        raise NotFound("return", return_id)
    return thing


def of_order(uow: UnitOfWork, order_id: str, principal: Principal) -> list[Return]:
    """All returns of a customer's own order, oldest first.

    Raises:
        NotFound: no such order, or another customer's.
    """
    order = orders.find(uow, order_id, principal)
    return sorted(uow.part(RETURN, order.id, prefix="RETURN#"), key=lambda thing: (thing.requested_at, thing.id))


def cancel(uow: UnitOfWork, return_id: str, principal: Principal) -> Return:
    """Keep the goods after all; the units can be returned later, within the window.

    Raises:
        NotFound: no such return, or another customer's.
        NotAllowed: the parcel has arrived, or the return is closed.
    """
    thing = find(uow, return_id, principal)
    cancelled = thing.cancel(uow.now, terms_of(uow, thing.market))
    if thing.exchange_order:
        orders.call_off_exchange(uow, thing.exchange_order)
    uow.put(RETURN_TALLY, tally_of(uow, thing.order_id).free(thing.units))
    return uow.put(RETURN, cancelled, ReturnCancelled(thing.id, thing.order_id))
