"""Hand-over without a courier: pickup in a store, the store's own delivery, and when each is allowed (FUL-02…FUL-08).

The rules are asked twice: when a cart is quoted, and again when the order is reviewed (REV-04).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting

LOCKER_PIECES: Final = Setting(
    "shipping.locker_most_pieces",
    5,
    unit="pieces",
    rule="FUL-02",
    doc="The most pieces an order for the self-service locker has. 5: five may use locker and desk (AMB-01); 4: five "
    "go to the desk.",
)
COURIER_TAKES_FRESH: Final = Setting(
    "shipping.courier_takes_fresh",
    default=False,
    unit="yes or no",
    rule="REV-04",
    own=True,
    doc="Whether fresh goods may travel by courier (AMB-02).",
)
SLOT_CAPACITY: Final = Setting(
    "shipping.deliveries_per_slot",
    8,
    unit="orders",
    rule="FUL-07",
    own=True,
    doc="How many own deliveries a store takes on for one appointment.",
)
WINDOW_CAPACITY: Final = Setting(
    "shipping.deliveries_per_hour",
    8,
    unit="orders",
    rule="FUL-07",
    own=True,
    doc="How many deliveries within 1, 2 or 3 hours a store promises for one and the same clock hour.",
)
PACK_WINDOW: Final = Setting(
    "shipping.pack_window_minutes",
    30,
    unit="minutes",
    rule="AMB-11",
    own=True,
    doc="How long a store has to pack an order for delivery within 1, 2 or 3 hours. The customer's promise has it in.",
)
PACK_PICKUP: Final = Setting(
    "shipping.pack_pickup_minutes",
    240,
    unit="minutes",
    rule="AMB-11",
    own=True,
    doc="How long a store has to make an order ready for pickup, in its opening hours.",
)
SLOT_LEAD: Final = Setting(
    "shipping.slot_lead_minutes",
    120,
    unit="minutes",
    rule="FUL-07",
    own=True,
    doc="How long before an appointment begins it can still be booked.",
)
SLOT_DAYS: Final = Setting(
    "shipping.slot_days", 3, unit="days", rule="FUL-07", own=True, doc="For how many days appointments are offered."
)

#: The windows of own delivery, hours from packing (FUL-07, AMB-11).
HOURS: Final = (1, 2, 3)


class Point(StrEnum):
    """Where in a store a customer picks up."""

    LOCKER = "locker"
    DESK = "desk"


class Refusal(StrEnum):
    """Why a way of hand-over is not offered."""

    TOO_MANY_PIECES = "too_many_pieces"
    LARGE_ITEM = "large_item"
    FRESH_GOODS = "fresh_goods"
    FRESH_BY_COURIER = "fresh_by_courier"
    NO_LOCKER = "no_locker"
    NOT_IN_STOCK = "not_in_stock"
    OUTSIDE_AREA = "outside_area"
    CLOSED = "closed"
    FULL = "full"


#: The rule behind each refusal.
RULE_OF: Final[Mapping[Refusal, str]] = {
    Refusal.TOO_MANY_PIECES: "FUL-02",
    Refusal.LARGE_ITEM: "FUL-03",
    Refusal.FRESH_GOODS: "FUL-04",
    Refusal.FRESH_BY_COURIER: "AMB-02",
    Refusal.NO_LOCKER: "FUL-06",
    Refusal.NOT_IN_STOCK: "RTE-01",
    Refusal.OUTSIDE_AREA: "AMB-06",
    Refusal.CLOSED: "FUL-07",
    Refusal.FULL: "FUL-07",
}

#: What a shopper reads, in English and Simplified Chinese.
REFUSAL_TEXTS: Final[Mapping[Refusal, Mapping[str, str]]] = {
    Refusal.TOO_MANY_PIECES: {"en": "Too many pieces for the locker.", "zh": "商品件数超过自提柜上限。"},
    Refusal.LARGE_ITEM: {"en": "Large items are picked up at the desk.", "zh": "大件商品请到服务台自提。"},
    Refusal.FRESH_GOODS: {"en": "Fresh goods are picked up at the desk.", "zh": "生鲜商品只能到前台自提。"},
    Refusal.FRESH_BY_COURIER: {
        "en": "Fresh goods do not travel by courier. A store hands them over, at its desk or at your door.",
        "zh": "生鲜商品不支持快递，请选择门店前台自提或门店配送。",
    },
    Refusal.NO_LOCKER: {"en": "This store has no locker.", "zh": "该门店没有自提柜。"},
    Refusal.NOT_IN_STOCK: {"en": "This store does not have everything.", "zh": "该门店库存不足。"},
    Refusal.OUTSIDE_AREA: {"en": "No store delivers to this address.", "zh": "该地址不在门店配送范围内。"},
    Refusal.CLOSED: {"en": "The store does not deliver at this time.", "zh": "该时段门店不配送。"},
    Refusal.FULL: {"en": "All deliveries of this time are taken.", "zh": "该时段配送已约满。"},
}


class SlotFull(Conflict):
    """Others have taken the window or appointment; `free` names what can be chosen instead."""

    code: ClassVar[str] = "slot-full"
    title: ClassVar[str] = "The time is taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The hand-over that a customer has chosen; exactly one of `point`, `hours` and `slot_from` is set.

    Args:
        store: the store that hands over, responsible for the order (AMB-06).
        point: of a pickup, "locker" or "desk".
        hours: of own delivery, within so many hours of packing (AMB-11).
        slot_from, slot_until: of own delivery, the appointment.
        promised_by: of a window, by when it arrives if nothing holds the order up: packing time and window (AMB-11).
        booked: of an order, the counter that its place is taken from, or "".
    """

    store: str
    point: str = ""
    hours: int = 0
    slot_from: datetime | None = None
    slot_until: datetime | None = None
    promised_by: datetime | None = None
    booked: str = ""

    @property
    def time(self) -> tuple[str, int, datetime | None]:
        """What is counted of own delivery: the store with its window or appointment."""
        return self.store, self.hours, self.slot_from

    def deliver_by(self, packed_at: datetime) -> datetime | None:
        """By when own delivery has arrived; None for a pickup. The clock starts when the order is packed (AMB-11)."""
        return packed_at + timedelta(hours=self.hours) if self.hours else self.slot_until


@dataclass(frozen=True, slots=True)
class Goods:
    """What decides where an order can be picked up. One fresh or large item makes the whole order so (AMB-22).

    Args:
        pieces: units, not lines (AMB-23).
    """

    pieces: int
    fresh: bool
    large: bool

    @classmethod
    def of(cls, lines: Iterable[tuple[int, bool, str]]) -> Goods:
        """From units, freshness and size class of each line of physical goods."""
        known = list(lines)
        return cls(
            sum(units for units, _, _ in known),
            any(fresh for _, fresh, _ in known),
            any(size == "large" for _, _, size in known),
        )


def locker_refusal(goods: Goods, most_pieces: int) -> Refusal | None:
    """Why these goods cannot be picked up from a locker, or None (FUL-02, FUL-03, FUL-04). The desk takes everything.

    >>> locker_refusal(Goods(5, fresh=False, large=False), 5) is None
    True
    """
    if goods.fresh:
        return Refusal.FRESH_GOODS
    if goods.large:
        return Refusal.LARGE_ITEM
    return Refusal.TOO_MANY_PIECES if goods.pieces > most_pieces else None


@dataclass(frozen=True, slots=True)
class MethodRules:
    """What the shop allows where.

    Args:
        locker_pieces: the most pieces that may go into a locker (FUL-02, AMB-01).
        courier_takes_fresh: fresh goods may travel by courier (AMB-02).
    """

    locker_pieces: int = LOCKER_PIECES.default
    courier_takes_fresh: bool = COURIER_TAKES_FRESH.default


def method_refusal(goods: Goods, delivery_method: str, point: str, rules: MethodRules) -> Refusal | None:
    """Why these goods may not be delivered in this way, or None: the one answer of quote and review (REV-04).

    Args:
        point: of a pickup.

    >>> method_refusal(Goods(1, fresh=True, large=False), "own_delivery", "", MethodRules()) is None
    True
    """
    if delivery_method == "courier":
        return Refusal.FRESH_BY_COURIER if goods.fresh and not rules.courier_takes_fresh else None
    return locker_refusal(goods, rules.locker_pieces) if point == Point.LOCKER else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryArea:
    """Where a store delivers with its own people, when, and for how much (AMB-06).

    Args:
        country: ISO 3166-1 alpha-2.
        postcodes: first characters of the postal codes it covers.
        fees: by hours of the window; 0 is an appointment.
        opens, closes: local time between which appointments lie and windows end.
        slot: length of an appointment.
    """

    store: str
    country: str
    postcodes: tuple[str, ...]
    fees: Mapping[int, Money]
    opens: time
    closes: time
    slot: timedelta

    def covers(self, country: str, postal_code: str) -> bool:
        """Whether an address lies in the area."""
        return country == self.country and postal_code.replace(" ", "").startswith(self.postcodes)

    def windows(self, now: datetime, zone: str, packing: timedelta) -> tuple[int, ...]:
        """The windows that still end before the store closes, if packing begins now (AMB-11)."""
        opens, closes = self._hours_of(now.astimezone(ZoneInfo(zone)).date(), zone)
        return tuple(hours for hours in HOURS if opens <= now and now + packing + timedelta(hours=hours) <= closes)

    def done_by(self, begin: datetime, work: timedelta, zone: str) -> datetime:
        """When work that takes so long is done, if it goes on between opening and closing only."""
        date = begin.astimezone(ZoneInfo(zone)).date()
        while True:
            opens, closes = self._hours_of(date, zone)
            start = max(begin, opens)
            if start + work <= closes:
                return start + work
            work -= max(closes - start, timedelta(0))
            date += timedelta(days=1)

    def slot_of(self, moment: datetime, zone: str) -> datetime | None:
        """The beginning of the appointment that a moment lies in; None outside all of them."""
        start, end = self._hours_of(moment.astimezone(ZoneInfo(zone)).date(), zone)
        while start + self.slot <= end:
            if start <= moment < start + self.slot:
                return start
            start += self.slot
        return None

    def _hours_of(self, day: date, zone: str) -> tuple[datetime, datetime]:
        """Opening and closing of a local day, in UTC."""
        opens, closes = (datetime.combine(day, each, ZoneInfo(zone)) for each in (self.opens, self.closes))
        return opens.astimezone(UTC), closes.astimezone(UTC)

    def slots(self, now: datetime, zone: str, lead: timedelta, days: int) -> tuple[tuple[datetime, datetime], ...]:
        """The appointments that can be booked now, in UTC, the earliest first."""
        found = []
        today = now.astimezone(ZoneInfo(zone)).date()
        for day in range(days):
            start, end = self._hours_of(today + timedelta(days=day), zone)
            while start + self.slot <= end:
                if start >= now + lead:
                    found.append((start, start + self.slot))
                start += self.slot
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOption:
    """One way of hand-over, offered or refused with the reason.

    Args:
        refused: "" when it is offered, else a `Refusal`.
        text: the refusal in the shopper's language.
        price: what it costs, in the market's currency, tax as its prices have it; None when it is refused.
        promised_by: by when it is ready, or arrives, if it is ordered now: packing time included (AMB-11).
    """

    delivery_method: str
    store: str
    point: str = ""
    hours: int = 0
    slot_from: datetime | None = None
    slot_until: datetime | None = None
    price: Money | None = None
    refused: str = ""
    text: str = ""
    promised_by: datetime | None = None

    def is_for(self, choice: Handover, delivery_method: str) -> bool:
        """Whether this is what was chosen."""
        return (self.delivery_method, self.store, self.point, self.hours, self.slot_from) == (
            delivery_method, choice.store, choice.point, choice.hours, choice.slot_from,
        )  # fmt: skip


def store_options(
    store: str,
    goods: Goods,
    *,
    has_stock: bool,
    has_locker: bool,
    rules: MethodRules,
    currency: str,
) -> Sequence[tuple[HandoverOption, Refusal | None]]:
    """The two points of a store for these goods, each with what stands against it."""
    stock = None if has_stock else Refusal.NOT_IN_STOCK
    locker = method_refusal(goods, "pickup", Point.LOCKER, rules) if has_locker else Refusal.NO_LOCKER
    free = Money.zero(currency)
    return [
        (HandoverOption(delivery_method="pickup", store=store, point=point, price=None if why else free), why)
        for point, why in ((Point.LOCKER.value, locker or stock), (Point.DESK.value, stock))
    ]
