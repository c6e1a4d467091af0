"""What customers and merchants read about bookings, in English and Simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .machine import State

Texts = Mapping[str, str]

STATES: Final[Mapping[State, Texts]] = {
    State.AWAITING_PAYMENT: {"en": "Waiting for your prepayment", "zh": "等待支付预约费用"},
    State.BOOKED: {"en": "Waiting for the merchant's confirmation", "zh": "等待商家确认"},
    State.MERCHANT_CONFIRMED: {"en": "Confirmed", "zh": "商家已确认"},
    State.CONSUMED: {"en": "Visited", "zh": "已到店消费"},
    State.COMPLETED: {"en": "Completed", "zh": "已完成"},
    State.CANCELLED: {"en": "Cancelled", "zh": "已取消"},
    State.NO_SHOW: {"en": "Missed", "zh": "未到店"},
    State.REFUND_DUE: {"en": "Missed, your prepayment is on its way back", "zh": "未到店，预约费用退还中"},
    State.CLOSED: {"en": "Missed", "zh": "未到店，已关闭"},
}

#: What a timeline row says, by event.
HAPPENINGS: Final[Mapping[str, Texts]] = {
    "booking.placed": {"en": "Booked", "zh": "已预约"},
    "booking.received": {"en": "Passed to the merchant", "zh": "已通知商家"},
    "booking.confirmed": {"en": "Confirmed by the merchant", "zh": "商家已确认"},
    "booking.cancelled": {"en": "Cancelled", "zh": "已取消"},
    "booking.lapsed": {"en": "Ended, because the merchant did not confirm in time", "zh": "商家未按时确认，预约已结束"},
    "booking.consumed": {"en": "Visited", "zh": "已到店消费"},
    "booking.completed": {"en": "Completed", "zh": "已完成"},
    "booking.missed": {"en": "Missed", "zh": "未到店"},
    "booking.closed": {"en": "Settled", "zh": "已结清"},
    "booking.excused": {"en": "Does not count as missed", "zh": "不计为失约"},
    "payment.captured": {"en": "Prepayment received", "zh": "已收到预约费用"},
    "payment.failed": {"en": "Payment did not succeed", "zh": "付款未成功"},
    "refund.requested": {"en": "Refund started", "zh": "退款处理中"},
    "refund.succeeded": {"en": "Refund paid", "zh": "退款已完成"},
}

#: What staff see beside that.
_FOR_STAFF: Final[Mapping[str, Texts]] = {
    "booking.deadline_missed": {"en": "The merchant has let a deadline pass", "zh": "商家逾期未处理"},
    "booking.refund_overdue": {"en": "The refund is overdue", "zh": "退款逾期"},
    "dispute.opened": {"en": "The bank contests the payment", "zh": "付款被银行争议"},
    "dispute.closed": {"en": "The bank has decided", "zh": "付款争议已裁定"},
    "refund.failed": {"en": "A refund has failed", "zh": "退款失败"},
    "payment.overdue": {"en": "The provider is asked about the payment", "zh": "正在向支付机构查询"},
}


def of_happening(type: str) -> Texts:
    """What a timeline row says; an event without words is named as it is."""
    return HAPPENINGS.get(type) or _FOR_STAFF.get(type) or {"en": type}
