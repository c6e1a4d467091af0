"""The stories that `make demo` tells, one per order class and per loop of the flow chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from infra.demo.scene import Scene

from . import (
    abnormal,
    bookings,
    courier,
    deliveries,
    deposit,
    erp,
    exceptions,
    exchange,
    imports,
    no_shows,
    pickups,
    wishes,
)

#: A run that must wait gives the moment at which it goes on, so that others can be told meanwhile.
Run = Callable[[Scene], Iterator[datetime] | None]

RUNS: Final[Mapping[str, Run]] = {
    "no-shows": no_shows.pair,
    "erp": erp.take_over,
    "courier": courier.there_and_back,
    "import": imports.from_file_to_door,
    "locker": pickups.from_locker,
    "desk": pickups.at_desk,
    "own-delivery": deliveries.prepaid,
    "cash-on-delivery": deliveries.cash_on_delivery,
    "booking-prepaid": bookings.prepaid,
    "booking": bookings.unpaid,
    "abnormal": abnormal.returned_and_corrected,
    "exceptions": exceptions.found_and_solved,
    "fifth-failure": deposit.fifth_failure,
    "wishes": wishes.granted,
    "exchange": exchange.other_size,
    "one-parcel": exchange.one_parcel,
}
