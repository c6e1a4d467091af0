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

#: The words on paper.
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "invoice": "Invoice", "credit_note": "Credit note", "order": "Order", "corrects": "Corrects invoice",
        "issued": "Date of issue", "supplied": "Date of supply", "buyer": "Buyer", "seller": "Seller",
        "article": "Article", "sku": "SKU", "units": "Units", "price": "Unit price", "rate": "Tax rate",
        "amount": "Amount", "shipping": "shipping", "wrapping": "gift wrap", "duty": "import duty",
        "contained": "The amounts contain", "registration": "Registration", "net": "Net", "tax": "Tax",
        "total": "Total", "tax_number": "Tax number",
    },
    "zh": {
        "invoice": "发票", "credit_note": "红字发票", "order": "订单", "corrects": "对应发票", "issued": "开票日期",
        "supplied": "供货日期", "buyer": "购买方", "seller": "销售方", "article": "商品", "sku": "货号",
        "units": "数量", "price": "单价", "rate": "税率", "amount": "金额", "shipping": "运费", "wrapping": "礼品包装",
        "duty": "进口关税", "contained": "金额中包含",
        "registration": "税务登记", "net": "不含税金额", "tax": "税额", "total": "价税合计",
        "tax_number": "税号",
    },
}  # fmt: skip
