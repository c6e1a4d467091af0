"""Stock in the table: never oversold, never lost, whoever comes at the same time (ORD-07, RTE-08, D1, D2, S1 … S6)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core import aws, settings_values, table
from chalicelib.core.errors import Invalid, VersionConflict
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service
from chalicelib.inventory.domain import SHARDED_SKUS, Level, Move, NotThatMany, SoldOut
from chalicelib.inventory.items import STOCK
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
RTM = "RTM1"


def stocked(begin: Begin, **units: int) -> None:
    run(lambda uow: service.receive(uow, {(sku, RTM): count for sku, count in units.items()}, "delivery"), begin)


def level(begin: Begin, sku: str, location: str = RTM) -> Level:
    return service.levels(begin(), sku).get(location, Level())


def sharded(begin: Begin, sku: str, shards: int) -> None:
    def put(uow: UnitOfWork) -> None:
        uow.find(SETTINGS, "")
        uow.put(SETTINGS, SettingValues("", {SHARDED_SKUS.name: f"{sku}:{shards}"}))

    run(put, begin)
    settings_values.forget()
    run(lambda uow: service.rebalance(uow, sku, RTM, shards), begin)


def test_a_reservation_moves_units_from_available_to_reserved(begin: Begin) -> None:
    stocked(begin, A=5)
    run(lambda uow: service.reserve(uow, {("A", RTM): 2}, "order"), begin)
    assert level(begin, "A") == Level(on_hand=5, available=3, reserved=2)
    run(lambda uow: service.ship(uow, {("A", RTM): 1}), begin)
    run(lambda uow: service.release(uow, {("A", RTM): 1}, "order"), begin)
    assert level(begin, "A") == Level(on_hand=4, available=4)
    run(lambda uow: service.restock(uow, {("A", RTM): 1}), begin)
    assert level(begin, "A") == Level(on_hand=5, available=5)


def test_a_command_that_is_short_of_several_skus_names_them_all_and_moves_nothing(begin: Begin) -> None:
    stocked(begin, A=1, B=9, C=1)
    with pytest.raises(SoldOut) as refused:
        run(lambda uow: service.reserve(uow, {("A", RTM): 2, ("B", RTM): 1, ("C", RTM): 2, ("D", RTM): 1}), begin)
    assert refused.value.members["skus"] == ["A", "C", "D"]
    assert level(begin, "B") == Level(on_hand=9, available=9)


def test_two_reservations_of_one_sku_in_one_command_are_added_up(begin: Begin) -> None:
    """D2, C13: the condition must hold for the sum."""
    stocked(begin, A=3)

    def twice(uow: UnitOfWork) -> None:
        service.reserve(uow, {("A", RTM): 2})
        service.reserve(uow, {("A", RTM): 2})

    with pytest.raises(SoldOut):
        run(twice, begin)
    stocked(begin, A=1)
    run(twice, begin)
    assert level(begin, "A") == Level(on_hand=4, reserved=4)


@pytest.fixture
def atomic(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """One call at a time, as the real table treats one item; the in-process table is not atomic across threads."""
    client, lock = aws.client("dynamodb"), threading.Lock()
    call = client._make_api_call

    def one_at_a_time(*args: Any) -> Any:
        with lock:
            return call(*args)

    monkeypatch.setattr(client, "_make_api_call", one_at_a_time)


@pytest.mark.usefixtures("atomic")
@pytest.mark.parametrize("shards", [1, 4])
def test_many_buyers_at_once_get_exactly_the_units_there_are(begin: Begin, shards: int) -> None:
    """D1, S1, S5: twenty buyers, seven units."""
    stocked(begin, A=7)
    if shards > 1:
        sharded(begin, "A", shards)
    won: list[int] = []
    lost: list[int] = []
    failed: list[BaseException] = []
    gate = threading.Barrier(20)

    def buy(number: int) -> None:
        gate.wait()
        try:
            run(lambda uow: service.reserve(uow, {("A", RTM): 1}, str(number)), begin)
            won.append(number)
        except SoldOut:
            lost.append(number)
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)

    buyers = [threading.Thread(target=buy, args=(number,)) for number in range(20)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert failed == []
    assert (len(won), len(lost)) == (7, 13)
    assert level(begin, "A") == Level(on_hand=7, reserved=7)


@pytest.mark.parametrize("command", [service.release, service.ship])
def test_more_than_was_reserved_is_neither_shipped_nor_released(begin: Begin, command: Callable[..., None]) -> None:
    """S6."""
    stocked(begin, A=5)
    run(lambda uow: service.reserve(uow, {("A", RTM): 2}), begin)
    with pytest.raises(NotThatMany):
        run(lambda uow: command(uow, {("A", RTM): 3}), begin)
    assert level(begin, "A") == Level(on_hand=5, available=3, reserved=2)


def test_an_unsharded_reservation_needs_no_read(begin: Begin) -> None:
    stocked(begin, A=5, B=5)
    begin().setting(SHARDED_SKUS)
    with metered() as meter:
        run(lambda uow: service.reserve(uow, {("A", RTM): 1, ("B", RTM): 1}), begin)
    assert meter.calls == {"TransactWriteItems": 1}


def test_availability_of_many_skus_and_locations_is_one_read(begin: Begin) -> None:
    """RTE-08."""
    stocked(begin, A=5, B=2)
    begin().setting(SHARDED_SKUS)
    with metered() as meter:
        found = service.available(begin(), ["A", "B", "C"], [RTM, "SZX1"])
    assert found == {("A", RTM): 5, ("A", "SZX1"): 0, ("B", RTM): 2, ("B", "SZX1"): 0, ("C", RTM): 0, ("C", "SZX1"): 0}
    assert meter.calls == {"BatchGetItem": 1}


def test_shards_sell_to_the_last_unit_even_when_no_single_one_has_enough(begin: Begin) -> None:
    stocked(begin, A=9)
    sharded(begin, "A", 4)
    held = [counts["available"] for counts in begin().counters(STOCK, "A", prefix=f"STOCK#{RTM}").values()]
    assert sorted(held)[-4:] == [2, 2, 2, 3]
    run(lambda uow: service.reserve(uow, {("A", RTM): 8}), begin)
    with pytest.raises(SoldOut):
        run(lambda uow: service.reserve(uow, {("A", RTM): 2}), begin)
    run(lambda uow: service.reserve(uow, {("A", RTM): 1}), begin)
    run(lambda uow: service.ship(uow, {("A", RTM): 9}), begin)
    assert level(begin, "A") == Level()


def test_two_moves_of_one_command_take_different_units_of_the_shards_rev08(begin: Begin) -> None:
    """A release and a set-aside of an order, whose units lie in several shards: the first try must fit."""
    stocked(begin, A=12)
    sharded(begin, "A", 4)
    run(lambda uow: service.reserve(uow, {("A", RTM): 12}), begin)
    uow = begin()
    service.release(uow, {("A", RTM): 5})
    service.set_aside(uow, {("A", RTM): 7}, "missing")
    uow.commit(None)
    assert level(begin, "A") == Level(on_hand=12, available=5, blocked=7)


def test_two_moves_of_one_command_take_no_more_than_there_is_of_the_shards(begin: Begin) -> None:
    stocked(begin, A=12)
    sharded(begin, "A", 4)
    run(lambda uow: service.reserve(uow, {("A", RTM): 8}), begin)
    uow = begin()
    service.release(uow, {("A", RTM): 5})
    with pytest.raises(NotThatMany):
        service.set_aside(uow, {("A", RTM): 4}, "missing")


def test_shards_are_gathered_again_without_losing_a_unit(begin: Begin) -> None:
    stocked(begin, A=11)
    sharded(begin, "A", 5)
    run(lambda uow: service.reserve(uow, {("A", RTM): 4}), begin)
    run(lambda uow: service.rebalance(uow, "A", RTM, 1), begin)
    run(lambda uow: uow.put(SETTINGS, SettingValues("", {})) if uow.find(SETTINGS, "") else None, begin)
    settings_values.forget()
    assert service.available(begin(), ["A"], [RTM]) == {("A", RTM): 7}
    assert level(begin, "A") == Level(on_hand=11, available=7, reserved=4)


def test_opening_stock_counts_only_where_none_was_ever_kept(begin: Begin) -> None:
    stocked(begin, A=5)
    opened = run(lambda uow: service.open_stock(uow, {("A", RTM): 100, ("B", RTM): 3}), begin)
    assert opened == 1
    assert (level(begin, "A").available, level(begin, "B").available) == (5, 3)
    assert run(lambda uow: service.open_stock(uow, {("A", RTM): 100, ("B", RTM): 3}), begin) == 0


def test_two_openings_at_the_same_time_count_once(begin: Begin) -> None:
    first, second = begin(), begin()
    service.open_stock(first, {("A", RTM): 3})
    service.open_stock(second, {("A", RTM): 3})
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    assert level(begin, "A") == Level(on_hand=3, available=3)


def test_staff_write_off_block_and_unblock_with_a_reason_and_an_event(begin: Begin) -> None:
    stocked(begin, A=5)
    for move, units in ((Move.WRITE_OFF, 1), (Move.BLOCK, 2), (Move.UNBLOCK, 1)):
        run(lambda uow, move=move, units=units: service.adjust(uow, "A", RTM, move, units, "broken"), begin)  # type: ignore[misc]
    assert level(begin, "A") == Level(on_hand=4, available=3, blocked=1)
    kinds = [told for row in table.rows_of("SKU#A", "EVENT#") for told in row.envelopes]
    assert sum("stock.adjusted" in envelope for envelope in kinds) == 3
    with pytest.raises(NotThatMany):
        run(lambda uow: service.adjust(uow, "A", RTM, Move.BLOCK, 4, "broken"), begin)
    with pytest.raises(Invalid):
        service.adjust(begin(), "A", RTM, Move.RESERVE, 1, "")


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_movements_agrees_with_a_plain_model(begin: Begin, seed: int) -> None:
    """S1, S2, S4: random movements, some of them impossible; sharded and not."""
    draw = random.Random(seed)
    stocked(begin, A=6)
    if seed % 2:
        sharded(begin, "A", 3)
    model = Level(6, 6, 0, 0)
    for _ in range(25):
        move = draw.choice(list(Move))
        units = draw.randint(1, 4)
        after = {
            Move.RECEIVE: (units, units, 0, 0), Move.RESTOCK: (units, units, 0, 0), Move.RESERVE: (0, -units, units, 0),
            Move.RELEASE: (0, units, -units, 0), Move.SHIP: (-units, 0, -units, 0), Move.BLOCK: (0, -units, 0, units),
            Move.UNBLOCK: (0, units, 0, -units), Move.WRITE_OFF: (-units, -units, 0, 0),
            Move.SET_ASIDE: (0, 0, -units, units),
        }[move]  # fmt: skip
        expected = Level(
            model.on_hand + after[0], model.available + after[1], model.reserved + after[2], model.blocked + after[3]
        )
        possible = min(expected.on_hand, expected.available, expected.reserved, expected.blocked) >= 0
        try:
            run(lambda uow, move=move, units=units: make(uow, move, units), begin)  # type: ignore[misc]
            assert possible, move
            model = expected
        except (SoldOut, NotThatMany):
            assert not possible, move
        assert level(begin, "A") == model


def make(uow: UnitOfWork, move: Move, units: int) -> None:
    demand = {("A", RTM): units}
    by_hand = {Move.RECEIVE, Move.WRITE_OFF, Move.BLOCK, Move.UNBLOCK}
    if move in by_hand:
        service.adjust(uow, "A", RTM, move, units, "count")
    else:
        {
            Move.RESERVE: service.reserve, Move.RELEASE: service.release, Move.SHIP: service.ship,
            Move.RESTOCK: service.restock, Move.SET_ASIDE: lambda uow, demand: service.set_aside(uow, demand, "lost"),
        }[move](uow, demand)  # fmt: skip
