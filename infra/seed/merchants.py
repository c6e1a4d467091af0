"""A few merchants of the alliance with services to book, and places for the days to come (ALY-01…04).

Whoever signs in to the staff pool with the groups `merchant` and `merchant:<id>` confirms their bookings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import Document, Merchant, Offering, Slot, Standing, slot_id
from chalicelib.bookings.items import MERCHANT, OFFERING, SLOT
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run

Begin = Callable[[], UnitOfWork]
#: For so many days from tomorrow places are opened.
DAYS: Final = 14
_PAPERS: Final = (Document("business_licence", "example"), Document("tax_registration", "example"))


@dataclass(frozen=True, slots=True)
class Example:
    """A merchant and what it offers: a service, the hours at which it begins, and how many places each time has."""

    id: str
    name: dict[str, str]
    market: str
    country: str
    time_zone: str
    language: str
    services: tuple[tuple[Offering, tuple[int, ...], int], ...]


def _service(
    service: str, merchant: str, title: tuple[str, str], about: tuple[str, str], fee: Money | None, minutes: int
) -> Offering:
    return Offering(
        id=service, merchant=merchant, title={"en": title[0], "zh-CN": title[1]},
        description={"en": about[0], "zh-CN": about[1]}, prepayment=fee, minutes=minutes,
    )  # fmt: skip


EXAMPLES: Final = (
    Example(
        "lantern-travel", {"en": "Lantern Travel", "zh-CN": "灯笼旅行社"}, "CN", "CN", "Asia/Shanghai", "zh-CN",
        (
            (_service(
                "west-lake-walk", "lantern-travel", ("West Lake walk", "西湖漫步"),
                ("Two hours along the lake with a guide.", "由导游陪同，沿湖步行两小时。"), Money(8_000, "CNY"), 120,
            ), (9, 14), 12),
            (_service(
                "dumpling-class", "lantern-travel", ("Dumpling class", "包饺子课"),
                ("Fold them, cook them, eat them.", "亲手包、煮、品尝。"), Money(15_000, "CNY"), 150,
            ), (17,), 8),
            (_service(
                "river-cruise", "lantern-travel", ("River cruise", "运河游船"),
                ("An evening on the Grand Canal; paid on board.", "夜游大运河，船上付款。"), None, 90,
            ), (18,), 20),
        ),
    ),
    Example(
        "longjing-house", {"en": "Longjing Tea House", "zh-CN": "龙井茶馆"}, "CN", "CN", "Asia/Shanghai", "zh-CN",
        (
            (_service(
                "tea-tasting", "longjing-house", ("Tea tasting", "品茶"),
                ("Five teas of this spring.", "品鉴五款春茶。"), None, 60,
            ), (10, 15, 19), 6),
        ),
    ),
    Example(
        "spree-spa", {"en": "Spree Spa", "zh-CN": "施普雷水疗"}, "EU", "DE", "Europe/Berlin", "en",
        (
            (_service(
                "day-spa", "spree-spa", ("Day at the spa", "水疗一日"),
                ("Sauna, pool and rest.", "桑拿、泳池与休息。"), Money(2_500, "EUR"), 240,
            ), (10, 16), 4),
        ),
    ),
)  # fmt: skip


def open_alliance(begin: Begin) -> int:
    """Bring the example merchants into the alliance and open their places; how many services are on offer.

    A second run changes nothing but the places of days that have come into reach.
    """
    offered = 0
    for example in EXAMPLES:
        _join(example, begin)
        for offering, hours, places in example.services:
            run(_offering(offering), begin)
            times = _times(hours, example.time_zone, begin().now)
            run(_opening(offering.id, dict.fromkeys(times, places)), begin)
            offered += 1
    return offered


def _join(example: Example, begin: Begin) -> None:
    """Take a merchant through recruitment, from wherever it stands."""
    if begin().find(MERCHANT, example.id) is None:
        run(_invitation(example), begin)
    steps: Mapping[Standing, Callable[[UnitOfWork], Merchant]] = {
        Standing.INVITED: lambda uow: bookings.register(uow, example.id),
        Standing.REGISTERED: lambda uow: bookings.close_registration(uow, uow.get(MERCHANT, example.id)),
        Standing.SCREENING: lambda uow: bookings.screen(uow, example.id),
        Standing.QUALIFIED: lambda uow: bookings.submit_documents(uow, example.id, _PAPERS, attended=True),
        Standing.DOCUMENTS_SUBMITTED: lambda uow: bookings.activate(uow, example.id),
    }
    while (step := steps.get(begin().get(MERCHANT, example.id).standing)) is not None:
        run(step, begin)


def _invitation(example: Example) -> Callable[[UnitOfWork], Merchant]:
    return lambda uow: bookings.invite(
        uow, example.id, name=example.name, market=example.market, country=example.country,
        time_zone=example.time_zone, email=f"desk@{example.id}.example", language=example.language,
        closes_at=uow.now + timedelta(hours=1), campaign="example",
    )  # fmt: skip


def _offering(offering: Offering) -> Callable[[UnitOfWork], Offering]:
    return lambda uow: uow.find(OFFERING, offering.id) or bookings.offer(uow, offering)


def _opening(service: str, capacities: Mapping[datetime, int]) -> Callable[[UnitOfWork], list[Slot]]:
    """Open the times that are not there yet; what staff have changed stays."""

    def opening(uow: UnitOfWork) -> list[Slot]:
        uow.load(*(SLOT.ref(service, slot_id(start)) for start in capacities))
        new = {at: places for at, places in capacities.items() if uow.counter(SLOT.ref(service, slot_id(at))) is None}
        return bookings.open_slots(uow, service, new) if new else []

    return opening


def _times(hours: tuple[int, ...], time_zone: str, now: datetime) -> list[datetime]:
    """The beginnings of the days to come, at these hours where the merchant is."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(1, DAYS + 1)]
    return [datetime.combine(day, time(hour), zone) for day in days for hour in hours]
