"""What the shop's operations may cost at most: round trips and write units (the bench prints what they do cost).

Every function reads the settings once a minute; here they have been read before, as in a function that is in use.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.orders.domain import State
from chalicelib.orders.items import ORDER
from tests.support.meter import base_units, index_units, read_units, size_of
from tests.support.world import SHOPPER, World, a_world

#: What placing and paying a two-line order may write, indexes included: the customer's list of orders, the list of
#: deadlines and the day's bookings.
PLACE_AND_PAID = 24


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A shop in which a signed-in shopper has looked around, and one order has gone all the way to the door."""
    with a_world() as world:
        world.request("list page", SHOPPER, "GET", "/products", query={"market": "EU"})
        for round_ in range(2):
            if round_:
                world.done.clear()  # the first round has read settings, secrets and tables of rates
            world.request("list page", None, "GET", "/products", query={"market": "EU"})
            world.request("product page", None, "GET", "/products/mug", query={"market": "EU"})
            cart, _ = world.cart(SHOPPER, {"plate-0": 1})
            world.request("cart read", SHOPPER, "GET", f"/carts/{cart['id']}")
            world.request("empty cart", SHOPPER, "DELETE", f"/carts/{cart['id']}/lines")
            world.whole_way()
        yield world


@pytest.mark.parametrize(
    ("operation", "most"),
    [
        ("product page", 1), ("list page", 1), ("cart read", 1), ("add to cart", 2), ("quote", 3), ("place order", 4),
        ("payment webhook", 0), ("courier webhook", 0), ("payment-messages", 3), ("tracking-messages", 3),
        ("review-order", 3), ("route-order", 3), ("accept", 2), ("pick", 2), ("pack", 3), ("ship", 4),
    ],
)  # fmt: skip
def test_an_operation_stays_within_its_round_trips_to_the_table(world: World, operation: str, most: int) -> None:
    ran = world.named(operation)
    assert ran, f"{operation} never ran"
    assert max(one.cost.round_trips for one in ran) <= most


@pytest.mark.parametrize("webhook", ["payment webhook", "courier webhook"])
def test_a_webhook_calls_its_queue_once_and_nothing_else(world: World, webhook: str) -> None:
    for one in world.named(webhook):
        assert one.cost.operations == {"sqs.SendMessage": 1}


def test_placing_and_paying_two_lines_stays_within_its_write_units(world: World) -> None:
    placed, paid = world.last("place order"), world.last("payment-messages")
    written = [f"{w.verb} {w.pk}/{w.sk} {w.size} B: {w.base} + {w.indexes}" for w in placed.writes + paid.writes]
    assert placed.cost.write_units + paid.cost.write_units <= PLACE_AND_PAID, "\n".join(written)


def test_an_order_stays_within_one_unit_from_placement_to_the_door(world: World) -> None:
    sizes = {one.name: w.size for one in world.done for w in one.writes if w.sk == ORDER.key("N").sk}
    assert sizes and max(sizes.values()) <= 1024, sizes


def test_the_order_that_was_metered_has_arrived(world: World) -> None:
    (pk,) = {w.pk for w in world.last("place order").writes if w.sk == "ORDER"}
    assert world.do(lambda uow: uow.get(ORDER, pk.partition("#")[2])).state is State.COMPLETED


def test_sizes_are_counted_as_the_table_counts_them() -> None:
    item = {"pk": {"S": "ä"}, "n": {"N": "-1234"}, "b": {"B": b"123"}, "t": {"BOOL": True}}
    assert size_of(item) == (2 + 2) + (1 + 4) + (1 + 3) + (1 + 1)
    assert size_of({"l": {"L": [{"S": "ab"}, {"N": "5"}]}, "m": {"M": {"k": {"S": "v"}}}}) == (1 + 3 + 3 + 3) + (
        1 + 3 + 3
    )


def test_a_write_costs_the_larger_of_before_and_after_and_its_indexes_what_they_show() -> None:
    small = {"pk": {"S": "p"}, "sk": {"S": "s"}, "body": {"S": "x" * 10}}
    large = {**small, "body": {"S": "x" * 1500}}
    listed = {**small, "gsi1pk": {"S": "a"}, "gsi1sk": {"S": "b"}}
    assert (base_units(None, small), base_units(large, small), base_units(small, None)) == (1, 2, 1)
    assert index_units(None, small) == 0
    assert index_units(None, listed) == 1
    assert index_units(listed, {**listed, "body": {"S": "y"}}) == 0
    assert index_units(listed, {**listed, "card": {"S": "y"}}) == 1
    assert index_units(listed, {**listed, "gsi1sk": {"S": "c"}}) == 2
    assert index_units(listed, small) == 1


def test_reads_are_rounded_per_item_or_per_query_and_missing_items_cost_too() -> None:
    item = {"pk": {"S": "p"}, "body": {"S": "x" * 4000}}
    wanted = {"RequestItems": {"t": {"Keys": [{}, {}], "ConsistentRead": True}}}
    assert read_units("BatchGetItem", wanted, {"Responses": {"t": [item]}}) == 2
    assert read_units("GetItem", {"ConsistentRead": True}, {}) == 1
    assert read_units("Query", {}, {"Items": [item, item]}) == 1
    assert read_units("Query", {"ConsistentRead": True}, {"Items": []}) == 1
