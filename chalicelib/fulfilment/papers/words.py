"""The words on paper, in English and Simplified Chinese."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "confirmation": "Order confirmation", "delivery_note": "Delivery note", "pick_list": "Pick list",
        "order": "Order", "placed": "Placed", "contact": "Contact", "ship_to": "Ship to", "pick_up": "Pick up at",
        "from": "From", "to": "To", "article": "Article", "sku": "SKU", "units": "Units", "price": "Unit price",
        "amount": "Amount", "subtotal": "Goods", "discount": "Discount", "shipping": "Shipping",
        "wrapping": "Gift wrap", "duty": "Import duty", "tax": "Tax", "tax_included": "including tax of",
        "deposit": "Deposit, returned on receipt", "total": "Total", "duty_at_door": "Due to customs on delivery",
        "payment": "Payment", "delivery": "Delivery", "card": "Card", "cash_on_delivery": "On delivery",
        "courier": "Courier", "pickup": "Pickup", "own_delivery": "Delivery by the store", "arrives": "Expected",
        "cancelled": "This order was cancelled.", "gift": "Gift wrapped", "message": "Message for the card",
        "parcels": "Parcels", "carrier": "Carrier", "waybill": "Waybill", "weight": "Weight", "boxes": "Boxes",
        "box": "Box", "of": "of", "no_price": "This note shows no prices.", "category": "Category", "other": "Other",
        "orders": "Orders", "fetched": "Done", "for_orders": "For orders", "collect": "Collect on delivery",
        "fresh": "CHILLED", "fragile": "FRAGILE", "holds": "holds", "store": "Store", "phone": "Phone",
    },
    "zh": {
        "confirmation": "订单确认", "delivery_note": "发货单", "pick_list": "备货单",
        "order": "订单", "placed": "下单时间", "contact": "联系方式", "ship_to": "收货地址", "pick_up": "自提地点",
        "from": "寄件人", "to": "收件人", "article": "商品", "sku": "货号", "units": "数量", "price": "单价",
        "amount": "金额", "subtotal": "商品", "discount": "优惠", "shipping": "运费",
        "wrapping": "礼品包装", "duty": "进口关税", "tax": "税", "tax_included": "含税",
        "deposit": "保证金(收货后退还)", "total": "合计", "duty_at_door": "收货时应付海关税费",
        "payment": "支付方式", "delivery": "配送方式", "card": "银行卡", "cash_on_delivery": "货到付款",
        "courier": "快递", "pickup": "自提", "own_delivery": "门店配送", "arrives": "预计送达",
        "cancelled": "此订单已取消。", "gift": "礼品包装", "message": "贺卡留言",
        "parcels": "包裹", "carrier": "快递公司", "waybill": "运单号", "weight": "重量", "boxes": "箱数",
        "box": "箱", "of": "/", "no_price": "本单不含价格。", "category": "分类", "other": "其他",
        "orders": "订单", "fetched": "完成", "for_orders": "所属订单", "collect": "代收货款",
        "fresh": "生鲜冷藏", "fragile": "易碎品", "holds": "含", "store": "门店", "phone": "电话",
    },
}  # fmt: skip


def words_in(tag: str) -> Callable[[str], str]:
    """Looks words up in the language nearest to a BCP 47 tag: Chinese or English."""
    return WORDS["zh" if tag.lower().split("-")[0] == "zh" else "en"].__getitem__
