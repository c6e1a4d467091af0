"""Everything in the table at one moment, read from the in-process table itself: no call, so no fault and no cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib.core import config, events, table
from chalicelib.core.table import Key, Row
from chalicelib.inventory.domain import Level
from chalicelib.ledger.domain import Entry
from chalicelib.orders.domain import Dispatch, Order
from chalicelib.payments.domain import Payment
from chalicelib.returns.domain import Return, ReturnTally

_decoded: dict[tuple[str, str, str], tuple[Row, Any]] = {}


def _items() -> dict[Any, dict[Any, Any]]:
    items: dict[Any, dict[Any, Any]] = (
        dynamodb_backends[DEFAULT_ACCOUNT_ID][config.region()].tables[config.table_name()].items
    )
    return items


def clear_table() -> None:
    """Forget every item; much faster than another table."""
    _items().clear()
    _decoded.clear()


def _rows() -> Iterator[tuple[Row, Any]]:
    for partition in _items().values():
        for item in partition.values():
            attributes = item.attrs
            known = (
                attributes["pk"].value, attributes["sk"].value,
                attributes["commit"].value if "commit" in attributes else "",
            )  # fmt: skip
            if known not in _decoded:
                row = Row.of({name: {value.type: value.value} for name, value in attributes.items()})
                _decoded[known] = row, _thing(row)
            yield _decoded[known]


def _thing(row: Row) -> Any:
    if row.type == "event":
        return [(envelope, events.decode(envelope)) for envelope in row.envelopes]
    if row.body:
        return table.kind_of(row.type).decode(row.body)
    return row.counts


@dataclass
class Snapshot:
    """The table's things by kind."""

    rows: dict[Key, Row] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    made_of: dict[str, str] = field(default_factory=dict)  # the order that a cart became
    payments: dict[str, list[Payment]] = field(default_factory=dict)
    unmatched: list[Payment] = field(default_factory=list)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    stock: dict[tuple[str, str], Level] = field(default_factory=dict)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    tallies: dict[str, ReturnTally] = field(default_factory=dict)
    dispatches: dict[tuple[str, str], Dispatch] = field(default_factory=dict)
    envelopes: list[tuple[str, events.Event[Any]]] = field(default_factory=list)

    @classmethod
    def take(cls) -> Snapshot:
        snapshot = cls()
        for row, thing in _rows():
            snapshot.rows[row.key] = row
            snapshot._sort(row, thing)
        # Of one moment, in the order of writing: by id they would come in another order in every run.
        snapshot.envelopes.sort(key=lambda pair: pair[1].occurred_at)
        return snapshot

    def _sort(self, row: Row, thing: Any) -> None:
        match row.type:
            case "event":
                self.envelopes += thing
            case "order":
                self.orders[thing.id] = thing
            case "cart" if thing.order_id:
                self.made_of[thing.id] = thing.order_id
            case "payment":
                self.payments.setdefault(thing.order_id, []).append(thing)
            case "unmatched_payment":
                self.unmatched.append(thing)
            case "ledger_entry":
                self.entries.setdefault(thing.reference, []).append(thing)
            case "stock":
                sku, place = row.key.pk.partition("#")[2], row.key.sk.split("#")[1]
                self.stock[sku, place] = Level.of([thing])
            case "balance":
                self.balances[row.key.pk.partition("#")[2], row.key.sk.partition("#")[2]] = thing["available"]
            case "return":
                self.returns[thing.id] = thing
            case "dispatch":
                self.dispatches[thing.order_id, thing.store] = thing
            case "return_tally":
                self.tallies[thing.order_id] = thing

    def has_left(self, order: Order, place: str) -> bool:
        """Whether an order's goods have left a place; of a partly shipped order, its part of them."""
        if order.state == "partly_shipped":
            return (order.id, place) in self.dispatches and self.dispatches[order.id, place].has_left
        return order.goods_left_stock

    @property
    def taken_off(self) -> dict[tuple[str, str], int]:
        """Units that left with an order that was then completed without them, by article and location."""
        units: dict[tuple[str, str], int] = {}
        for (number, place), part in self.dispatches.items():
            for line in part.goods if self.orders[number].state == "completed" else ():
                units[line.sku, place] = units.get((line.sku, place), 0) + line.quantity
        return units

    @property
    def marks(self) -> dict[Key, str]:
        """The last commit that wrote each item: equal marks are an equal table."""
        return {key: row.commit for key, row in self.rows.items()}

    def payment(self, order: Order) -> Payment | None:
        return next((one for one in self.payments.get(order.id, ()) if one.id == order.payment_id), None)

    def returns_of(self, order: Order) -> list[str]:
        return [one.id for one in self.returns.values() if one.order_id == order.id]

    @property
    def restocked(self) -> dict[tuple[str, str], int]:
        """Units that came back and were put on the shelf again, by article and location."""
        units: dict[tuple[str, str], int] = {}
        for thing in self.returns.values():
            for line in thing.lines:
                if line.disposition == "restock":
                    place = (line.sku, thing.return_to)
                    units[place] = units.get(place, 0) + line.accepted
        return units

    def events_about(self, pk: str) -> list[events.Event[Any]]:
        return [event for _, event in self.envelopes if event.id.partition("/")[0] == pk]
