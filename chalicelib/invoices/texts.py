"""What stands on invoices in words, in English and Simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .domain import Remark

REMARKS: Final[Mapping[Remark, Mapping[str, str]]] = {
    Remark.REVERSE_CHARGE: {
        "en": "Reverse charge: the buyer owes the value added tax.", "zh": "反向征税：增值税由购买方缴纳。",
    },
    Remark.IMPORT_TAX_AT_BORDER: {
        "en": "Import tax is collected at the border and is not part of this invoice.",
        "zh": "进口税由海关征收，不含在本发票内。",
    },
}  # fmt: skip
