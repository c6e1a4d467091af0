"""What a shopper reads about a parcel, in English and Simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.shipping.domain.scans import Mark, Status

Texts = dict[str, str]


def _both(english: str, chinese: str) -> Texts:
    return {"en": english, "zh-Hans": chinese}


STATUS: Final[Mapping[Status, Texts]] = {
    Status.CREATED: _both("Handed to the carrier", "已交付承运商"),
    Status.INFO_RECEIVED: _both("The carrier has been told of the parcel", "承运商已收到寄件信息"),
    Status.IN_TRANSIT: _both("On its way", "运输途中"),
    Status.OUT_FOR_DELIVERY: _both("Out for delivery", "派送中"),
    Status.READY_FOR_PICKUP: _both("Ready for you to collect", "已到达自提点,等待领取"),
    Status.DELIVERED: _both("Delivered", "已签收"),
}

MARK: Final[Mapping[Mark, Texts]] = {
    Mark.CUSTOMS_STARTED: _both("In customs clearance", "清关中"),
    Mark.CUSTOMS_HELD: _both("Held by customs, papers are needed", "海关扣留,需补充资料"),
    Mark.CUSTOMS_CLEARED: _both("Cleared customs", "清关完成"),
    Mark.DELAYED: _both("Delayed", "运输延误"),
    Mark.FAILED_ATTEMPT: _both("Delivery was tried without success", "派送未成功"),
    Mark.WRONG_ADDRESS: _both("The address could not be found", "收件地址有误"),
    Mark.REFUSED: _both("Refused by the recipient", "收件人拒收"),
    Mark.NOT_COLLECTED: _both("Not collected in time", "逾期未领取"),
    Mark.HELD_FOR_PAYMENT: _both("Held until a payment is made", "待缴费,暂扣"),
    Mark.DAMAGED: _both("Damaged on the way", "运输途中破损"),
    Mark.LOST: _both("Lost on the way", "运输途中遗失"),
    Mark.RETURNING: _both("On its way back to us", "退回途中"),
    Mark.RETURNED: _both("Returned to us", "已退回"),
    Mark.CANCELLED: _both("Cancelled by the carrier", "承运商已取消"),
    Mark.NO_NEWS: _both("No news for a long time", "长时间无物流更新"),
    Mark.PROBLEM: _both("The carrier reports a problem", "承运商报告异常"),
}


def of(name: str) -> Texts:
    """The text of a node of the journey, a status or a mark."""
    return STATUS[Status(name)] if name in set(Status) else MARK[Mark(name)]
