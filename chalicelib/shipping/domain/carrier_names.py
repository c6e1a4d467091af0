"""What people and couriers' files call the carriers, in English and Chinese, and which of ours that is (FUL-15)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from .waybills import CARRIERS

_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "china-post": ("中国邮政", "邮政", "邮政小包", "邮政国际小包", "中国邮政速递物流", "中邮"),
    "china-ems": ("ems", "邮政ems", "中国邮政ems", "国际ems", "邮政特快专递"),
    "usps": ("美国邮政", "united states postal service"),
    "royal-mail": ("英国皇家邮政", "皇家邮政"),
    "deutsche-post": ("dhl paket", "dhl germany", "deutsche post", "德国邮政"),
    "correios": ("巴西邮政",),
    "japan-post": ("日本邮政", "日本邮便"),
    "dhl": ("dhl", "dhl国际快递", "敦豪"),
    "ups": ("ups快递", "联合包裹"),
    "fedex": ("联邦快递", "联邦", "fedex express", "federal express"),
    "sf-express": ("顺丰", "顺丰速运", "顺丰快递", "sf", "sf express"),
    "yunexpress": ("云途", "云途物流", "yun express"),
    "4px": ("递四方", "递四方速递"),
    "yanwen": ("燕文", "燕文物流"),
    "cainiao": ("菜鸟", "菜鸟网络", "菜鸟国际"),
}  # fmt: skip
_BLANKS: Final = re.compile(r"[\s_-]+")


def _compared(name: str) -> str:
    return _BLANKS.sub("", name).lower()


_CODES: Final = {
    _compared(name): code for code, carrier in CARRIERS.items() for name in (code, carrier.name, *_CALLED.get(code, ()))
}


def code_of(name: str) -> str:
    """Our code of the carrier that somebody calls so; a name that nobody is called by stays as it is."""
    return _CODES.get(_compared(name), name)
