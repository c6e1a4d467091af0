"""What the relay gave up on is sent again by hand: just that, in order, and not by a dry run (B7, B12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import config
from chalicelib.core.events import event
from chalicelib.core.table import Key, Kind
from chalicelib.core.unit_of_work import UnitOfWork
from infra.build import republish

Begin = Callable[..., UnitOfWork]


@dataclass(frozen=True, slots=True)
class Lamp:
    id: str


@event("lamp.lit")
@dataclass(frozen=True, slots=True)
class LampLit:
    lamp: str


LAMP: Kind[Lamp] = Kind(
    "lamp", Lamp, key=lambda name: Key(f"LAMP#{name}", "LAMP"), of=lambda it: Key(f"LAMP#{it.id}", "LAMP")
)


class Bus:
    """A bus that refuses what it is told to refuse."""

    def __init__(self, *refused: int) -> None:
        self.sent: list[dict[str, Any]] = []
        self.calls: list[int] = []
        self.refused = refused

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append(len(Entries))
        answers: list[dict[str, str]] = []
        for one in Entries:
            place = len(self.sent)
            self.sent.append(one)
            answers.append({"ErrorCode": "ThrottlingException"} if place in self.refused else {"EventId": "e"})
        return {"Entries": answers, "FailedEntryCount": sum("ErrorCode" in one for one in answers)}


@pytest.fixture
def lit(begin: Begin, clock: Any) -> list[str]:
    """Twelve lamps, lit a minute apart, each twice at once; the ids of what was told, oldest first."""
    told = []
    for number in range(12):
        clock.forward(minutes=1)
        uow = begin()
        uow.put(LAMP, Lamp(f"l{number}"), LampLit(f"l{number}"), LampLit(f"l{number}"))
        uow.commit(None)
        told += [f"LAMP#l{number}/EVENT#LAMP#{place:06d}" for place in (1, 2)]
    return told


def use(monkeypatch: pytest.MonkeyPatch, bus: Bus) -> None:
    real = republish.boto3.client
    monkeypatch.setattr(
        republish.boto3, "client", lambda name, **given: bus if name == "events" else real(name, **given)
    )


def test_a_range_of_time_is_sent_in_order_and_nothing_beside_it(
    begin: Begin, lit: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = Bus()
    use(monkeypatch, bus)
    now = begin().now
    found = republish.between(config.table_name(), now - timedelta(minutes=10), now)
    assert republish.republish(found, dry_run=False) == 0
    assert [one["Resources"][0] for one in bus.sent] == lit[2:22]
    assert bus.calls == [10, 10]
    assert {one["DetailType"] for one in bus.sent} == {"lamp.lit"}
    assert {one["EventBusName"] for one in bus.sent} == {config.bus_name()}


def test_a_dry_run_tells_and_sends_nothing(
    lit: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bus = Bus()
    use(monkeypatch, bus)
    assert republish.republish(republish.named(config.table_name(), lit[:1]), dry_run=True) == 0
    assert bus.sent == []
    assert lit[0] in capsys.readouterr().out


def test_the_second_event_of_a_row_is_found_by_its_own_name(lit: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    use(monkeypatch, bus)
    republish.republish(republish.named(config.table_name(), [lit[3]]), dry_run=False)
    assert [one["Resources"] for one in bus.sent] == [[lit[3]]]


@pytest.mark.parametrize("name", ["LAMP#l0/EVENT#LAMP#000009", "LAMP#l0", "LAMP#nobody/EVENT#LAMP#000001"])
def test_an_event_that_there_is_not_stops_everything(lit: list[str], name: str) -> None:
    with pytest.raises(SystemExit, match="There is no event"):
        republish.named(config.table_name(), [lit[0], name])


def test_what_the_bus_refuses_is_named_and_fails_the_command(
    lit: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, Bus(1))
    assert republish.republish(republish.named(config.table_name(), lit[:3]), dry_run=False) == 1
    assert f"refused (ThrottlingException): {lit[1]}" in capsys.readouterr().out
