"""The shop's channels and their price lists: sample data, the project's own choice.

Transit days of POST, LINE and EXPRESS across a border are those of LOG-01 to LOG-03.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.core.money import Money

from .domain.rates import Channel, ChannelProfile, ChargeMethod, Lane

PROFILES: Final[Mapping[Channel, ChannelProfile]] = {
    profile.channel: profile
    for profile in (
        ChannelProfile(
            Channel.POST,
            ddp=False,
            tracked=False,
            max_weight_g=2_000,
            max_side_mm=600,
            max_boxes=1,
            max_value=Money(400_00, "EUR"),
        ),
        ChannelProfile(
            Channel.LINE,
            ddp=True,
            tracked=True,
            max_weight_g=30_000,
            max_side_mm=1_500,
            max_boxes=10,
            max_value=Money(3_000_00, "EUR"),
            volumetric_divisor=8_000,
        ),
        ChannelProfile(
            Channel.EXPRESS,
            ddp=True,
            tracked=True,
            max_weight_g=70_000,
            max_side_mm=1_200,
            max_boxes=10,
            volumetric_divisor=5_000,
        ),
        ChannelProfile(
            Channel.LOCAL,
            ddp=True,
            tracked=True,
            max_weight_g=30_000,
            max_side_mm=2_000,
            max_boxes=20,
        ),
    )
}


def _cny(minor: int) -> Money:
    return Money(minor, "CNY")


def _eur(minor: int) -> Money:
    return Money(minor, "EUR")


def _usd(minor: int) -> Money:
    return Money(minor, "USD")


_PER_GRAM, _FIRST, _FLAT = ChargeMethod.PER_GRAM, ChargeMethod.FIRST_ADDITIONAL, ChargeMethod.FLAT

LANES: Final[tuple[Lane, ...]] = (
    # From China
    Lane(Channel.POST, "CN", (), 15, 30, _PER_GRAM, _cny(20_00), 0, _cny(85_00), 1000),
    Lane(Channel.LINE, "CN", ("EU", "GB"), 7, 15, _FIRST, _cny(48_00), 500, _cny(22_00), 500),
    Lane(Channel.LINE, "CN", ("US",), 7, 15, _FIRST, _cny(52_00), 500, _cny(26_00), 500),
    Lane(Channel.LINE, "CN", ("JP",), 7, 15, _FIRST, _cny(30_00), 500, _cny(12_00), 500),
    Lane(Channel.LINE, "CN", (), 7, 15, _FIRST, _cny(70_00), 500, _cny(36_00), 500),
    Lane(Channel.EXPRESS, "CN", ("JP",), 3, 7, _FIRST, _cny(95_00), 500, _cny(25_00), 500, documents=_cny(75_00)),
    Lane(Channel.EXPRESS, "CN", (), 3, 7, _FIRST, _cny(160_00), 500, _cny(45_00), 500, documents=_cny(120_00)),
    Lane(Channel.LOCAL, "CN", ("CN",), 2, 4, _FIRST, _cny(8_00), 1000, _cny(2_00), 1000),
    Lane(Channel.EXPRESS, "CN", ("CN",), 1, 2, _FIRST, _cny(18_00), 1000, _cny(8_00), 1000),
    # From the European Union
    Lane(Channel.LOCAL, "EU", ("EU",), 2, 4, _FIRST, _eur(3_90), 2000, _eur(60), 1000, storage=_eur(60)),
    Lane(Channel.EXPRESS, "EU", ("EU",), 1, 2, _FIRST, _eur(11_90), 1000, _eur(1_50), 1000, storage=_eur(60)),
    Lane(Channel.POST, "EU", (), 15, 30, _PER_GRAM, _eur(4_00), 0, _eur(11_00), 1000),
    Lane(Channel.LINE, "EU", ("GB",), 7, 15, _FIRST, _eur(6_90), 1000, _eur(1_80), 1000, storage=_eur(60)),
    Lane(Channel.LINE, "EU", (), 7, 15, _FIRST, _eur(12_90), 1000, _eur(5_00), 1000, storage=_eur(60)),
    Lane(Channel.EXPRESS, "EU", (), 3, 7, _FIRST, _eur(27_90), 1000, _eur(7_50), 1000, documents=_eur(19_90)),
    # From the United States
    Lane(Channel.LOCAL, "US", ("US",), 2, 4, _FLAT, _usd(4_90), storage=_usd(70)),
    Lane(Channel.EXPRESS, "US", ("US",), 1, 2, _FIRST, _usd(18_90), 1000, _usd(3_00), 1000, storage=_usd(70)),
    Lane(Channel.LINE, "US", (), 7, 15, _FIRST, _usd(19_90), 1000, _usd(8_00), 1000),
    Lane(Channel.EXPRESS, "US", (), 3, 7, _FIRST, _usd(39_90), 1000, _usd(9_00), 1000, documents=_usd(29_90)),
)
