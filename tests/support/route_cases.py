"""A sound request to every closed route, made of somebody's ids.

`tests/contract/test_contract_authorization.py` tries each as everybody who may not; a closed route that is missing here
fails there.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.auth import Post
from chalicelib.core.clock import utc_now
from tests.support.world import BERLIN, CONTACT
from tests.support.world import SHOPPER as OWNER

Ids = dict[str, str]
Body = Callable[[Ids], Any]


def _is(value: Any) -> Body:
    return lambda _: value


@dataclass(frozen=True)
class Case:
    """A sound request to a route, made of the owner's ids.

    Args:
        named: ids of somebody's things that the request names; without any, everybody asks for their own.
        body: of the request.
        query: of the request.
        there: whether what it asks for exists; an order that a courier takes has no pickup code.
        by: whose post it is for, where not everybody who is let in may ask for everything.
        anywhere: whether every store's staff may do it for themselves: what they bring is their own.
    """

    named: tuple[str, ...] = ()
    body: Body = field(default=_is(None))
    query: dict[str, str] = field(default_factory=dict)
    there: bool = True
    by: Post | None = None
    anywhere: bool = False


_PRODUCT = {
    "slug": "mug", "title": {"en": "Mug"}, "category": "kitchen", "variants": [{"sku": "mug-1", "weight_g": 100}],
}  # fmt: skip
_PART = {"first_line": 1, "text": "Handle,Title\n", "last": True}
SLIPS = {
    "name": "a.csv", "kind": "waybills",
    "content": b64encode(b"order_number,carrier,waybill\nC7K2Q0M9VX4TBT,ups,1Z999AA10123456784\n").decode(),
}  # fmt: skip
_BOX = {"name": "M", "length_mm": 400, "width_mm": 300, "height_mm": 200, "most_g": 9000}
_ONE_EURO = {"amount": "1.00", "currency": "EUR"}
ANOTHER = {"name": "Bob Bobson", "lines": ["Torstraße 1"], "city": "Berlin", "postal_code": "10119", "country": "DE"}
_OF_ORDER, _OF_RETURN, _OF_CART = Case(("order_id",)), Case(("return_id",)), Case(("cart_id",))
_OF_CONSIGNMENT = Case(("consignment_id",))
_OF_BOOKING, _OF_MERCHANT = Case(("booking_id",)), Case(("merchant_id",))
_SHARED = Case()

_TABLE = {"rows": [{"id": "rest", "priority": 1, "channel": "LINE"}]}
_FACTS = {"market": "EU", "country": "DE", "weight_g": 1, "value": _ONE_EURO}

#: Every closed route. Open ones are listed in `tests/infra/open_routes.txt`.
CASES: dict[str, Case] = {
    "POST /staff/catalog/imports": Case(body=_is({"name": "a.csv", "format": "shopify_csv"})),
    "GET /staff/catalog/imports": _SHARED,
    "GET /staff/catalog/imports/{import_id}": _SHARED,
    "POST /staff/catalog/imports/{import_id}/parts": Case(body=_is(_PART)),
    "GET /staff/catalog/imports/{import_id}/report": _SHARED,
    "GET /staff/catalog/products": _SHARED,
    "POST /staff/catalog/products": Case(body=_is(_PRODUCT)),
    "GET /staff/catalog/products/{slug}": _SHARED,
    "PUT /staff/catalog/products/{slug}": Case(body=_is(_PRODUCT)),
    "POST /staff/catalog/products/{slug}/publish": _SHARED,
    "POST /staff/catalog/products/{slug}/withdraw": _SHARED,
    "POST /staff/catalog/products/{slug}/archive": _SHARED,
    "GET /staff/catalog/categories": _SHARED,
    "PUT /staff/catalog/categories/{slug}": Case(body=_is({"title": {"en": "Cups"}})),
    "PUT /staff/catalog/brands/{slug}": Case(body=_is({"name": "Brand"})),
    "GET /staff/catalog/options": _SHARED,
    "PUT /staff/catalog/options/{code}": Case(
        body=_is({"title": {"en": "Size"}, "values": [{"code": "s", "title": {"en": "S"}}]})
    ),
    "GET /me": _SHARED,
    "PATCH /me": Case(body=_is({"name": "Somebody"})),
    "GET /me/addresses": _SHARED,
    "POST /me/addresses": Case(body=_is({"address": ANOTHER})),
    "DELETE /me/addresses/{address_id}": Case(("address_id",)),
    "POST /me/purchases": Case(body=_is({"sku": "bowl-1"})),  # no other case takes it off sale
    "GET /me/balance": _SHARED,
    "POST /me/balance/payments": Case(body=_is({"amount": {"amount": "50.00", "currency": "EUR"}, "market": "EU"})),
    "GET /me/balance/payments": _SHARED,
    "GET /me/balance/payments/{top_up_id}": Case(("top_up_id",)),
    "POST /me/balance/payments/{top_up_id}/payment": Case(("top_up_id",), _is({"provider": "sandbox"})),
    "POST /staff/top-ups/{top_up_id}/refund": Case(("top_up_id",), _is({"amount": _ONE_EURO, "note": "asked for"})),
    "GET /staff/me": _SHARED,
    "GET /staff/settings": _SHARED,
    "PUT /staff/settings/{name}": Case(body=_is({"value": 31})),
    "GET /staff/routing/tables/channels": _SHARED,
    "PUT /staff/routing/tables/channels": Case(body=_is(_TABLE)),
    "GET /staff/routing/tables/channels/versions": _SHARED,
    "GET /staff/routing/tables/channels/versions/{number}": Case(there=False),
    "POST /staff/routing/tables/channels/dry-run": Case(body=_is({"facts": _FACTS})),
    "POST /staff/routing/tables/channels/comparison": Case(body=_is({"draft": _TABLE})),
    "GET /staff/stock/{sku}": _SHARED,
    "POST /staff/stock/{sku}/adjustments": Case(
        body=_is({"location": "RTM1", "move": "receive", "quantity": 1, "reason": "found"})
    ),
    "POST /staff/stock/{sku}/shards": Case(body=_is({"location": "RTM1", "shards": 2})),
    "POST /staff/list-prices": Case(
        body=_is({
            "market": "EU", "cost": _ONE_EURO, "freight": _ONE_EURO, "duty_rate": "0.02", "tax_rate": "0.19",
            "margin": "0.3",
        })
    ),
    "GET /staff/duty-rates": Case(query={"destination": "DE", "hs_code": "691110", "origin": "CN"}),
    "GET /staff/ledger/trial-balance": _SHARED,
    "GET /staff/orders/{order_id}/ledger": _SHARED,
    "GET /carts/{cart_id}": _OF_CART,
    "PATCH /carts/{cart_id}": Case(("cart_id",), _is({"language": "de"})),
    "DELETE /carts/{cart_id}": _OF_CART,
    "POST /carts/{cart_id}/lines": Case(("cart_id",), _is({"sku": "mug-1", "quantity": 1})),
    "DELETE /carts/{cart_id}/lines": _OF_CART,
    "PATCH /carts/{cart_id}/lines/{line_id}": Case(("cart_id",), _is({"quantity": 3})),
    "DELETE /carts/{cart_id}/lines/{line_id}": _OF_CART,
    "POST /carts/{cart_id}/quote": Case(("cart_id",), _is({"ship_to": BERLIN, "contact": CONTACT})),
    "POST /carts/{cart_id}/merge": _OF_CART,
    "GET /staff/orders/{order_id}/payments": _SHARED,
    "POST /staff/orders/{order_id}/refunds": Case(
        body=_is({"amount": _ONE_EURO, "reason": "goodwill", "note": "sorry"})
    ),
    "GET /staff/payments/tasks": _SHARED,
    "POST /staff/unmatched-payments/{unmatched_id}/refund": _SHARED,
    "GET /staff/orders": _SHARED,
    "GET /staff/orders/{order_id}": _OF_ORDER,
    "GET /staff/orders/{order_id}/timeline": _OF_ORDER,
    "GET /staff/orders/{order_id}/dispatches": _OF_ORDER,
    "POST /staff/orders/{order_id}/release": _OF_ORDER,
    "POST /staff/orders/{order_id}/return": Case(("order_id",), _is({"reasons": ["other"], "note": "why"})),
    "POST /staff/orders/{order_id}/cancel": Case(("order_id",), _is({"reason": "other"})),
    "POST /staff/orders/{order_id}/contacted": _OF_ORDER,
    "POST /staff/orders/{order_id}/problem": Case(("order_id",), _is({"problem": "out_of_stock"})),
    "POST /staff/orders/{order_id}/refuse": Case(("order_id",), _is({"reason": "closed"})),
    "POST /staff/orders/{order_id}/route": Case(("order_id",), _is({})),
    "POST /orders": Case(("cart_id",), lambda ids: {"cart_id": ids["cart_id"], "quote_hash": "0" * 64}),
    "GET /orders": _SHARED,
    "GET /orders/{order_id}": _OF_ORDER,
    "GET /orders/{order_id}/timeline": _OF_ORDER,
    "GET /orders/{order_id}/invoice": Case(("order_id",), there=False),
    "PUT /orders/{order_id}/invoice": Case(("order_id",), _is({"kind": "personal", "title": "Ann"})),
    "PUT /staff/orders/{order_id}/invoice": Case(("order_id",), _is({"kind": "personal", "title": "Ann"})),
    "GET /staff/orders/{order_id}/invoice": Case(("order_id",), there=False),
    "GET /orders/{order_id}/invoice/pdf": Case(("order_id",), there=False),
    "GET /staff/orders/{order_id}/invoice/pdf": Case(("order_id",), there=False),
    "GET /staff/invoices": Case(query={"series": "CEU-2026"}),
    "GET /orders/{order_id}/payment": _OF_ORDER,
    "POST /orders/{order_id}/payment/balance": Case(("order_id",), _is({"amount": _ONE_EURO})),
    "POST /orders/{order_id}/payment": Case(("order_id",), _is({"provider": "sandbox"})),
    "POST /orders/{order_id}/cancel": Case(("order_id",), _is({})),
    "PATCH /orders/{order_id}": Case(("order_id",), _is({"ship_to": BERLIN})),
    "POST /orders/{order_id}/reorder": Case(("order_id",), _is({})),
    "POST /orders/{order_id}/receipt": _OF_ORDER,
    "GET /orders/{order_id}/shipments": _OF_ORDER,
    "GET /staff/stores/{store}/orders": Case(("store",)),
    "POST /staff/orders/{order_id}/dispatches/{store}/accept": Case(("order_id", "store"), there=False),
    "POST /staff/orders/{order_id}/dispatches/{store}/pick": Case(("order_id", "store"), there=False),
    "POST /staff/orders/{order_id}/dispatches/{store}/pack": Case(
        ("order_id", "store"), _is({"boxes": [{"weight_g": 100}]}), there=False
    ),
    "POST /staff/orders/{order_id}/dispatches/{store}/ship": Case(
        ("order_id", "store"), _is({"carrier": "china-post", "waybill": "RR473124829CN"}), there=False
    ),
    "POST /staff/orders/{order_id}/dispatches/{store}/slip": Case(
        ("order_id", "store"), _is({"number": "1", "signed_by": "E", "signed_at": "2026-11-20T09:00:00Z"}), there=False
    ),
    "POST /staff/orders/{order_id}/dispatches/{store}/handover-failed": Case(
        ("order_id", "store"), _is({"cause": "refused"}), there=False
    ),
    "POST /staff/orders/{order_id}/dispatches/{store}/take-over": Case(("order_id", "store"), there=False),
    "GET /staff/orders/{order_id}/dispatches/{store}/decisions": Case(("order_id", "store"), there=False),
    "POST /staff/orders/{order_id}/dispatches/{store}/resolve": Case(
        ("order_id", "store"), _is({"decision": "take_back"}), there=False
    ),
    "GET /staff/orders/{order_id}/dispatches/{store}/pickup": Case(("order_id", "store"), there=False),
    "POST /staff/orders/{order_id}/dispatches/{store}/pickup": Case(
        ("order_id", "store"), _is({"code": "0123456789"}), there=False
    ),
    "POST /staff/orders/{order_id}/dispatches/{store}/pickup-code": Case(("order_id", "store"), there=False),
    "POST /staff/orders/{order_id}/accept": _OF_ORDER,
    "POST /staff/orders/{order_id}/pick": _OF_ORDER,
    "POST /staff/orders/{order_id}/pack": Case(("order_id",), _is({"boxes": [{"weight_g": 100}]})),
    "POST /staff/orders/{order_id}/ship": Case(
        ("order_id",), _is({"carrier": "ups", "waybill": "1Z999AA10123456784"})
    ),
    "POST /staff/orders/{order_id}/slip": Case(
        ("order_id",), lambda _: {"number": "1", "signed_by": "E", "signed_at": utc_now().isoformat()}
    ),
    "POST /staff/slip-files": Case(body=_is(SLIPS), anywhere=True),
    "GET /staff/slip-files": _SHARED,
    "GET /staff/slip-files/{file_id}": Case(("file_id",)),
    "GET /staff/slip-files/{file_id}/rows": Case(("file_id",)),
    "GET /staff/stores/{store}/mergeable": Case(("store",)),
    "GET /staff/stores/{store}/consignments": Case(("store",)),
    "POST /staff/consignments": Case(
        ("order_id",), lambda own: {"orders": [own["order_id"], own["beside_id"]]}, there=False
    ),
    "GET /staff/consignments/{consignment_id}": _OF_CONSIGNMENT,
    "POST /staff/consignments/{consignment_id}/pack": Case(("consignment_id",), _is({"boxes": [{"weight_g": 500}]})),
    "POST /staff/consignments/{consignment_id}/ship": Case(
        ("consignment_id",), _is({"carrier": "ups", "waybill": "1Z999AA10123456784"})
    ),
    "POST /staff/consignments/{consignment_id}/part": _OF_CONSIGNMENT,
    "POST /staff/consignments/{consignment_id}/orders/{order_id}/take-out": _OF_CONSIGNMENT,
    "POST /orders/{order_id}/merge": Case(("order_id",), lambda own: {"orders": [own["beside_id"]]}, there=False),
    "GET /staff/stores/{store}/boxes": Case(("store",)),
    "PUT /staff/stores/{store}/boxes": Case(("store",), _is({"sizes": [_BOX]})),
    "GET /staff/orders/{order_id}/boxes": _OF_ORDER,
    "GET /staff/stores/{store}/space-use": Case(("store",)),
    "POST /staff/compression-tests": Case(
        body=_is({"sku": "mug-1", "packaging": "M", "passed": True, "report": "1", "tested_at": "2026-01-01T00:00:00Z"})
    ),
    "GET /staff/compression-tests/{sku}": _SHARED,
    "GET /staff/orders/{order_id}/documents/{kind}": _OF_ORDER,
    "GET /staff/documents/{kind}": Case(query={"order": "C7K2Q0M9VX4TBT"}, there=False),
    "GET /orders/{order_id}/confirmation": _OF_ORDER,
    "GET /staff/channels/{channel}/transit-times": _SHARED,
    "POST /orders/{order_id}/returns": Case(
        ("order_id",), _is({"lines": [{"line": "1", "quantity": 1, "reason": "changed_mind"}]})
    ),
    "POST /orders/{order_id}/exchanges": Case(
        ("order_id",), _is({"lines": [{"line": "1", "quantity": 1, "reason": "changed_mind"}]})
    ),
    "GET /orders/{order_id}/returns": _OF_ORDER,
    "GET /returns/{return_id}": _OF_RETURN,
    "POST /returns/{return_id}/cancel": _OF_RETURN,
    "POST /staff/orders/{order_id}/ready": Case(("order_id",), _is({}), there=False),
    "GET /staff/orders/{order_id}/pickup": Case(("order_id",), there=False),
    "POST /staff/orders/{order_id}/pickup": Case(("order_id",), _is({"code": "123456"}), there=False),
    "POST /staff/orders/{order_id}/pickup-code": Case(("order_id",), there=False),
    "POST /staff/orders/{order_id}/assign": Case(("order_id",), _is({"person": "s"}), there=False),
    "POST /staff/orders/{order_id}/send-out": Case(("order_id",), there=False),
    "POST /staff/orders/{order_id}/delivered": Case(("order_id",), _is({}), there=False),
    "GET /staff/stores/{store}/delivery-people": Case(("store",)),
    "PUT /staff/stores/{store}/delivery-people": Case(("store",), _is({"people": ["rider-1"]})),
    "GET /staff/stores/{store}/rounds/{person}": Case(("store",)),
    "GET /staff/stores/{store}/shared-stops": Case(("store",)),
    "POST /staff/stores/{store}/shared-stops": Case(
        ("store", "order_id"), lambda own: {"person": "rider-1", "orders": [own["order_id"], own["beside_id"]]},
        there=False,
    ),
    "POST /staff/orders/{order_id}/handover-failed": Case(("order_id",), _is({"cause": "refused"})),
    "POST /staff/orders/{order_id}/take-over": _OF_ORDER,
    "GET /staff/orders/{order_id}/decisions": _OF_ORDER,
    "POST /staff/orders/{order_id}/resolve": Case(("order_id",), _is({"decision": "take_back"})),
    "POST /staff/standings": Case(body=_is({"customer": OWNER.id})),
    "PUT /staff/blacklist": Case(body=_is({"customer": OWNER.id, "reason": "x"})),
    "POST /staff/orders/{order_id}/handover-cause": Case(("order_id",), _is({"by_customer": True, "note": "x"})),
    "GET /staff/work": _SHARED,
    "GET /staff/work/{group}": Case(by=Post.ORDER_DESK),
    "POST /staff/orders/{order_id}/claim": _OF_ORDER,
    "POST /staff/orders/{order_id}/unclaim": _OF_ORDER,
    "POST /staff/orders/{order_id}/solved": _OF_ORDER,
    "GET /staff/exceptions": _SHARED,
    "GET /staff/reports/abnormal-orders": Case(query={"month": "2026-11"}),
    "GET /staff/returns": _SHARED,
    "GET /staff/returns/{return_id}": _OF_RETURN,
    "GET /returns/{return_id}/timeline": _OF_RETURN,
    "GET /staff/returns/{return_id}/timeline": _OF_RETURN,
    "POST /staff/returns/{return_id}/claim": Case(("return_id",), by=Post.ADMIN),
    "POST /staff/returns/{return_id}/unclaim": Case(("return_id",), by=Post.ADMIN),
    "POST /staff/returns/{return_id}/approve": Case(("return_id",), _is({})),
    "POST /staff/returns/{return_id}/write-off": Case(("return_id",), _is({"note": "x"})),
    "POST /staff/returns/{return_id}/reject": Case(("return_id",), _is({"reason": "other"})),
    "POST /staff/returns/{return_id}/receive": Case(("return_id",), _is({})),
    "POST /staff/returns/{return_id}/inspect": Case(
        ("return_id",),
        _is({"lines": [{"line": "1", "accepted": 1, "condition": "unopened", "disposition": "restock"}]}),
    ),
    "GET /bookings": _SHARED,
    "POST /bookings": Case(body=lambda ids: {
        "service": ids["service_id"], "slot": ids["slot"], "name": "Ann", "contact": {"email": "ann@example.com"},
    }),
    "GET /bookings/{booking_id}": _OF_BOOKING,
    "GET /bookings/{booking_id}/timeline": _OF_BOOKING,
    "POST /bookings/{booking_id}/payment": Case(("booking_id",), _is({"provider": "sandbox"})),
    "POST /bookings/{booking_id}/cancel": _OF_BOOKING,
    "GET /merchant/bookings": Case(query={"merchant": "lantern-travel"}),
    "GET /merchant/bookings/{booking_id}": _OF_BOOKING,
    "GET /merchant/bookings/{booking_id}/timeline": _OF_BOOKING,
    "POST /merchant/bookings/{booking_id}/confirm": Case(("booking_id",), _is({"reply": "Welcome"})),
    "POST /merchant/bookings/{booking_id}/consume": Case(
        ("booking_id",), _is({"actual": {"amount": "8.00", "currency": "CNY"}})
    ),
    "POST /merchant/bookings/{booking_id}/remarks": Case(("booking_id",), _is({"remarks": "one pot"})),
    "POST /merchant/bookings/{booking_id}/no-show": Case(("booking_id",), _is({})),
    "GET /staff/merchants": _SHARED,
    "POST /staff/merchants": Case(body=_is({
        "id": "new-merchant", "name": {"en": "New"}, "market": "CN", "country": "CN", "time_zone": "Asia/Shanghai",
        "email": "desk@new.example", "closes_at": "2027-01-01T00:00:00Z",
    })),
    "GET /staff/merchants/{merchant_id}": _OF_MERCHANT,
    "GET /staff/merchants/{merchant_id}/bookings": _OF_MERCHANT,
    "POST /staff/merchants/{merchant_id}/register": _OF_MERCHANT,
    "POST /staff/merchants/{merchant_id}/invitation": Case(("merchant_id",)),
    "POST /staff/merchants/{merchant_id}/screen": Case(("merchant_id",), _is({})),
    "POST /staff/merchants/{merchant_id}/documents": Case(
        ("merchant_id",), _is({"attended_meeting": True, "documents": []})
    ),
    "POST /staff/merchants/{merchant_id}/activate": _OF_MERCHANT,
    "PUT /staff/services/{service_id}": Case(
        body=_is({"merchant": "lantern-travel", "title": {"en": "Walk"}, "minutes": 60})
    ),
    "PUT /staff/services/{service_id}/slots": Case(
        ("service_id",), _is({"slots": [{"starts_at": "2026-12-24T10:00:00Z", "capacity": 2}]})
    ),
    "GET /staff/bookings/escalations": _SHARED,
    "GET /staff/bookings/refunds": _SHARED,
    "GET /staff/bookings/{booking_id}": _OF_BOOKING,
    "POST /staff/bookings/{booking_id}/claim": Case(("booking_id",), by=Post.ADMIN),
    "POST /staff/bookings/{booking_id}/unclaim": Case(("booking_id",), by=Post.ADMIN),
    "GET /staff/bookings/{booking_id}/timeline": _OF_BOOKING,
    "POST /staff/bookings/{booking_id}/refund": _OF_BOOKING,
    "POST /staff/bookings/{booking_id}/cancel": Case(("booking_id",), _is({"reason": "other"})),
    "POST /staff/bookings/{booking_id}/no-show": Case(("booking_id",), _is({})),
    "POST /staff/bookings/{booking_id}/excuse": Case(("booking_id",), _is({"reason": "the door was shut"})),
    "GET /staff/stores/{store}/endpoints": Case(("store",)),
    "GET /staff/stores/{store}/endpoints/{endpoint}": Case(("store",)),
    "PUT /staff/stores/{store}/endpoints/{endpoint}": Case(
        ("store",), _is({"url": "https://erp.example.com/", "events": ["order.routed"]})
    ),
    "GET /staff/stores/{store}/endpoints/{endpoint}/secret": Case(("store",)),
    "POST /staff/stores/{store}/endpoints/{endpoint}/secret": Case(("store",), _is({})),
    "GET /staff/stores/{store}/endpoints/{endpoint}/deliveries": Case(("store",)),
    "GET /staff/stores/{store}/endpoints/{endpoint}/deliveries/{delivery_id}": Case(("store",)),
    "POST /staff/stores/{store}/endpoints/{endpoint}/deliveries/{delivery_id}/replay": Case(("store",)),
    "POST /staff/stores/{store}/endpoints/{endpoint}/replays": Case(("store",), _is({"since": "2026-01-01T00:00:00Z"})),
    "POST /staff/returns/{return_id}/release": _OF_RETURN,
    "POST /staff/returns/{return_id}/credit": _OF_RETURN,
}  # fmt: skip
