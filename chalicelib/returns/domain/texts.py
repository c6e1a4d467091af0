"""What customers and staff read of a return's life, in every language that we have (ORD-26)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Texts = dict[str, str]

#: What the customer sees of it, by event.
HAPPENINGS: Final[Mapping[str, Texts]] = {
    "return.requested": {"en": "You asked to send goods back", "zh-CN": "您已申请退换商品"},
    "return.approved": {"en": "We have agreed to your request", "zh-CN": "您的申请已通过"},
    "return.label_issued": {"en": "The return address is ready", "zh-CN": "退货地址已提供"},
    "return.rejected": {"en": "Your request was not accepted", "zh-CN": "您的申请未被接受"},
    "return.cancelled": {"en": "You keep the goods", "zh-CN": "您已取消退换,保留商品"},
    "return.expired": {"en": "The parcel did not come in time", "zh-CN": "退货包裹未按时寄回"},
    "return.received": {"en": "Your parcel has arrived", "zh-CN": "退货包裹已收到"},
    "return.inspected": {"en": "The goods have been inspected", "zh-CN": "退回商品已检验"},
    "return.refunded": {"en": "Your money has been paid back", "zh-CN": "退款已完成"},
    "return.exchange_ordered": {"en": "Your exchange order is ready", "zh-CN": "换货订单已生成"},
    "return.exchange_released": {"en": "The new goods are being sent", "zh-CN": "新商品正在安排发货"},
    "return.exchanged": {"en": "The exchange is complete", "zh-CN": "换货已完成"},
    "return.exchange_called_off": {
        "en": "There is no exchange: accepted goods are paid back", "zh-CN": "换货已取消,验收的商品将退款",
    },
}  # fmt: skip

#: What only staff see.
OF_STAFF: Final[Mapping[str, Texts]] = {
    "return.released": {"en": "The refund was released", "zh-CN": "退款已放行"},
    "return.refund_blocked": {"en": "The refund could not be paid", "zh-CN": "退款受阻"},
    "return.goods_owed": {"en": "The exchanged goods have not come back", "zh-CN": "换货的旧商品未寄回"},
    "return.overdue": {"en": "A desk has let its time pass", "zh-CN": "处理超时"},
}
