"""Exchange orders: what may be exchanged for what, the order that is made for it, and its release (RET-03, RET-04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import Variant
from chalicelib.core.errors import FieldError, Invalid, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import SoldOut
from chalicelib.markets import service as markets
from chalicelib.markets.domain import customs_territory
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import Command, State
from chalicelib.orders.items import ORDER

from .cancelling import call_off


class NotExchangeable(RuleRefused):
    """These goods cannot be had for those; they can be returned, and the others ordered."""

    code, title = "not-exchangeable", "This cannot be exchanged"


def replacements_for(uow: UnitOfWork, order: d.Order, wanted: Mapping[str, str]) -> dict[str, Variant]:
    """The variants that may take the place of lines of an order, by line (RET-02).

    The same variant, or another one of the same product that costs the same today: an exchange moves what was paid and
    settles no difference. Whoever wants a dearer or cheaper one returns and orders anew.

    Args:
        wanted: SKU by line id.

    Raises:
        Invalid: a SKU that is none of the product's.
        NotExchangeable: bundles and virtual goods; a variant at another price or tax, or not on sale.
    """
    lines = {line.id: line for line in order.lines if line.id in wanted}
    variants = catalog.variants(uow, [*wanted.values(), *(line.sku for line in lines.values())])
    found = {}
    for number, (line_id, sku) in enumerate(wanted.items()):
        line, new, old = lines[line_id], variants.get(sku), variants.get(lines[line_id].sku)
        if new is None or new.product != line.product:
            raise Invalid(FieldError(f"/lines/{number}/sku", "is no variant of this product"))
        if line.components or line.kind != "physical" or new.is_bundle:
            raise NotExchangeable("Bundles and virtual goods are returned, not exchanged.", rule="RET-02", line=line_id)
        if sku != line.sku:
            _check_same_price(order, line, new, old)
        found[line_id] = new
    return found


def _check_same_price(order: d.Order, line: d.OrderLine, new: Variant, old: Variant | None) -> None:
    price = new.price(order.market)
    if price is None:
        raise NotExchangeable("This variant is not on sale.", rule="RET-02", line=line.id, sku=new.sku)
    before = old.prices.get(order.market, line.unit_price) if old is not None else line.unit_price
    same_tax = old is None or (old.tax_category, old.hs_code) == (new.tax_category, new.hs_code)
    if price != before or not same_tax:
        raise NotExchangeable(
            "This variant does not cost the same. Return the goods and order the other ones.",
            rule="AMB-24", line=line.id, sku=new.sku, price=_shown(price), instead_of=_shown(before),
        )  # fmt: skip


def open_exchange(
    uow: UnitOfWork, order: d.Order, return_id: str, wanted: Mapping[str, tuple[str, int]], worth: Mapping[str, d.Worth]
) -> d.Order:
    """Make the exchange order and reserve its goods; it waits until it is released (RET-03, AMB-15).

    The goods come from where the original's duty and tax still hold: a place of the same customs territory, the
    original's own store first, one place for everything if there is one.

    Args:
        wanted: SKU and units by line of the original. worth: what was paid for these units.

    Raises:
        SoldOut: not so many are there.
        NotFound: a variant has left the catalogue.
    """
    variants = {line: catalog.variant(uow, sku) for line, (sku, _) in wanted.items()}
    places = _places(uow, order, wanted)
    lines = tuple(
        d.exchange_line(line, variants[line.id], wanted[line.id][1], worth[line.id], places[line.id], order)
        for line in order.lines if line.id in wanted
    )  # fmt: skip
    made = d.exchange_order(d.new_number(d.OrderClass.EXCHANGE), order, lines, return_id, uow.now)
    inventory.reserve(uow, made.allocation, made.id)
    told = d.OrderExchangeOpened(
        order_id=made.id, exchange_of=order.id, return_id=return_id, worth=made.totals.total
    )  # fmt: skip
    return uow.put(ORDER, made, told)


def release_exchange(
    uow: UnitOfWork, exchange: d.Order, units: Mapping[str, int], worth: Mapping[str, d.Worth]
) -> d.Order:
    """Let an exchange order go to its store, with so many units of each line as are agreed, at what they are worth.

    It was reviewed when after-sales agreed to it, and its address when the original was.

    Raises:
        NotAllowed: it does not wait (any more).
    """
    moved = exchange.move(Command.RELEASE_EXCHANGE, uow.now)
    released = d.with_worth(moved, units, worth)
    held, kept = exchange.allocation, released.allocation
    if given_up := {place: left for place, held_units in held.items() if (left := held_units - kept.get(place, 0))}:
        inventory.release(uow, given_up, exchange.id)
    return uow.put(ORDER, released, d.OrderReviewed(order_id=exchange.id))


def call_off_exchange(uow: UnitOfWork, exchange_id: str) -> d.Order:
    """The goods do not come back (in order): an exchange order that still waits for them is off."""
    exchange = uow.get(ORDER, exchange_id)
    if exchange.state is not State.AWAITING_RETURN:
        return exchange
    return call_off(uow, exchange, d.CancelReason.NOT_EXCHANGED)


def _places(uow: UnitOfWork, order: d.Order, wanted: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """Where the goods of each line come from."""
    need: dict[str, int] = {}
    for sku, units in wanted.values():
        need[sku] = need.get(sku, 0) + units
    places = _near(order)
    there = inventory.available(uow, need, places)
    for place in places:
        if all(there[sku, place] >= units for sku, units in need.items()):
            return dict.fromkeys(wanted, place)
    chosen = {sku: next((at for at in places if there[sku, at] >= units), "") for sku, units in need.items()}
    if short := [sku for sku, place in chosen.items() if not place]:
        raise SoldOut.of(short)
    return {line: chosen[sku] for line, (sku, _) in wanted.items()}


def _near(order: d.Order) -> Sequence[str]:
    """The store that hands over, else the market's places in the original's customs territory, its own store first."""
    if order.handover is not None:
        return (order.handover.store,)
    ships_from = markets.market(order.market).ships_from
    first = order.store or ships_from[0]
    territory = customs_territory(markets.location(first).country)
    near = (place for place in ships_from if customs_territory(markets.location(place).country) == territory)
    return tuple(dict.fromkeys((first, *near)))


def _shown(amount: Money) -> dict[str, str]:
    return {"amount": amount.text, "currency": amount.currency}
