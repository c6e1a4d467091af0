"""Trying a decision table before it is in force: on facts, on one order, on the shop's latest orders (RTE-07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.catalog import service as catalog
from chalicelib.core.errors import RuleRefused
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.markets import service as markets
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, OrderClass
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.decisions import Decision, DecisionTable, Facts
from chalicelib.shipping.domain.rates import Offer
from chalicelib.shipping.service import rates as shipping

#: How many days back the latest orders are looked for.
_LOOK_BACK: Final = 31


@dataclass(frozen=True, slots=True)
class Trial:
    """What a table decides.

    Args:
        facts: what it was asked.
        offered: the channels that take the goods and are allowed, cheapest first; of an order only.
        channel: the one that would be taken; "" when it was asked about facts, or no channel is left.
    """

    facts: Facts
    decision: Decision
    offered: tuple[str, ...] = ()
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One order under the table in force and under a draft.

    Args:
        placed_with: the channel that it was placed with.
    """

    order_id: str
    placed_with: str
    before: Trial
    after: Trial

    @property
    def changes(self) -> bool:
        """Whether another channel would be taken, or others may be chosen."""
        return (self.before.channel, set(self.before.offered)) != (self.after.channel, set(self.after.offered))


def try_facts(uow: UnitOfWork, table: DecisionTable, facts: Facts) -> Trial:
    """Which row decides about these facts, and why each row before it does not."""
    return Trial(facts, table.decide(facts, markets.exchange_rates(uow)))


def try_order(uow: UnitOfWork, table: DecisionTable, order: Order, on: date | None = None) -> Trial:
    """What a table decides about an order's goods, from the places where they are reserved.

    Args:
        on: the day to decide on; None is today in the order's market.

    Raises:
        RuleRefused: no courier brings this order.
    """
    if not _by_courier(order):
        raise RuleRefused("No courier brings this order.", rule="RTE-07", delivery_method=order.delivery_method)
    return _try(uow, table, order, on)


def compare(
    uow: UnitOfWork, before: DecisionTable, after: DecisionTable, most: int, on: date | None = None
) -> list[Comparison]:
    """The latest orders that a courier brings under two tables, the newest first.

    Args:
        most: how many orders.
    """
    latest = _latest(uow, most)
    catalog.variants(uow, (part.sku for order in latest for part in order.parts))
    return [
        Comparison(order.id, order.channel, _try(uow, before, order, on), _try(uow, after, order, on))
        for order in latest
    ]


def _by_courier(order: Order) -> bool:
    return order.delivery_method == "courier" and bool(order.locations)


def _try(uow: UnitOfWork, table: DecisionTable, order: Order, on: date | None) -> Trial:
    exchange = markets.exchange_rates(uow)
    today = uow.now.astimezone(ZoneInfo(markets.market(order.market).time_zone)).date()
    variants = catalog.variants(uow, (part.sku for part in order.parts))
    facts, parcels = orders.sending.facts_of(order, variants, exchange, on or today)
    decision = table.decide(facts, exchange)
    try:
        choices: Sequence[Offer] = shipping.allowed(shipping.offers(parcels, order.currency, exchange), decision)
    except RuleRefused:  # nobody takes the goods, or the table leaves nobody who does: an outcome worth knowing
        return Trial(facts, decision)
    chosen = decision.preferred(choices)
    return Trial(facts, decision, tuple(str(offer.channel) for offer in choices), str(chosen.channel) if chosen else "")


def _latest(uow: UnitOfWork, most: int) -> list[Order]:
    """The orders that the books were last told of, the newest first."""
    found: list[Order] = []
    seen: set[str] = set()
    for back in range(_LOOK_BACK):
        numbers = [
            number
            for number in ledger.references_of(uow.now.date() - timedelta(days=back), most)
            if number not in seen and number.startswith(OrderClass.COURIER.letter)
        ]
        seen.update(numbers)
        uow.load(*(ORDER.ref(number) for number in numbers))
        known = (uow.find(ORDER, number) for number in numbers)
        found += [order for order in known if order is not None and _by_courier(order)]
        if len(found) >= most:
            break
    return found[:most]
