"""Channels, what they cost and how long they take, and which of them a parcel may go by (LOG-01 to LOG-10, ORD-11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.markets.domain import ExchangeRates, Location, customs_territory, dispatch_date, next_working_day

HIGH_VALUE: Final = Setting(
    "shipping.high_value",
    30_000,
    unit="EUR minor units",
    rule="LOG-06",
    doc="From this value of the goods on, the packaged routing table prefers a channel with duty prepaid.",
    own=True,
)
LOW_VALUE: Final = Setting(
    "shipping.low_value",
    2_500,
    unit="EUR minor units",
    rule="LOG-06",
    doc="Up to this value of the goods, the packaged routing table prefers the postal small parcel.",
    own=True,
)


class Channel(StrEnum):
    """How a parcel travels."""

    #: Postal small parcel: low value, light, slow, wide coverage, cleared by the destination's post (LOG-01).
    POST = "POST"
    #: Dedicated line: standard goods, duty can be prepaid (LOG-02).
    LINE = "LINE"
    #: International express, door to door, for high value or urgency (LOG-03).
    EXPRESS = "EXPRESS"
    #: Local delivery from stock that was placed ahead (LOG-04).
    LOCAL = "LOCAL"


class ChargeMethod(StrEnum):
    """How a lane turns weight into a price (ORD-11, LOG-08)."""

    #: A base plus an exact price per gram.
    PER_GRAM = "per_gram"
    #: The first weight, then every begun further step.
    FIRST_ADDITIONAL = "first_additional"
    #: One price for every parcel.
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class ChannelProfile:
    """What a channel carries and promises, wherever it goes.

    Args:
        ddp: it can hand over with duty and tax paid (TAX-03).
        tracked: every step can be followed.
        max_weight_g: of one box.
        max_side_mm: longest side of one piece.
        max_boxes: into how many boxes one parcel may be split.
        max_value: of the goods of one parcel; None is no limit.
        volumetric_divisor: cubic centimetres per kilogram (LOG-09); None: only the real weight counts.
    """

    channel: Channel
    ddp: bool
    tracked: bool
    max_weight_g: int
    max_side_mm: int
    max_boxes: int
    max_value: Money | None = None
    volumetric_divisor: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A channel's service and price between two territories.

    Args:
        origin: customs territory it leaves ("EU" or a country).
        destinations: territories it serves; empty is every other.
        min_days: transit in calendar days, from dispatch to the first attempt at the door.
        base: price of the first `base_g` grams (or of the whole parcel, FLAT).
        step: price of each further `step_g` grams.
        documents: price of a parcel of printed matter up to `base_g`, where it has its own (LOG-08).
        storage: share of the storage fee of goods placed ahead (LOG-04).
    """

    channel: Channel
    origin: str
    destinations: tuple[str, ...]
    min_days: int
    max_days: int
    method: ChargeMethod
    base: Money
    base_g: int = 0
    step: Money | None = None
    step_g: int = 1000
    documents: Money | None = None
    storage: Money | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Equal goods in a parcel: weight and size of one, and how many."""

    quantity: int
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    hs_code: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What leaves one place for one destination.

    Args:
        value: of the goods, in the market's currency.
        must_be_prepaid: only a channel that prepays duty and tax may take it (LOG-07).
    """

    location: Location
    destination: str
    pieces: tuple[Piece, ...]
    value: Money
    must_be_prepaid: bool = False

    @property
    def crosses_border(self) -> bool:
        return customs_territory(self.location.country) != customs_territory(self.destination)

    @property
    def actual_g(self) -> int:
        """What the goods weigh."""
        return sum(piece.weight_g * piece.quantity for piece in self.pieces)

    @property
    def volume_mm3(self) -> int:
        """The room the goods take."""
        return sum(p.length_mm * p.width_mm * p.height_mm * p.quantity for p in self.pieces)

    @property
    def is_documents(self) -> bool:
        """Printed matter only (chapter 49 of the Harmonised System)."""
        return all(piece.hs_code.startswith("49") for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The two weights of a parcel in a channel; the greater is charged (LOG-09)."""

    actual_g: int
    volumetric_g: int

    @property
    def charged_g(self) -> int:
        return max(self.actual_g, self.volumetric_g)


@dataclass(frozen=True, slots=True)
class Leg:
    """One parcel in one channel, priced."""

    channel: Channel
    weighed: Weighed
    price: Money
    min_days: int
    max_days: int
    prepaid: bool
    tracked: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to deliver everything, for the buyer to choose by price, days and service (LOG-10, ORD-13).

    Args:
        channel: of the parcels it can take; the others of the same order go by LOCAL.
        legs: one per parcel, in the parcels' order.
    """

    channel: Channel
    legs: tuple[Leg, ...]
    price: Money

    @property
    def min_days(self) -> int:
        """Transit days until the last parcel is there, at the earliest."""
        return max(leg.min_days for leg in self.legs)

    @property
    def max_days(self) -> int:
        """Transit days until the last parcel is there, at the latest."""
        return max(leg.max_days for leg in self.legs)

    @property
    def prepaid(self) -> bool:
        """Nothing is left to pay at the door."""
        return all(leg.prepaid for leg in self.legs)

    @property
    def tracked(self) -> bool:
        return all(leg.tracked for leg in self.legs)


@dataclass(frozen=True, slots=True)
class Promise:
    """When the goods leave and arrive.

    Args:
        min_days: calendar days in transit, from dispatch.
        dispatched_on: local date on which the last parcel leaves.
        earliest: first date of arrival, at the destination.
        latest: last date of arrival.
    """

    min_days: int
    max_days: int
    dispatched_on: date
    earliest: date
    latest: date


def weigh(parcel: Parcel, divisor: int | None) -> Weighed:
    """Actual and volumetric weight; cubic millimetres over the divisor are grams, every begun gram counts."""
    return Weighed(parcel.actual_g, -(-parcel.volume_mm3 // divisor) if divisor else 0)


def lane_price(lane: Lane, charged_g: int, boxes: int, documents: bool) -> Money:
    """What a parcel costs in the lane's currency when it is packed into a number of equal boxes."""
    each_g = -(-charged_g // boxes)
    price = _box_price(lane, each_g, documents) * boxes
    return price if lane.storage is None else price + lane.storage * boxes


def _box_price(lane: Lane, grams: int, documents: bool) -> Money:
    if documents and lane.documents is not None and grams <= lane.base_g:
        return lane.documents
    beyond = max(0, grams - lane.base_g)
    if lane.step is None or lane.method is ChargeMethod.FLAT or not beyond:
        return lane.base
    if lane.method is ChargeMethod.PER_GRAM:
        return lane.base + lane.step.times(Decimal(beyond) / lane.step_g)
    return lane.base + lane.step * -(-beyond // lane.step_g)


def leg(
    parcel: Parcel,
    profile: ChannelProfile,
    lanes: Iterable[Lane],
    currency: str,
    rates: ExchangeRates,
) -> Leg | None:
    """The parcel in a channel, or None when the channel does not go there or may not take it."""
    lane = _lane(lanes, profile.channel, parcel)
    if lane is None or (parcel.must_be_prepaid and not profile.ddp):
        return None
    weighed = weigh(parcel, profile.volumetric_divisor)
    boxes = max(1, -(-weighed.charged_g // profile.max_weight_g))
    if boxes > profile.max_boxes or not all(_fits(piece, profile) for piece in parcel.pieces):
        return None
    if profile.max_value is not None and rates.convert(parcel.value, profile.max_value.currency) > profile.max_value:
        return None
    price = rates.convert(lane_price(lane, weighed.charged_g, boxes, parcel.is_documents), currency)
    prepaid = profile.ddp or not parcel.crosses_border
    return Leg(profile.channel, weighed, price, lane.min_days, lane.max_days, prepaid, profile.tracked)


def _lane(lanes: Iterable[Lane], channel: Channel, parcel: Parcel) -> Lane | None:
    origin, destination = customs_territory(parcel.location.country), customs_territory(parcel.destination)
    fitting = [
        lane
        for lane in lanes
        if lane.channel is channel
        and lane.origin == origin
        and (destination in lane.destinations or (not lane.destinations and destination != origin))
    ]
    return max(fitting, key=lambda lane: bool(lane.destinations), default=None)


def _fits(piece: Piece, profile: ChannelProfile) -> bool:
    longest = max(piece.length_mm, piece.width_mm, piece.height_mm)
    return piece.weight_g <= profile.max_weight_g and longest <= profile.max_side_mm


def offers(
    parcels: Sequence[Parcel],
    profiles: Mapping[Channel, ChannelProfile],
    lanes: Sequence[Lane],
    currency: str,
    rates: ExchangeRates,
) -> tuple[Offer, ...]:
    """Every way to deliver all parcels, cheapest first (LOG-08).

    A parcel that is already in the destination's territory goes by LOCAL where the offered channel does not serve it.
    """
    found = []
    for channel, profile in profiles.items():
        legs = []
        for parcel in parcels:
            way = leg(parcel, profile, lanes, currency, rates)
            if way is None and not parcel.crosses_border:
                way = leg(parcel, profiles[Channel.LOCAL], lanes, currency, rates)
            legs.append(way)
        ways = tuple(way for way in legs if way is not None)
        if len(ways) == len(legs) and any(way.channel is channel for way in ways):
            found.append(Offer(channel, ways, Money.sum((way.price for way in ways), currency)))
    return tuple(sorted(found, key=lambda offer: (offer.price.minor, offer.max_days)))


def promise(offer: Offer, parcels: Sequence[Parcel], placed_at: datetime) -> Promise:
    """When everything leaves and arrives (FUL-12, AMB-12).

    Each place sends on its own working days before its own cut-off; transit is in calendar days, and what would arrive
    on a day off arrives on the destination's next working day.
    """
    leaving, first, last = [], [], []
    for parcel, way in zip(parcels, offer.legs, strict=True):
        place = parcel.location
        day = dispatch_date(placed_at, place.time_zone, place.cutoff, place.country)
        leaving.append(day)
        first.append(next_working_day(day + timedelta(days=way.min_days), parcel.destination))
        last.append(next_working_day(day + timedelta(days=way.max_days), parcel.destination))
    return Promise(offer.min_days, offer.max_days, max(leaving), max(first), max(last))
