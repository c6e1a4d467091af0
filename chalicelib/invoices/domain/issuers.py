"""The companies that sell, and whose name stands on an invoice: one per market, packaged data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .document import Issuer, Party

_EUROPE: Final = Issuer(
    "CEU", Party("Caravan Europe B.V.", ("Magallanesstraat 1", "3199 LN Rotterdam"), "NL", "NL000000000B01")
)
#: By market. The numbers are those of the seed's registrations, until the shop's own take their place.
ISSUERS: Final[Mapping[str, Issuer]] = {
    "EU": _EUROPE,
    "GB": Issuer("CGB", Party("Caravan UK Ltd", ("1 Poultry", "London EC2R 8EJ"), "GB", "GB000000000")),
    "US": Issuer("CUS", Party("Caravan Inc.", ("1000 E Airport Dr", "Ontario, CA 91761"), "US")),
    "CN": Issuer(
        "CCN", Party("深圳驼队贸易有限公司", ("宝安区福永街道1号", "广东省深圳市 518103"), "CN", "91440300000000000X")
    ),
    "JP": Issuer(
        "CJP", Party("キャラバンジャパン株式会社", ("千代田1-1", "東京都千代田区 100-0001"), "JP", "T0000000000000")
    ),
    "BR": Issuer(
        "CBR", Party("Caravan do Brasil Ltda.", ("Av. Paulista 1", "São Paulo, SP 01310-100"), "BR", "00000000000000")
    ),
}
