"""Messages, deadlines and the relay: what fails comes back alone, what is done stays done."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import clockwork
from chalicelib.core import aws, config, events, relay, table
from chalicelib.core.clock import stamp
from chalicelib.core.errors import Conflict
from chalicelib.core.events import SYSTEM, Aggregate, Event, event
from chalicelib.core.table import Index, Key, Kind
from chalicelib.core.triggers import REGISTRY, Message, Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork
from tests.conftest import Clock

Begin = Callable[..., UnitOfWork]


@dataclass(frozen=True, slots=True)
class Kettle:
    id: str
    boils: int = 0
    deadlines: dict[str, datetime] = field(default_factory=dict)


@event("kettle.filled")
@dataclass(frozen=True, slots=True)
class KettleFilled:
    kettle: str


KETTLE: Kind[Kettle] = Kind(
    "kettle", Kettle,
    key=lambda kettle_id: Key(f"KETTLE#{kettle_id}", "KETTLE"), of=lambda k: Key(f"KETTLE#{k.id}", "KETTLE"),
    index=lambda k: Index(due=k.deadlines),
)  # fmt: skip

room = Triggers("tests.kitchen")


@room.queue("kettle-messages")
def take_message(uow: UnitOfWork, message: Message) -> None:
    """Boil the kettle of a message."""
    if message.body.get("poison"):
        raise ValueError("secret words")
    kettle = uow.get(KETTLE, message.body["kettle"])
    uow.put(KETTLE, replace(kettle, boils=kettle.boils + 1))


@room.consumer("boil-kettle", on=[KettleFilled])
def boil(uow: UnitOfWork, news: Event[KettleFilled]) -> None:
    """Boil once per event."""
    uow.once(news.id)
    kettle = uow.get(KETTLE, news.data.kettle)
    uow.put(KETTLE, replace(kettle, boils=kettle.boils + 1))


@deadline(KETTLE, "cold_at")
def cool(uow: UnitOfWork, kettle: Kettle) -> None:
    """Let it cool."""
    if kettle.id == "stuck":
        raise Conflict("no")
    left = {} if kettle.id != "lazy" else kettle.deadlines
    uow.put(KETTLE, replace(kettle, boils=0, deadlines=left))


for name in ("kettle-messages", "boil-kettle"):
    del REGISTRY[name]  # no functions of the house
assert relay.triggers


def make(begin: Begin, *kettles: Kettle) -> None:
    for kettle in kettles:
        uow = begin()
        uow.put(KETTLE, kettle)
        uow.commit(None)


def run_batch(one: Callable[..., Any], *bodies: Any) -> list[str]:
    """Hand a batch to a queue function as Lambda would; the ids that come back."""
    answer = one(
        {"Records": [
            {
                "messageId": str(number), "receiptHandle": "r", "body": json.dumps(body), "eventSourceARN": "a",
                "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {}, "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]},
        None,
    )  # fmt: skip
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_poison_message_comes_back_alone_and_its_neighbours_are_done(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    make(begin, Kettle("a"), Kettle("b"))
    failed = run_batch(take_message, {"kettle": "a"}, {"poison": True}, {"kettle": "nobody"}, {"kettle": "b"})
    assert failed == ["1", "2"]
    assert [begin().get(KETTLE, name).boils for name in "ab"] == [1, 1]
    written = capsys.readouterr()
    assert "secret words" not in written.out + written.err
    assert '"FailedMessages":1' in written.out


def test_a_consumers_lines_name_the_trace_of_the_request_that_its_event_began_with(
    begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    """`trace` finds the request: in the line of the invocation, and in that of the message that failed."""
    make(begin, Kettle("a"))
    now = begin().now
    told = [replace(filled("a", 1, now), trace="1-good"), replace(filled("nobody", 2, now), trace="1-bad")]
    assert run_batch(boil, *(from_bus(one) for one in told)) == ["1"]
    [failed] = [vars(line) for line in caplog.records if line.getMessage() == "message failed"]
    assert (failed["message_id"], failed["trace"]) == ("1", "1-bad")
    [invocation] = [vars(line) for line in caplog.records if line.getMessage() == "invocation"]
    assert invocation["traces"] == ["1-good", "1-bad"]


def from_bus(news: Event[Any]) -> dict[str, Any]:
    return {"detail-type": news.type, "source": "caravan", "detail": json.loads(events.encode(news))}


def filled(kettle: str, number: int, when: datetime) -> Event[Any]:
    return Event(
        f"KETTLE#{kettle}/EVENT#{number}", "kettle.filled", 1, Aggregate("kettle", kettle), number, when, SYSTEM, "c",
        "t", KettleFilled(kettle),
    )  # fmt: skip


def test_an_event_delivered_twice_has_its_effect_once(begin: Begin, clock: Clock) -> None:
    make(begin, Kettle("a"))
    news = from_bus(filled("a", 1, clock.now))
    assert run_batch(boil, news, news) == []
    assert run_batch(boil, news) == []
    assert begin().get(KETTLE, "a").boils == 1


def test_an_event_that_this_code_does_not_know_comes_back(begin: Begin, clock: Clock) -> None:
    make(begin, Kettle("a"))
    unknown = from_bus(filled("a", 1, clock.now))
    unknown["detail"]["type"] = "kettle.exploded"
    newer = from_bus(filled("a", 2, clock.now))
    newer["detail"]["schema"] = 2
    assert run_batch(boil, unknown, newer) == ["0", "1"]


def sweep(clock: Clock) -> int:
    import time

    return clockwork.sweep(clock.now, time.monotonic() + 20)


def due(clock: Clock, name: str, minutes: int, boils: int = 1) -> Kettle:
    return Kettle(name, boils, {"cold_at": clock.now + timedelta(minutes=minutes)})


def test_what_is_due_is_told_and_what_is_not_is_left(begin: Begin, clock: Clock) -> None:
    make(begin, due(clock, "a", 5), due(clock, "b", 10))
    clock.forward(minutes=5)
    assert sweep(clock) == 1
    assert [begin().get(KETTLE, name).boils for name in "ab"] == [0, 1]
    assert sweep(clock) == 0


def test_each_deadline_is_handled_at_the_hour_of_the_sweep_that_goes_on_while_it_works(
    begin: Begin, clock: Clock
) -> None:
    make(begin, *(due(clock, name, 1) for name in "abc"))
    start = clock.forward(minutes=2)
    clockwork.sweep(start, float("inf"))
    assert moments("abc") == {stamp(start)}
    make(begin, *(due(clock, name, 1) for name in "xyz"))
    start = clock.forward(minutes=2)
    clockwork.sweep(start, float("inf"), clock=lambda: clock.forward(seconds=10))
    assert moments("xyz") == {stamp(start + timedelta(seconds=10 * number)) for number in (1, 2, 3)}


def moments(names: str) -> set[str]:
    """When things were last written."""
    keys = [Key(f"KETTLE#{name}", "KETTLE").wire for name in names]
    items = [aws.client("dynamodb").get_item(TableName=config.table_name(), Key=key)["Item"] for key in keys]
    return {item["updated_at"]["S"] for item in items}


def test_a_stuck_deadline_stops_nobody_and_is_counted(
    begin: Begin, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    make(begin, *(due(clock, name, 1) for name in ("stuck", "lazy", "a", "b", "c")))
    clock.forward(minutes=2)
    assert sweep(clock) == 3
    assert [begin().get(KETTLE, name).boils for name in "abc"] == [0, 0, 0]
    assert capsys.readouterr().out.count('"DeadlinesStuck":1') == 2


def test_a_thing_that_cannot_be_read_stops_nobodys_clock_b9(
    begin: Begin, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    make(begin, due(clock, "broken", 1), due(clock, "unknown", 1), due(clock, "a", 1))
    for name, change in (("broken", {"body": {"B": b"no deflated body"}}), ("unknown", {"type": {"S": "samovar"}})):
        item = aws.client("dynamodb").get_item(TableName=config.table_name(), Key=Key(f"KETTLE#{name}", "KETTLE").wire)
        aws.client("dynamodb").put_item(TableName=config.table_name(), Item={**item["Item"], **change})
    clock.forward(minutes=2)
    assert sweep(clock) == 1
    assert begin().get(KETTLE, "a").boils == 0
    assert capsys.readouterr().out.count('"DeadlinesStuck":1') == 2


def test_a_run_with_a_stuck_deadline_fails_after_all_others_are_done_h15(
    begin: Begin, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    make(begin, due(clock, "stuck", 1), due(clock, "a", 1))
    clock.forward(minutes=2)
    with pytest.raises(clockwork.StuckDeadlines):
        REGISTRY["sweep-deadlines"].function(begin())
    assert begin().get(KETTLE, "a").boils == 0


def test_a_deadline_moved_meanwhile_is_not_fired(begin: Begin, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    make(begin, due(clock, "a", 1))
    clock.forward(minutes=2)
    stale = table.get_rows
    later = {"cold_at": clock.now + timedelta(hours=1)}

    def move_first(keys: list[Key]) -> Any:
        monkeypatch.setattr(table, "get_rows", stale)
        rows = stale(keys)
        uow = begin()
        uow.put(KETTLE, replace(uow.get(KETTLE, "a"), deadlines=later))
        uow.commit(None)
        return rows

    monkeypatch.setattr(table, "get_rows", move_first)
    sweep(clock)
    assert begin().get(KETTLE, "a") == Kettle("a", 1, later)


def test_many_due_things_are_all_told_in_one_sweep(begin: Begin, clock: Clock) -> None:
    make(begin, *(due(clock, f"k{number}", 1) for number in range(120)))
    clock.forward(minutes=2)
    assert sweep(clock) == 120


def stream_record(number: int, envelope: str, name: str = "INSERT") -> dict[str, Any]:
    packed = b64encode(events.pack([envelope.encode()])).decode()
    image = {"pk": {"S": "KETTLE#a"}, "sk": {"S": f"EVENT#{number}"}, "events": {"B": packed}}
    return {"eventName": name, "dynamodb": {"SequenceNumber": str(number), "NewImage": image}}


@pytest.fixture
def bus(database: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Collects what is put on the bus; entries in `refused` (by detail) are refused."""
    seen: list[dict[str, Any]] = []

    class Bus:
        refused: frozenset[str] = frozenset()

        def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
            failed = [entry["Detail"] in self.refused for entry in Entries]
            seen.extend(entry for entry, no in zip(Entries, failed, strict=True) if not no)
            marks = [{"ErrorCode": "Throttled"} if no else {"EventId": "e"} for no in failed]
            return {"FailedEntryCount": sum(failed), "Entries": marks}

    fake = Bus()
    monkeypatch.setattr(aws, "client", lambda _: fake)
    return seen


def publish(records: list[dict[str, Any]]) -> list[str]:
    return REGISTRY["relay-events"].function(records)  # type: ignore[no-any-return]


def test_every_new_event_row_goes_to_the_bus_in_groups(bus: list[dict[str, Any]], clock: Clock) -> None:
    envelopes = [events.encode(filled("a", number, clock.now)).decode() for number in range(25)]
    assert publish([stream_record(number, text) for number, text in enumerate(envelopes)]) == []
    assert [entry["Detail"] for entry in bus] == envelopes
    assert {entry["DetailType"] for entry in bus} == {"kettle.filled"}


def test_changes_that_are_no_new_events_stay_off_the_bus(bus: list[dict[str, Any]], clock: Clock) -> None:
    text = events.encode(filled("a", 1, clock.now)).decode()
    other = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "9", "NewImage": {"pk": {"S": "x"}}}}
    assert publish([stream_record(1, text, "MODIFY"), stream_record(2, text, "REMOVE"), other]) == []
    assert bus == []


def test_an_entry_that_the_bus_refuses_comes_back_with_everything_after_it(
    bus: list[dict[str, Any]], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelopes = [events.encode(filled("a", number, clock.now)).decode() for number in range(15)]
    monkeypatch.setattr(aws.client("events"), "refused", frozenset({envelopes[12]}))
    assert publish([stream_record(number, text) for number, text in enumerate(envelopes)]) == ["12"]
