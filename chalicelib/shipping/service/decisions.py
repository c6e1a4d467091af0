"""The decision table of channels in force, read at most once a minute per process, and saving another (RTE-07)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.settings_values import FRESH
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.shipping.domain import coverage
from chalicelib.shipping.domain.coverage import Finding
from chalicelib.shipping.domain.decisions import CHANNELS, DecisionTable, RoutingTableSaved, packaged
from chalicelib.shipping.domain.rates import HIGH_VALUE, LOW_VALUE
from chalicelib.shipping.items.tables import TABLE, TABLE_VERSION

#: Until when what was read may be used, and what it was; None: staff have saved no table.
_read: list[tuple[float, DecisionTable | None]] = []


def refs() -> list[Ref]:
    """What to load together with other things before `current` is asked; nothing as long as the last reading is fresh.

    So the table costs a command no round trip of its own.
    """
    return [] if _is_fresh() else [TABLE.ref(CHANNELS)]


def current(uow: UnitOfWork, market: str = "") -> DecisionTable:
    """The table in force: what staff have saved, else the packaged one with the market's limits of value."""
    if not _is_fresh():
        _read[:] = [(time.monotonic() + FRESH, uow.find(TABLE, CHANNELS))]
    saved = _read[0][1]
    return saved if saved is not None else _packaged(uow, market)


def forget() -> None:
    """Read anew at the next use (after a change in this process, and between tests)."""
    _read.clear()


def _is_fresh() -> bool:
    return bool(_read) and time.monotonic() < _read[0][0]


def _packaged(uow: UnitOfWork, market: str) -> DecisionTable:
    return packaged(uow.setting(HIGH_VALUE, market), uow.setting(LOW_VALUE, market))


def saved(uow: UnitOfWork) -> tuple[DecisionTable, int]:
    """The table as it is kept now, with the version of its item for entity tags; the packaged one is 0."""
    table = uow.find(TABLE, CHANNELS)
    return (_packaged(uow, ""), 0) if table is None else (table, uow.version(TABLE, table))


def version(uow: UnitOfWork, number: str) -> DecisionTable:
    """A table as it was saved once; 0 is the packaged one.

    Raises:
        NotFound: there is no such version.
    """
    if number == "0":
        return _packaged(uow, "")
    found = uow.find(TABLE_VERSION, CHANNELS, number.zfill(6)) if number.isdecimal() else None
    if found is None:
        raise NotFound("version", number)
    return found


def check(table: DecisionTable) -> tuple[Finding, ...]:
    """What there is to know about a table: rows that overlap, rows that are never reached, gaps.

    Raises:
        Invalid: it cannot be a table; every wrong field is named.
    """
    wrong = coverage.errors(table, _countries(), _currencies())
    if wrong:
        raise Invalid(*wrong)
    return coverage.findings(table, _countries())


def save(uow: UnitOfWork, draft: DecisionTable, by: str, if_match: int | None) -> DecisionTable:
    """Put a new version in force, everywhere within a minute; the versions before it are kept.

    Raises:
        Invalid: it cannot be a table.
        StaleVersion: somebody else has saved one since.
    """
    before, _ = saved(uow)
    uow.expect(TABLE, before, if_match)
    check(draft)
    table = replace(draft, version=before.version + 1, saved_by=by, saved_at=uow.now)
    told = RoutingTableSaved(table=table.name, version=table.version, rows=len(table.rows), note=table.note)
    uow.put(TABLE_VERSION, table)
    forget()
    return uow.put(TABLE, table, told)


def _countries() -> Mapping[str, tuple[str, ...]]:
    return {market.code: market.countries for market in markets.all_markets()}


def _currencies() -> tuple[str, ...]:
    return tuple(sorted({"EUR", *(market.currency for market in markets.all_markets())}))
