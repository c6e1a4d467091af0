"""What shoppers read about their orders, in English and Simplified Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .machine import State

Texts = Mapping[str, str]

STATES: Final[Mapping[State, Texts]] = {
    State.AWAITING_PAYMENT: {"en": "Waiting for your payment", "zh": "等待付款"},
    State.AWAITING_RETURN: {"en": "Reserved; waiting for the goods you send back", "zh": "已预留，等待退回商品"},
    State.UNDER_REVIEW: {"en": "Being checked", "zh": "订单审核中"},
    State.RETURNED_TO_CUSTOMER: {"en": "Please correct your order", "zh": "订单已退回，请修改"},
    State.ON_HOLD: {"en": "Being checked", "zh": "订单审核中"},
    State.REVIEWED: {"en": "Confirmed", "zh": "订单已确认"},
    State.ROUTED: {"en": "Confirmed", "zh": "订单已确认"},
    State.ACCEPTED: {"en": "Being prepared", "zh": "备货中"},
    State.PICKING: {"en": "Being prepared", "zh": "备货中"},
    State.PACKED: {"en": "Packed", "zh": "已打包"},
    State.READY_LOCKER: {"en": "Ready in the locker", "zh": "已放入自提柜"},
    State.READY_DESK: {"en": "Ready at the desk", "zh": "可到前台自提"},
    State.OUT_FOR_DELIVERY: {"en": "Out for delivery", "zh": "配送中"},
    State.PARTLY_SHIPPED: {"en": "Partly shipped", "zh": "部分已发货"},
    State.SHIPPED: {"en": "Shipped", "zh": "已发货"},
    State.HANDOVER_FAILED: {"en": "Could not be handed over", "zh": "未能交付"},
    State.STORE_HANDLING: {"en": "Customer service is looking after it", "zh": "客服处理中"},
    State.TAKEN_BACK: {"en": "On its way back to us", "zh": "商品退回中"},
    State.COMPLETED: {"en": "Completed", "zh": "已完成"},
    State.CANCELLED: {"en": "Cancelled", "zh": "已取消"},
}

REASONS: Final[Mapping[str, Texts]] = {
    "delivery_method_not_allowed": {
        "en": "The chosen way of delivery is not possible for these goods.", "zh": "所选配送方式不适用于该商品。",
    },
    "address_incomplete": {
        "en": "The delivery address is incomplete or too vague.", "zh": "收货地址不完整或不明确。",
    },
    "answered": {"en": "What you told us.", "zh": "您的说明。"},
    "other": {"en": "Please see our note.", "zh": "请查看备注。"},
}  # fmt: skip

#: What a timeline row says, by event; `service.reading` knows which of them shoppers see.
HAPPENINGS: Final[Mapping[str, Texts]] = {
    "order.placed": {"en": "Order placed", "zh": "订单已提交"},
    "order.exchange_opened": {"en": "Exchange order made, goods reserved", "zh": "换货订单已生成，商品已预留"},
    "order.paid": {"en": "Payment received", "zh": "已收到付款"},
    "order.part_paid": {"en": "Part of the payment received", "zh": "已收到部分付款"},
    "order.cash_agreed": {"en": "You pay when you get the goods", "zh": "货到付款"},
    "order.held": {"en": "Held for a person to look at", "zh": "订单待人工核查"},
    "order.reviewed": {"en": "Order confirmed", "zh": "订单已确认"},
    "order.returned_to_customer": {"en": "Order returned to you for correction", "zh": "订单已退回，请修改"},
    "order.corrected": {"en": "Price changed by your correction", "zh": "修改后价格已更新"},
    "order.resubmitted": {"en": "Correction received", "zh": "修改已提交"},
    "order.routed": {"en": "Passed to the store", "zh": "已分配门店"},
    "order.accepted": {"en": "The store has taken your order on", "zh": "门店已接单"},
    "order.picking_started": {"en": "Your goods are being collected", "zh": "正在拣货"},
    "order.packed": {"en": "Packed", "zh": "已打包"},
    "order.ready_for_pickup": {"en": "Ready for pickup", "zh": "可自提"},
    "locker_box.held": {"en": "Put into a box of the locker", "zh": "已放入自提柜格口"},
    "locker_box.given_up": {"en": "Box of the locker given back", "zh": "自提柜格口已释放"},
    "order.appointment_changed": {"en": "Delivery appointment changed", "zh": "配送预约时间已更改"},
    "order.sent_out": {"en": "Out for delivery", "zh": "配送中"},
    "order.partly_shipped": {"en": "A part of your order is on its way", "zh": "部分商品已发出"},
    "order.rest_cancelled": {"en": "What had not been sent was cancelled", "zh": "未发出的商品已取消"},
    "order.shipped": {"en": "Handed to the courier", "zh": "已交给快递"},
    "order.handover_failed": {"en": "Could not be handed over", "zh": "未能交付"},
    "order.cause_corrected": {"en": "Another cause of the failed hand-over was found", "zh": "未能交付的原因已更正"},
    "order.taken_over": {"en": "Customer service is looking after it", "zh": "客服处理中"},
    "order.taken_back": {"en": "The goods come back to us", "zh": "商品退回中"},
    "dispatch.handover_failed": {"en": "A part of your order could not be handed over", "zh": "部分商品未能交付"},
    "dispatch.taken_over": {"en": "Customer service is looking after a part", "zh": "客服正在处理部分商品"},
    "dispatch.shipped_again": {"en": "A part of your order was sent again", "zh": "部分商品已重新寄出"},
    "dispatch.ready_for_pickup": {"en": "A part of your order is ready for pickup", "zh": "部分商品可自提"},
    "dispatch.taken_back": {"en": "A part of your order came back to us", "zh": "部分商品已退回"},
    "dispatch.completed": {"en": "A part of your order was handed over", "zh": "部分商品已交付"},
    "order.completed": {"en": "Completed", "zh": "已完成"},
    "order.cancelled": {"en": "Cancelled", "zh": "已取消"},
    "order.refused_by_store": {"en": "The store does not take the order on", "zh": "门店拒绝接单"},
    "order.withdrawn": {"en": "Taken from the store", "zh": "已从门店撤回"},
    "order.goods_missing": {"en": "Goods were not found", "zh": "未找到商品"},
    "dispatch.routed": {"en": "A part was passed to a store", "zh": "部分商品已分配门店"},
    "dispatch.moved": {"en": "A store has gone on with its part", "zh": "门店已处理其部分"},
    "dispatch.changed": {"en": "A store has less to send than before", "zh": "门店需发的商品已减少"},
    "dispatch.shipped": {"en": "A part was handed to the courier", "zh": "部分商品已交给快递"},
    "dispatch.cancelled": {"en": "A store no longer has a part to send", "zh": "门店的部分已取消"},
    "order.problem_raised": {"en": "A problem was found", "zh": "订单出现异常"},
    "order.problem_warned": {"en": "The time for the problem is running out", "zh": "异常处理时限将到"},
    "order.problem_answered": {"en": "The customer was contacted", "zh": "已联系客户"},
    "order.problem_solved": {"en": "The problem is over", "zh": "异常已解决"},
    "order.problem_escalated": {"en": "The problem has come to management", "zh": "异常已升级至管理层"},
    "order.escalated": {"en": "The order has come to management", "zh": "订单已升级至管理层"},
    "order.deadline_missed": {"en": "A deadline has passed", "zh": "已逾期"},
    "payment.captured": {"en": "Payment received", "zh": "已收到付款"},
    "payment.failed": {"en": "Payment did not succeed", "zh": "付款未成功"},
    "payment.overdue": {"en": "The provider is asked about the payment", "zh": "正在向支付机构查询"},
    "dispute.opened": {"en": "The bank contests the payment", "zh": "付款被银行争议"},
    "dispute.closed": {"en": "The bank has decided", "zh": "付款争议已裁定"},
    "order.invoice_asked": {"en": "An invoice was asked for", "zh": "已申请发票"},
    "order.invoice_due": {"en": "The invoice is being made", "zh": "发票开具中"},
    "invoice.issued": {"en": "Invoice issued", "zh": "发票已开具"},
    "refund.requested": {"en": "Refund started", "zh": "退款处理中"},
    "refund.succeeded": {"en": "Refund paid", "zh": "退款已完成"},
    "refund.failed": {"en": "A refund has failed", "zh": "退款失败"},
    "shipment.created": {"en": "Parcel announced to the courier", "zh": "快递单已创建"},
    "shipment.in_transit": {"en": "In transit", "zh": "运输中"},
    "shipment.customs_cleared": {"en": "Cleared by customs", "zh": "已清关"},
    "shipment.out_for_delivery": {"en": "Out for delivery", "zh": "派送中"},
    "shipment.ready_for_pickup": {"en": "Waiting at the courier's pickup point", "zh": "快递待自取"},
    "shipment.delivered": {"en": "Delivered", "zh": "已签收"},
    "shipment.exception": {"en": "Delivery is delayed", "zh": "运输异常"},
}
#: What the customer sees of a return's life, in its own timeline as in that of its order.
RETURNS: Final[Mapping[str, Texts]] = {
    "return.requested": {"en": "You asked to send goods back", "zh": "您已申请退换商品"},
    "return.approved": {"en": "We have agreed to your request", "zh": "您的申请已通过"},
    "return.label_issued": {"en": "The return address is ready", "zh": "退货地址已提供"},
    "return.rejected": {"en": "Your request was not accepted", "zh": "您的申请未被接受"},
    "return.cancelled": {"en": "You keep the goods", "zh": "您已取消退换,保留商品"},
    "return.expired": {"en": "The parcel did not come in time", "zh": "退货包裹未按时寄回"},
    "return.received": {"en": "Your parcel has arrived", "zh": "退货包裹已收到"},
    "return.inspected": {"en": "The goods have been inspected", "zh": "退回商品已检验"},
    "return.refunded": {"en": "Your money has been paid back", "zh": "退款已完成"},
    "return.exchange_ordered": {"en": "Your exchange order is ready", "zh": "换货订单已生成"},
    "return.exchange_released": {"en": "The new goods are being sent", "zh": "新商品正在安排发货"},
    "return.exchanged": {"en": "The exchange is complete", "zh": "换货已完成"},
    "return.exchange_called_off": {
        "en": "There is no exchange: accepted goods are paid back", "zh": "换货已取消,验收的商品将退款",
    },
}  # fmt: skip
#: What only staff see of it.
RETURNS_OF_STAFF: Final[Mapping[str, Texts]] = {
    "return.released": {"en": "The refund was released", "zh": "退款已放行"},
    "return.refund_blocked": {"en": "The refund could not be paid", "zh": "退款受阻"},
    "return.goods_owed": {"en": "The exchanged goods have not come back", "zh": "换货的旧商品未寄回"},
    "return.overdue": {"en": "A desk has let its time pass", "zh": "处理超时"},
}
_ALL: Final = {**HAPPENINGS, **RETURNS, **RETURNS_OF_STAFF}


def of_happening(event: str) -> Texts:
    """What a timeline row says, in every language that we have; an event without words is named as it is."""
    return _ALL.get(event) or {"en": event}
