"""The markets and locations of the shop: packaged data, so that no request pays a read for them (I18N-06).

What the requirements leave open here (return days, certificates, taboos, places) is the project's own choice.
"""

from __future__ import annotations

from datetime import time
from typing import Final

from .domain import EU_MEMBERS, Location, Market

_ELECTRONICS_EU: Final = ("CE", "RoHS", "WEEE")

MARKETS: Final[dict[str, Market]] = {
    market.code: market
    for market in (
        Market(
            code="EU",
            countries=EU_MEMBERS,
            currency="EUR",
            languages=("en", "de", "fr", "nl", "es", "it", "zh-CN"),
            units="metric",
            prices_include_tax=True,
            time_zone="Europe/Berlin",
            holiday_country="DE",
            ships_from=("RTM1", "SZX1"),
            payment_methods=("card", "paypal", "ideal", "bancontact", "sepa_debit"),
            return_days=30,
            free_return_label=True,
            taboos=("religious symbols as decoration", "Nazi symbols"),
            certificates=(("electronics", _ELECTRONICS_EU), ("toys", ("CE", "EN 71")), ("cosmetics", ("CPNP",))),
        ),
        Market(
            code="GB",
            countries=("GB",),
            currency="GBP",
            languages=("en-GB", "zh-CN"),
            units="metric",
            prices_include_tax=True,
            time_zone="Europe/London",
            holiday_country="GB",
            ships_from=("RTM1", "SZX1"),
            payment_methods=("card", "paypal", "apple_pay"),
            return_days=30,
            free_return_label=True,
            certificates=(("electronics", ("UKCA",)), ("toys", ("UKCA", "EN 71"))),
        ),
        Market(
            code="US",
            countries=("US",),
            currency="USD",
            languages=("en-US", "es-US", "zh-CN"),
            units="imperial",
            prices_include_tax=False,
            time_zone="America/New_York",
            holiday_country="US",
            ships_from=("LAX1", "SZX1"),
            payment_methods=("card", "paypal", "apple_pay"),
            return_days=30,
            free_return_label=True,
            certificates=(("electronics", ("FCC",)), ("toys", ("CPC", "ASTM F963"))),
        ),
        Market(
            code="CN",
            countries=("CN",),
            currency="CNY",
            languages=("zh-CN", "en"),
            units="metric",
            prices_include_tax=True,
            time_zone="Asia/Shanghai",
            holiday_country="CN",
            ships_from=("SZX1", "SHA-S1"),
            payment_methods=("alipay", "wechat_pay", "unionpay", "card"),
            return_days=7,
            free_return_label=False,
            taboos=("clocks as gifts", "the number four"),
            certificates=(("electronics", ("CCC",)), ("toys", ("CCC",))),
        ),
        Market(
            code="JP",
            countries=("JP",),
            currency="JPY",
            languages=("ja-JP", "en", "zh-CN"),
            units="metric",
            prices_include_tax=True,
            time_zone="Asia/Tokyo",
            holiday_country="JP",
            ships_from=("SZX1",),
            payment_methods=("card", "konbini", "paypay"),
            return_days=14,
            free_return_label=False,
            taboos=("exclamation marks in messages", "the numbers four and nine", "sets of four"),
            certificates=(("electronics", ("PSE", "TELEC")), ("toys", ("ST",))),
        ),
        Market(
            code="BR",
            countries=("BR",),
            currency="BRL",
            languages=("pt-BR", "en", "zh-CN"),
            units="metric",
            prices_include_tax=True,
            time_zone="America/Sao_Paulo",
            holiday_country="BR",
            ships_from=("SZX1",),
            payment_methods=("pix", "card", "boleto"),
            return_days=14,
            free_return_label=False,
            instalments=True,
            high_tax=True,
            taboos=("purple and black flowers",),
            certificates=(("electronics", ("ANATEL", "INMETRO")), ("toys", ("INMETRO",))),
        ),
    )
}

LOCATIONS: Final[dict[str, Location]] = {
    place.id: place
    for place in (
        Location(
            id="SZX1",
            kind="warehouse",
            name="Shenzhen warehouse",
            country="CN",
            region="广东省",
            city="深圳市",
            postal_code="518103",
            lines=("宝安区福永街道1号",),
            latitude=22.67,
            longitude=113.81,
            time_zone="Asia/Shanghai",
            cutoff=time(16),
        ),
        Location(
            id="RTM1",
            kind="warehouse",
            name="Rotterdam warehouse",
            country="NL",
            region="",
            city="Rotterdam",
            postal_code="3199 LN",
            lines=("Magallanesstraat 1",),
            latitude=51.95,
            longitude=4.03,
            time_zone="Europe/Amsterdam",
            cutoff=time(16),
        ),
        Location(
            id="LAX1",
            kind="warehouse",
            name="Los Angeles warehouse",
            country="US",
            region="CA",
            city="Ontario",
            postal_code="91761",
            lines=("1000 E Airport Dr",),
            latitude=34.05,
            longitude=-117.60,
            time_zone="America/Los_Angeles",
            cutoff=time(16),
        ),
        Location(
            id="SHA-S1",
            kind="store",
            name="Shanghai store",
            country="CN",
            region="上海市",
            city="黄浦区",
            postal_code="200001",
            lines=("南京东路1号",),
            latitude=31.24,
            longitude=121.49,
            time_zone="Asia/Shanghai",
            cutoff=time(16),
        ),
        Location(
            id="BER-S1",
            kind="store",
            name="Berlin store",
            country="DE",
            region="",
            city="Berlin",
            postal_code="10117",
            lines=("Friedrichstraße 1",),
            latitude=52.51,
            longitude=13.39,
            time_zone="Europe/Berlin",
            cutoff=time(16),
        ),
    )
}

COUNTRY_MARKETS: Final[dict[str, Market]] = {
    country: market for market in MARKETS.values() for country in market.countries
}
