"""Fixtures that every test may use."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from chalicelib.core.auth import Principal  # noqa: E402
from chalicelib.core.events import SYSTEM, Actor  # noqa: E402
from chalicelib.core.unit_of_work import UnitOfWork  # noqa: E402
from tests.support.http import Client  # noqa: E402
from tests.support.table import Meter, fresh_table, metered  # noqa: E402

#: `make test` tries the same examples every time, so that it says the same of the same code; `make fuzz` looks further.
#: How fast examples are made and run says something of the machine, not of the code: a busy one must not fail a test.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, database=None, **UNHURRIED)
settings.register_profile("search", derandomize=False, **UNHURRIED)
settings.load_profile("same")

#: Files that take long: begun first, so that no worker is left with one of them at the end.
LONG = (
    "test_property_crash_points", "test_seed_command", "test_property_planted_bugs", "test_returns_exchange_lives",
    "test_risk_ledgers_property", "test_infra_template", "test_infra_package", "test_returns_exchanges",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; otherwise as they are."""
    items.sort(key=lambda item: item.path.stem not in LONG)


class Clock:
    """The time in a test: stands still until it is told to move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def forward(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 21, 9, 30, tzinfo=UTC))


@pytest.fixture
def database() -> Iterator[None]:
    """An in-process AWS with an empty table."""
    with fresh_table():
        yield


@pytest.fixture
def begin(database: None, clock: Clock) -> Callable[..., UnitOfWork]:
    """Start a unit of work at the clock's time: `begin()` or `begin(actor)`."""

    def begin(actor: Actor = SYSTEM) -> UnitOfWork:
        return UnitOfWork(clock.now, actor, cause="test", trace="trace")

    return begin


@pytest.fixture
def uow(begin: Callable[..., UnitOfWork]) -> UnitOfWork:
    return begin()


@pytest.fixture
def round_trips(database: None) -> Iterator[Meter]:
    """Counts the DynamoDB calls of the whole test; see `metered` for a part of one."""
    with metered() as meter:
        yield meter


@pytest.fixture
def guest(database: None) -> Client:
    """A caller without any credentials."""
    return Client()


@pytest.fixture
def as_shopper(database: None) -> Callable[..., Client]:
    """A signed-in shopper: `as_shopper("ann")`."""
    return lambda name="ann": Client(Principal("shopper", name, f"{name}@example.com"))


@pytest.fixture
def as_staff(database: None) -> Callable[..., Client]:
    """A member of staff: `as_staff(Post.STORE, scopes=["RTM1"])`."""
    return lambda *posts, scopes=(): Client(
        Principal("staff", "staff-" + "-".join(posts), posts=frozenset(posts), scopes=frozenset(scopes))
    )
