"""Exchanges: asked for with a return, agreed to as an exchange order, and what happens when either side fails.

The return brings the old goods back and holds the rules of who owes what; the exchange order brings the new ones and
goes the way of every order. What was paid moves from one to the other at once with the order's release, in the books
through the customer's funds: the old sale is reversed, and the exchange order's completion is a sale again. Money
itself is only paid back, from the payment that the customer once made, when there is no exchange order any more.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Account, Entry
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, Worth
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import ORDER
from chalicelib.returns.domain import (
    Command,
    PaidLine,
    ReleasedWhen,
    Return,
    ReturnedUnits,
    ReturnExchangeCalledOff,
    ReturnExchanged,
    ReturnExchangeOrdered,
    ReturnExchangeReleased,
    ReturnGoodsOwed,
    Settlement,
    State,
    Terms,
    allowed_in,
)
from chalicelib.returns.items import RETURN, RETURN_TALLY

from .common import borne_by, for_staff, paid_lines, tally_of, terms_of


def agree(uow: UnitOfWork, thing: Return, order: Order, terms: Terms) -> Return:
    """Make the exchange order of a return that after-sales has approved, its goods reserved (RET-03).

    Raises:
        SoldOut: the goods are not there; after-sales can approve a refund instead.
    """
    skus = {wanted.line: wanted.sku for wanted in thing.replacements}
    wanted = {line: (skus[line], units) for line, units in thing.units.items()}
    made = orders.open_exchange(uow, order, thing.id, wanted, _expected(uow, thing, paid_lines(order)))
    ordered = thing.ordered(made.id)
    uow.put(RETURN, ordered, ReturnExchangeOrdered(thing.id, thing.order_id, made.id))
    return release_early(uow, ordered, order, ReleasedWhen.APPROVED, terms)


def release_early(uow: UnitOfWork, thing: Return, order: Order, when: ReleasedWhen, terms: Terms) -> Return:
    """Release the exchange order before the goods were inspected, where the shop does so at this moment (RET-04)."""
    if not thing.is_exchange or thing.value_moved or terms.exchange_when is not when:
        return thing
    exchange = uow.get(ORDER, thing.exchange_order)
    if exchange.state is not OrderState.AWAITING_RETURN:
        return thing
    tally, settled = tally_of(uow, thing.order_id).settle_exchanged(
        thing.units, paid_lines(order), terms.refund_shipping
    )
    uow.put(RETURN_TALLY, tally)
    return _release(uow, thing.settle(settled, early=True), exchange, thing.units, settled)


def conclude(uow: UnitOfWork, thing: Return, settled: Settlement | None, terms: Terms) -> Return:
    """End an inspected exchange: its order goes out for what was accepted, or goods are owed for what already went.

    Args:
        settled: what the accepted units are worth; None when all had been settled before.
    """
    if settled is not None:
        if not thing.accepted:
            return refund_instead(uow, thing, terms)
        thing = _release(uow, thing, uow.get(ORDER, thing.exchange_order), thing.accepted, settled)
    if thing.owed:
        return owe(uow, thing, terms)
    told = ReturnExchanged(thing.id, thing.order_id, thing.exchange_order)
    return uow.put(RETURN, thing.exchange(uow.now, terms), told)


def owe(uow: UnitOfWork, thing: Return, terms: Terms) -> Return:
    """The exchange order is out, and goods have not come back: after-sales' list, with a clock (RET-06)."""
    missing = tuple(
        ReturnedUnits(line.line, line.sku, thing.owed[line.line]) for line in thing.lines if line.line in thing.owed
    )
    told = ReturnGoodsOwed(thing.id, thing.order_id, thing.exchange_order, missing)
    return uow.put(RETURN, thing.owe(uow.now, terms), told)


def write_off(uow: UnitOfWork, return_id: str, principal: Principal, note: str) -> Return:
    """After-sales ends the wait for goods that were exchanged and did not come back, and says why.

    Raises:
        NotFound: no such return.
        NotAllowed: no goods are owed.
    """
    thing = for_staff(uow, return_id, principal)
    ended = thing.write_off(note, uow.now, terms_of(uow, thing.market))
    return uow.put(RETURN, ended, ReturnExchanged(thing.id, thing.order_id, thing.exchange_order))


def follow(uow: UnitOfWork, exchange_id: str) -> Return | None:
    """An exchange order was cancelled by anybody: its return goes on as one for money. Told again, nothing happens."""
    exchange = uow.get(ORDER, exchange_id)
    if exchange.exchange is None:
        return None
    thing = uow.get(RETURN, exchange.exchange.of, exchange.exchange.return_id)
    ended = thing.is_closed and thing.state is not State.EXCHANGED
    if ended or not thing.is_exchange or thing.exchange_order != exchange_id:
        return None
    return refund_instead(uow, thing, terms_of(uow, thing.market))


def refund_instead(uow: UnitOfWork, thing: Return, terms: Terms) -> Return:
    """There will be no exchange: call its order off if it still waits, and pay back what comes back (RET-05)."""
    called_off = orders.call_off_exchange(uow, thing.exchange_order)
    if called_off.state is not OrderState.CANCELLED:
        raise NotAllowed("return", thing.state.value, Command.REFUND_INSTEAD.value, allowed_in(thing.state))
    plain = thing.without_exchange(uow.now, terms)
    if thing.value_moved:
        if not called_off.totals.total.is_zero:
            ledger.post(uow, _entry(uow, thing, called_off.totals.total, back=True))
        if thing.state in (State.EXCHANGED, State.GOODS_OWED):
            uow.put(RETURN_TALLY, tally_of(uow, thing.order_id).undo_exchange(thing.accepted))
    told = ReturnExchangeCalledOff(thing.id, thing.order_id, thing.exchange_order)
    return uow.put(RETURN, plain, told)


def current(uow: UnitOfWork, thing: Return, terms: Terms) -> Return:
    """The return as it is meant now: when its exchange order was cancelled a moment ago, it is one for money."""
    if not thing.is_exchange or not thing.exchange_order:
        return thing
    is_off = uow.get(ORDER, thing.exchange_order).state is OrderState.CANCELLED
    return refund_instead(uow, thing, terms) if is_off else thing


def _release(uow: UnitOfWork, thing: Return, exchange: Order, units: Mapping[str, int], settled: Settlement) -> Return:
    """Move the value and let the order go, at once."""
    orders.release_exchange(uow, exchange, units, _worth(settled))
    moved = thing.refund or Money.zero(thing.estimate.currency)
    if not moved.is_zero:
        ledger.post(uow, _entry(uow, thing, moved), fresh=True)
    told = ReturnExchangeReleased(thing.id, thing.order_id, exchange.id, moved)
    return uow.put(RETURN, thing.move_value(), told)


def _entry(uow: UnitOfWork, thing: Return, moved: Money, *, back: bool = False) -> Entry:
    """The old sale is reversed and the customer's money is the exchange order's; or the other way round."""
    kind, sign = ("exchange-undone", -1) if back else ("exchange", 1)
    amounts = {account: part * sign for account, part in borne_by(thing, moved).items()}
    return Entry.of(
        f"{kind}-{thing.exchange_order}", thing.exchange_order, kind, uow.now,
        {**amounts, Account.CUSTOMER_FUNDS: moved * -sign},
    )  # fmt: skip


def _worth(settled: Settlement) -> dict[str, Worth]:
    shares = settled.shipping.share([amount.minor for amount in settled.lines.values()])
    return {
        line: Worth(amount, settled.taxes[line], shipping)
        for (line, amount), shipping in zip(settled.lines.items(), shares, strict=True)
    }


def _expected(uow: UnitOfWork, thing: Return, paid: Mapping[str, PaidLine]) -> dict[str, Worth]:
    """What the units would be worth if they were settled now; the release settles it."""
    _, settled = tally_of(uow, thing.order_id).settle_exchanged(thing.units, paid, move_shipping=False)
    return _worth(settled)
