"""What an order costs in write units: a typical two-line order stays small (write budget of place and paid)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any

from chalicelib.core.events import unpack
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Command
from chalicelib.orders.items import ORDER
from tests.support.sample_orders import PLACED, an_order
from tests.support.table import Meter, metered

#: Checksums of the words that stored orders name. One is only ever added.
WORDS_IN_USE = [1508248086, 3877604612]


def size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes of an item as DynamoDB counts them: names and values."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "N":
        return len(content) // 2 + 2
    return len(content if kind == "B" else content.encode())


def written(meter: Meter) -> dict[str, int]:
    """Write units of a command by kind of item: two per kilobyte of each action."""
    units: dict[str, int] = {}
    for name, params in meter.requests:
        for action in params.get("TransactItems", ()) if name == "TransactWriteItems" else ():
            ((verb, request),) = action.items()
            if verb == "Put":
                kind, bytes_ = request["Item"]["type"]["S"], size(request["Item"])
                if kind == "event":
                    told = unpack(request["Item"]["events"]["B"])
                    kind = "+".join(json.loads(envelope)["type"] for envelope in told)
            else:
                kind, bytes_ = "counter", 300
            units[kind] = units.get(kind, 0) + 2 * ceil(bytes_ / 1024)
    return units


def test_placing_and_paying_two_lines_takes_at_most_24_write_units(shop: Any, ann: Any, clock: Any) -> None:
    clock.forward(microseconds=123_456)
    quote = shop.quoted()
    with metered() as placing:
        order = shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    with metered() as paying:
        shop.report(shop.fact(order))
    place, paid = written(placing), written(paying)
    assert place.pop("cart") <= 4
    assert place == {"order": 2, "order.placed": 2, "counter": 4}
    assert paid == {"order": 2, "payment.captured+order.paid": 2, "payment": 2, "ledger_entry": 2}
    indexes = 6  # in and out of the list of deadlines, in and on in the customer's list, the books' day, the payment's
    assert sum(place.values()) + 2 + sum(paid.values()) + indexes <= 24


def test_an_order_keeps_its_size_in_bounds_over_its_whole_life() -> None:
    order, at = an_order(), PLACED
    for command in (Command.APPROVE, Command.ROUTE, Command.ACCEPT, Command.PICK, Command.PACK, Command.SHIP):
        at += timedelta(hours=7, minutes=13, seconds=11)
        order = order.move(command, at)
    body = ORDER.encode(replace(order, store="RTM1"))
    assert len(body) < 650
    assert ORDER.decode(body) == replace(order, store="RTM1")


def test_the_words_of_orders_are_kept_byte_for_byte() -> None:
    assert [zlib.adler32(words) for words in ORDER.words] == WORDS_IN_USE
