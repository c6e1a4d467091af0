"""Channels: price, days, limits, and which one suits which goods."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.markets.domain import ExchangeRates, Location
from chalicelib.shipping.domain.rates import (
    Channel,
    ChargeMethod,
    Lane,
    Offer,
    Parcel,
    Piece,
    lane_price,
    leg,
    offers,
    promise,
    weigh,
)
from chalicelib.shipping.tariffs import LANES, PROFILES

RATES = ExchangeRates({"USD": 1_160_000, "GBP": 870_000, "CNY": 8_250_000, "JPY": 175_000_000, "BRL": 6_250_000})


def place(location_id: str, country: str, time_zone: str) -> Location:
    return Location(location_id, "warehouse", location_id, country, "", "", "", (), 0.0, 0.0, time_zone, time(16))


SHENZHEN = place("SZX1", "CN", "Asia/Shanghai")
ROTTERDAM = place("RTM1", "NL", "Europe/Amsterdam")
SHIRT = Piece(1, 200, 300, 200, 30, "6109.10")


def parcel(
    piece: Piece = SHIRT, origin: Location = SHENZHEN, destination: str = "DE", value: str = "20.00", **more: bool
) -> Parcel:
    return Parcel(origin, destination, (piece,), Money.of(value, "EUR"), **more)


def of(*parcels: Parcel, currency: str = "EUR") -> dict[Channel, Offer]:
    return {offer.channel: offer for offer in offers(parcels, PROFILES, LANES, currency, RATES)}


@pytest.mark.parametrize(
    ("channel", "days"),
    [(Channel.POST, (15, 30)), (Channel.LINE, (7, 15)), (Channel.EXPRESS, (3, 7))],
)
def test_transit_days_across_a_border_log_01_02_03(channel: Channel, days: tuple[int, int]) -> None:
    for origin in (SHENZHEN,):
        for destination in ("DE", "GB", "US", "JP"):
            offer = of(parcel(origin=origin, destination=destination))[channel]
            assert (offer.min_days, offer.max_days) == days


def test_post_is_charged_per_gram_log_08() -> None:
    # CNY 20.00 + 85.00 per kg: 200 g cost 37.00, 201 g 37.085 -> 37.09; in euro at 8.25: 4.4848 and 4.4957.
    assert of(parcel())[Channel.POST].price == Money(4_48, "EUR")
    assert of(parcel(replace(SHIRT, weight_g=201)))[Channel.POST].price == Money(4_50, "EUR")


def test_line_and_express_charge_a_first_weight_and_every_begun_step_log_08() -> None:
    lane = Lane(
        Channel.LINE, "CN", (), 7, 15, ChargeMethod.FIRST_ADDITIONAL, Money(48_00, "CNY"), 500, Money(22_00, "CNY"), 500
    )
    prices = {grams: lane_price(lane, grams, 1, documents=False).minor for grams in (1, 500, 501, 1000, 1001)}
    assert prices == {1: 48_00, 500: 48_00, 501: 70_00, 1000: 70_00, 1001: 92_00}


def test_documents_have_their_own_express_price_log_08() -> None:
    book = Piece(1, 400, 200, 150, 20, "4901.99")
    assert of(parcel(book))[Channel.EXPRESS].price == Money(14_55, "EUR")  # CNY 120.00
    assert of(parcel(replace(book, hs_code="6109.10")))[Channel.EXPRESS].price == Money(19_39, "EUR")  # CNY 160.00
    heavy = replace(book, weight_g=600)
    assert of(parcel(heavy))[Channel.EXPRESS].price == Money(24_85, "EUR")  # CNY 205.00: beyond the first weight


def test_express_charges_the_greater_of_volume_and_weight_and_shows_both_log_09() -> None:
    pillow = Piece(2, 600, 500, 400, 200, "9404.90")
    (way,) = of(parcel(pillow))[Channel.EXPRESS].legs
    assert (way.weighed.actual_g, way.weighed.volumetric_g, way.weighed.charged_g) == (1_200, 16_000, 16_000)
    (slow,) = of(parcel(replace(pillow, quantity=1)))[Channel.POST].legs
    assert slow.weighed.charged_g == 600


def test_every_begun_gram_of_volume_counts() -> None:
    assert weigh(parcel(Piece(1, 1, 10, 10, 51, "")), 5_000).volumetric_g == 2


def test_stock_placed_ahead_costs_storage_and_local_delivery_log_04() -> None:
    local = of(parcel(origin=ROTTERDAM))
    assert set(local) == {Channel.LOCAL, Channel.EXPRESS}
    assert local[Channel.LOCAL].price == Money(3_90 + 60, "EUR")


def test_post_takes_only_small_light_goods_of_low_value_log_01() -> None:
    assert Channel.POST in of(parcel(replace(SHIRT, weight_g=2_000)))
    assert Channel.POST not in of(parcel(replace(SHIRT, weight_g=2_001)))
    assert Channel.POST not in of(parcel(replace(SHIRT, length_mm=601)))
    assert Channel.POST not in of(parcel(value="400.01"))


def test_express_has_strict_size_limits_log_03() -> None:
    assert Channel.EXPRESS not in of(parcel(replace(SHIRT, length_mm=1_201)))


def test_what_is_too_heavy_for_one_box_is_split_into_equal_boxes() -> None:
    bricks = Piece(9, 10_000, 200, 200, 200, "6904.10")
    (way,) = of(parcel(bricks, origin=ROTTERDAM))[Channel.LOCAL].legs
    assert way.price == (Money(3_90, "EUR") + Money(60, "EUR") * 28 + Money(60, "EUR")) * 3


def test_what_nobody_carries_gets_no_offer() -> None:
    assert of(parcel(replace(SHIRT, weight_g=200_000))) == {}
    assert of(parcel(origin=place("X", "ZA", "UTC"))) == {}


def test_a_parcel_that_must_arrive_with_duty_paid_gets_only_ddp_channels_log_07() -> None:
    assert set(of(parcel(destination="BR", must_be_prepaid=True))) == {Channel.LINE, Channel.EXPRESS}
    assert all(offer.prepaid for offer in of(parcel(destination="BR", must_be_prepaid=True)).values())


def test_post_leaves_duty_to_the_door_and_says_so_tax_03() -> None:
    ways = of(parcel())
    assert not ways[Channel.POST].prepaid
    assert ways[Channel.LINE].prepaid and ways[Channel.EXPRESS].prepaid


def test_parcels_from_two_places_add_up_and_the_slower_one_counts() -> None:
    ways = of(parcel(), parcel(origin=ROTTERDAM))
    assert set(ways) == {Channel.POST, Channel.LINE, Channel.EXPRESS}
    post = ways[Channel.POST]
    assert [way.channel for way in post.legs] == [Channel.POST, Channel.LOCAL]
    assert post.price == post.legs[0].price + post.legs[1].price
    assert (post.min_days, post.max_days) == (15, 30)
    assert [way.channel for way in ways[Channel.EXPRESS].legs] == [Channel.EXPRESS, Channel.EXPRESS]


def test_offers_come_cheapest_first_log_10() -> None:
    found = offers((parcel(),), PROFILES, LANES, "USD", RATES)
    assert [offer.price.minor for offer in found] == sorted(offer.price.minor for offer in found)
    assert {offer.price.currency for offer in found} == {"USD"}


def test_the_promise_counts_from_the_day_it_leaves_and_ends_on_a_working_day_ful_12() -> None:
    goods = parcel(origin=ROTTERDAM)
    (local, *_) = offers((goods,), PROFILES, LANES, "EUR", RATES)
    made = promise(local, (goods,), datetime(2026, 11, 19, 14, 59, tzinfo=UTC))  # Thursday 15:59 in Rotterdam
    assert (made.dispatched_on, made.earliest, made.latest) == (
        date(2026, 11, 19),
        date(2026, 11, 23),
        date(2026, 11, 23),
    )
    late = promise(local, (goods,), datetime(2026, 11, 19, 15, 0, tzinfo=UTC))
    assert (late.dispatched_on, late.earliest, late.latest) == (
        date(2026, 11, 20),
        date(2026, 11, 23),
        date(2026, 11, 24),
    )


def test_the_promise_waits_for_the_slowest_parcel() -> None:
    goods = (parcel(), parcel(origin=ROTTERDAM))
    (post, *_) = offers(goods, PROFILES, LANES, "EUR", RATES)
    made = promise(post, goods, datetime(2026, 11, 19, 3, 0, tzinfo=UTC))
    assert made.latest == date(2026, 12, 21)  # 19 November + 30 days is a Saturday


@given(st.integers(1, 60_000), st.integers(1, 60_000))
def test_heavier_never_costs_less_in_the_same_boxes(first: int, second: int) -> None:
    light, heavy = sorted((first, second))
    for lane in LANES:
        assert lane_price(lane, light, 1, documents=False) <= lane_price(lane, heavy, 1, documents=False)


@given(st.integers(1, 5), st.integers(1, 400), st.integers(1, 300))
def test_no_leg_ever_exceeds_its_channel(quantity: int, weight: int, side: int) -> None:
    goods = parcel(Piece(quantity, weight, side, side, side, ""))
    for profile in PROFILES.values():
        way = leg(goods, profile, LANES, "EUR", RATES)
        if way is not None:
            assert way.weighed.charged_g <= profile.max_weight_g * profile.max_boxes
