"""The unit of work against an in-process table: everything or nothing, once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core import aws, config, table
from chalicelib.core.errors import Conflict, LimitExceeded, NotFound, Unavailable, VersionConflict
from chalicelib.core.events import event
from chalicelib.core.once import AlreadyApplied
from chalicelib.core.table import CounterKind, Index, Key, Kind
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.faults import Fault, injected, one_at_a_time, request_tokens, without_waiting
from tests.support.table import metered


@dataclass(frozen=True, slots=True)
class Jar:
    id: str
    coins: int = 0
    shelf: str = ""


@event("jar.filled")
@dataclass(frozen=True, slots=True)
class JarFilled:
    jar: str
    coins: int


class Empty(Conflict):
    code = "empty"


JAR: Kind[Jar] = Kind(
    "jar",
    Jar,
    key=lambda jar_id: Key(f"JAR#{jar_id}", "JAR"),
    of=lambda jar: Key(f"JAR#{jar.id}", "JAR"),
    index=lambda jar: Index(gsi1=(f"SHELF#{jar.shelf}", jar.id) if jar.shelf else None),
    card=lambda jar: jar,
    card_type=Jar,
)
COINS = CounterKind("coins", key=lambda jar_id: Key(f"JAR#{jar_id}", "COINS"))

Begin = Callable[..., UnitOfWork]


def make(begin: Begin, jar: Jar, *happened: Any) -> None:
    uow = begin()
    uow.put(JAR, jar, *happened)
    uow.commit(None)


def fill(jar_id: str, coins: int) -> Callable[[UnitOfWork], Jar]:
    def command(uow: UnitOfWork) -> Jar:
        jar = uow.get(JAR, jar_id)
        return uow.put(JAR, replace(jar, coins=jar.coins + coins), JarFilled(jar_id, coins))

    return command


def test_what_was_put_is_read_back_with_its_events(begin: Begin) -> None:
    make(begin, Jar("a", 3), JarFilled("a", 3))
    uow = begin()
    assert uow.get(JAR, "a") == Jar("a", 3)
    rows = uow.load_partition("JAR#a")
    assert [row.key.sk for row in rows] == ["EVENT#JAR#000001", "JAR"]


def test_an_unknown_id_and_an_id_that_cannot_be_one_are_not_found(begin: Begin) -> None:
    for wrong in ("b", "a#JAR", "", "é"):
        with pytest.raises(NotFound):
            begin().get(JAR, wrong)


def test_event_sequences_have_no_gaps(begin: Begin) -> None:
    make(begin, Jar("a"), JarFilled("a", 0))
    for _ in range(3):
        run(fill("a", 1), begin)
    assert [row.key.sk[-6:] for row in begin().load_partition("JAR#a", "EVENT#")] == [
        "000001",
        "000002",
        "000003",
        "000004",
    ]


def test_the_second_of_two_writers_runs_again_and_nothing_is_lost(begin: Begin) -> None:
    make(begin, Jar("a"))
    interfered = []

    def slow(uow: UnitOfWork) -> Jar:
        jar = fill("a", 1)(uow)
        if not interfered:
            interfered.append(run(fill("a", 10), begin))
        return jar

    assert run(slow, begin).coins == 11
    assert begin().get(JAR, "a").coins == 11


def test_many_threads_lose_no_update(begin: Begin) -> None:
    make(begin, Jar("a"))

    def work() -> None:
        for _ in range(4):
            while True:
                try:
                    run(fill("a", 1), begin)
                    break
                except Unavailable:
                    continue

    threads = [threading.Thread(target=work) for _ in range(4)]
    with one_at_a_time():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert begin().get(JAR, "a").coins == 16


def test_a_lost_answer_is_recognised_as_done(begin: Begin) -> None:
    make(begin, Jar("a"))
    client, lost = aws.client("dynamodb"), []

    def lose_the_answer(**_: Any) -> None:
        if not lost:
            lost.append(True)
            raise ReadTimeoutError(endpoint_url="http://nowhere")

    client.meta.events.register("after-call.dynamodb.TransactWriteItems", lose_the_answer)
    uow = begin()
    fill("a", 1)(uow)
    uow.commit(None)
    assert lost and begin().get(JAR, "a").coins == 1


@pytest.mark.parametrize("kind", ["lost_answer", "server_error_after"])
def test_a_lone_count_whose_answer_is_lost_moves_once_c2(begin: Begin, kind: str) -> None:
    uow = begin()
    uow.count(COINS.ref("a"), {"coins": 5})
    with request_tokens(), without_waiting(), injected(Fault(kind, 1)):
        uow.commit(None)
    assert begin().counter(COINS.ref("a")) == {"coins": 5}


@pytest.mark.parametrize("kind", ["lost_answer", "server_error_after"])
def test_a_lone_removal_whose_answer_is_lost_ends_as_done_c2(begin: Begin, kind: str) -> None:
    """And costs one call when nothing goes wrong."""
    make(begin, Jar("a"))
    make(begin, Jar("b"))

    def throw_away(uow: UnitOfWork) -> None:
        uow.remove(JAR, uow.get(JAR, "a"))

    with without_waiting(), injected(Fault(kind, 2)):
        run(throw_away, begin)
    assert begin().find(JAR, "a") is None
    uow = begin()
    uow.remove(JAR, uow.get(JAR, "b"))
    with metered() as meter:
        uow.commit(None)
    assert dict(meter.calls) == {"DeleteItem": 1}


def test_a_removal_that_somebody_else_was_faster_with_is_still_told_so(begin: Begin) -> None:
    """Not in doubt: the first answer says that the thing has changed."""
    make(begin, Jar("a"))
    uow, other = begin(), begin()
    for each in (uow, other):
        each.remove(JAR, each.get(JAR, "a"))
    other.commit(None)
    with pytest.raises(VersionConflict):
        uow.commit(None)


def test_a_removal_in_doubt_does_not_take_what_was_changed_meanwhile(begin: Begin) -> None:
    make(begin, Jar("a"))
    uow = begin()
    uow.remove(JAR, uow.get(JAR, "a"))

    def another() -> None:
        run(fill("a", 10), begin)

    with injected(Fault("timeout", 1), another, at=2), without_waiting(), pytest.raises(VersionConflict):
        uow.commit(None)
    assert begin().get(JAR, "a").coins == 10


def test_a_commit_is_recognised_although_its_thing_was_changed_since_c2(begin: Begin) -> None:
    """The answer is lost, and before the next attempt another writer changes the very same thing."""
    make(begin, Jar("a"))
    uow = begin()
    fill("a", 1)(uow)

    def another() -> None:
        run(fill("a", 10), begin)

    with injected(Fault("lost_answer", 1), another, at=2), without_waiting():
        uow.commit(None)
    assert begin().get(JAR, "a").coins == 11


def test_a_table_that_never_answers_is_unavailable_and_nothing_is_written(begin: Begin) -> None:
    make(begin, Jar("a"))

    def refuse(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="http://nowhere")

    aws.client("dynamodb").meta.events.register("before-call.dynamodb.TransactWriteItems", refuse)
    uow = begin()
    fill("a", 1)(uow)
    with pytest.raises(Unavailable):
        uow.commit(None)
    assert begin().get(JAR, "a").coins == 0


def test_a_counter_never_goes_below_its_floor(begin: Begin) -> None:
    uow = begin()
    uow.count(COINS.ref("a"), {"coins": 2})
    uow.commit(None)
    for expected in (True, False):
        uow = begin()
        uow.count(COINS.ref("a"), {"coins": -2}, at_least={"coins": 2}, otherwise=Empty())
        if expected:
            uow.commit(None)
        else:
            with pytest.raises(Empty):
                uow.commit(None)
    assert begin().counter(COINS.ref("a")) == {"coins": 0}


def test_two_counts_of_one_item_are_checked_together(begin: Begin) -> None:
    uow = begin()
    uow.count(COINS.ref("a"), {"coins": 3})
    uow.commit(None)
    uow = begin()
    for _ in range(2):
        uow.count(COINS.ref("a"), {"coins": -2}, at_least={"coins": 2}, otherwise=Empty())
    with pytest.raises(Empty):
        uow.commit(None)


def test_a_counter_that_was_counted_before_it_was_read_is_told_as_it_is_kept(begin: Begin) -> None:
    uow = begin()
    uow.count(COINS.ref("a"), {"coins": 5})
    assert uow.counter(COINS.ref("a")) is None
    uow.commit(None)
    uow = begin()
    uow.count(COINS.ref("a"), {"coins": -2}, at_least={"coins": 2})
    assert uow.counter(COINS.ref("a")) == {"coins": 5}
    assert uow.claimed(COINS.ref("a")) == {"coins": 2}
    uow.commit(None)
    assert begin().counter(COINS.ref("a")) == {"coins": 3}


def test_a_floor_that_nothing_satisfies_holds_for_a_number_that_is_not_there_yet(begin: Begin) -> None:
    for _ in range(3):
        uow = begin()
        uow.count(COINS.ref("a"), {"coins": -1}, at_least={"coins": -2}, otherwise=Empty("full"))
        uow.commit(None)
    uow = begin()
    uow.count(COINS.ref("a"), {"coins": -1}, at_least={"coins": -2}, otherwise=Empty("full"))
    with pytest.raises(Empty):
        uow.commit(None)
    uow = begin()
    uow.count(COINS.ref("b"), {"coins": -1}, at_least={"coins": 1}, otherwise=Empty("empty"))
    with pytest.raises(Empty):
        uow.commit(None)


def test_a_failed_counter_leaves_the_rest_unwritten(begin: Begin) -> None:
    uow = begin()
    uow.put(JAR, Jar("b"))
    uow.count(COINS.ref("b"), {"coins": -1}, at_least={"coins": 1}, otherwise=Empty())
    with pytest.raises(Empty):
        uow.commit(None)
    assert begin().find(JAR, "b") is None


def test_an_event_is_applied_once(begin: Begin) -> None:
    make(begin, Jar("a"))
    for again in (False, True):
        uow = begin()
        uow.once("JAR#a/EVENT#1")
        fill("a", 1)(uow)
        if again:
            with pytest.raises(AlreadyApplied):
                uow.commit(None)
        else:
            uow.commit(None)
    assert begin().get(JAR, "a").coins == 1


def test_a_thing_that_must_be_new_is_not_overwritten(begin: Begin) -> None:
    make(begin, Jar("a", 1))
    uow = begin()
    uow.put(JAR, Jar("a", 2))
    with pytest.raises(VersionConflict):
        uow.commit(None)


def test_what_is_required_must_not_have_changed(begin: Begin) -> None:
    make(begin, Jar("a"))
    uow = begin()
    uow.require(JAR, "a")
    uow.put(JAR, Jar("b"))
    run(fill("a", 1), begin)
    with pytest.raises(VersionConflict):
        uow.commit(None)


def test_more_than_one_transaction_holds_is_refused_whole(begin: Begin) -> None:
    uow = begin()
    for number in range(101):
        uow.put(JAR, Jar(f"j{number}"))
    with pytest.raises(LimitExceeded):
        uow.commit(None)
    assert begin().find(JAR, "j0") is None


def test_loading_many_things_is_one_round_trip(begin: Begin) -> None:
    for name in "abc":
        make(begin, Jar(name))
    with metered() as meter:
        uow = begin()
        uow.load(*(JAR.ref(name) for name in "abcd"))
        assert [uow.find(JAR, name) is not None for name in "abcd"] == [True, True, True, False]
    assert meter.round_trips == 1


def test_a_single_write_is_not_paid_as_a_transaction(begin: Begin) -> None:
    with metered() as meter:
        make(begin, Jar("a"))
    assert dict(meter.calls) == {"PutItem": 1}


def test_a_list_shows_cards_page_by_page(begin: Begin) -> None:
    for number in range(5):
        make(begin, Jar(f"j{number}", number, shelf="top"))
    first = table.page(JAR, "gsi1", "SHELF#top", limit=3, newest_first=True)
    second = table.page(JAR, "gsi1", "SHELF#top", limit=3, newest_first=True, start=first.next)
    assert [jar.id for jar in (*first.items, *second.items)] == ["j4", "j3", "j2", "j1", "j0"]
    assert second.next is None


def test_a_card_that_an_earlier_version_kept_as_a_text_is_still_listed_c16(begin: Begin) -> None:
    make(begin, Jar("a", 7, "top"))
    make(begin, Jar("b", 8, "top"))
    client, key = aws.client("dynamodb"), JAR.key("a").wire
    item = client.get_item(TableName=config.table_name(), Key=key)["Item"]
    client.put_item(TableName=config.table_name(), Item={**item, "card": {"S": '{"id":"a","coins":7,"shelf":"top"}'}})
    assert [card.coins for card in table.page(JAR, "gsi1", "SHELF#top", limit=9).items] == [7, 8]


def test_a_removed_thing_is_gone_and_its_removal_is_checked(begin: Begin) -> None:
    make(begin, Jar("a"))
    uow, other = begin(), begin()
    uow.remove(JAR, uow.get(JAR, "a"))
    other.remove(JAR, other.get(JAR, "a"))
    uow.commit(None)
    with pytest.raises(VersionConflict):
        other.commit(None)
    assert begin().find(JAR, "a") is None


def test_a_read_that_is_not_answered_is_unavailable_and_not_a_defect(begin: Begin) -> None:
    make(begin, Jar("a"))

    def refuse(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="http://nowhere")

    aws.client("dynamodb").meta.events.register("before-call.dynamodb.*", refuse)
    for read in (
        lambda: begin().get(JAR, "a"),
        lambda: begin().load(JAR.ref("a"), JAR.ref("b")),
        lambda: begin().load_partition("JAR#a"),
        lambda: table.page(JAR, "gsi1", "SHELF#top", limit=3),
    ):
        with pytest.raises(Unavailable):
            read()
