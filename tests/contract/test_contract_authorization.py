"""Who may do what to whose things: every closed route, tried by everybody who may not (Z1, Z2, Z4, Z5).

The routes come from the house itself; a closed route without an entry in `CASES` fails here. For each the same is held:
the answer is the designed refusal, nothing of the owner is in it, what is not yours looks exactly like what is not
there, and nothing is written or sent.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import house
from chalicelib.core import aws
from chalicelib.core.auth import PUBLIC, SHOPPER, SIGNED, SIGNED_IN, Post, Principal
from chalicelib.core.clock import utc_now
from chalicelib.core.http import description
from chalicelib.core.http.routes import ROUTES, Route
from chalicelib.core.ids import new_id
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain.consignment import Consignment
from chalicelib.fulfilment.items import CONSIGNMENT
from chalicelib.markets.domain import Contact
from chalicelib.orders.domain import OrderClass, new_number
from chalicelib.partners import service as partners
from chalicelib.partners.domain import Failed
from chalicelib.partners.items import DELIVERY
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, PaymentFact, new_top_up_number
from tests.support import sample_bookings, sample_partners
from tests.support.http import Answer, Client
from tests.support.sample_partners import ALL
from tests.support.table import metered
from tests.support.world import BERLIN, CONTACT, World, a_world
from tests.support.world import SHOPPER as OWNER

list(house.routes())
assert description.routes

Ids = dict[str, str]
GONE = Failed.ENDPOINT_GONE
Body = Callable[[Ids], Any]

BOB = Principal("shopper", "b0b00000-aaaa-4bbb-8ccc-123456789abc", "bob@example.com")
WRONG_TOKEN = "not-the-token-of-any-cart-or-order-0123456789"


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
_SLIPS = {
    "name": "a.csv", "kind": "waybills",
    "content": b64encode(b"order_number,carrier,waybill\nC7K2Q0M9VX4TBT,ups,1Z999AA10123456784\n").decode(),
}  # fmt: skip
_BOX = {"name": "M", "length_mm": 400, "width_mm": 300, "height_mm": 200, "most_g": 9000}
_ONE_EURO = {"amount": "1.00", "currency": "EUR"}
_ANOTHER = {"name": "Bob Bobson", "lines": ["Torstraße 1"], "city": "Berlin", "postal_code": "10119", "country": "DE"}
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
    "POST /me/addresses": Case(body=_is({"address": _ANOTHER})),
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
    "POST /staff/orders/{order_id}/accept": _OF_ORDER,
    "POST /staff/orders/{order_id}/pick": _OF_ORDER,
    "POST /staff/orders/{order_id}/pack": Case(("order_id",), _is({"boxes": [{"weight_g": 100}]})),
    "POST /staff/orders/{order_id}/ship": Case(
        ("order_id",), _is({"carrier": "ups", "waybill": "1Z999AA10123456784"})
    ),
    "POST /staff/orders/{order_id}/slip": Case(
        ("order_id",), lambda _: {"number": "1", "signed_by": "E", "signed_at": utc_now().isoformat()}
    ),
    "POST /staff/slip-files": Case(body=_is(_SLIPS), anywhere=True),
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

CLOSED = {f"{route.method} {route.path}": route for route in ROUTES if route.access not in (PUBLIC, SIGNED)}
KNOWN = {name: route for name, route in CLOSED.items() if name in CASES}
FOR_SHOPPERS = {name: route for name, route in KNOWN.items() if route.access in (SHOPPER, SIGNED_IN)}
FOR_STAFF = {name: route for name, route in KNOWN.items() if name not in FOR_SHOPPERS}


@dataclass
class Shop:
    """A shop in which somebody has one of everything."""

    world: World
    own: Ids
    nothing: Ids

    def ask(self, name: str, who: Principal | None, ids: Ids | None = None, token: str = "") -> Answer:
        """Send a route's sound request, with the owner's ids or others."""
        method, path = name.split(" ")
        ids, case = ids or self.own, CASES[name]
        for part, value in ids.items():
            path = path.replace(f"{{{part}}}", value)
        key = f"key-{new_id()}" if method == "POST" else ""
        return Client(who, token).request(method, path, case.body(ids), key=key, query=case.query)

    def missing(self, name: str) -> Ids:
        """The same ids, but of things that are not there."""
        return {**self.own, **{part: self.nothing[part] for part in CASES[name].named}}

    def leaks(self, answer: Answer) -> list[str]:
        """What of the owner is in an answer."""
        secrets = [OWNER.id, OWNER.email, CONTACT["email"], *BERLIN["lines"], BERLIN["name"], BERLIN["phone"]]
        own = ("cart_id", "order_id", "return_id", "address_id", "line_id", "booking_id", "top_up_id")
        ids = [self.own[name] for name in own]
        return [text for text in (*secrets, *ids) if text in answer.text]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with a_world() as world, sample_partners.public_names():
        done = world.whole_way()
        lines = world.request("look", OWNER, "GET", f"/orders/{done}").json["lines"]
        wanted = {"lines": [{"line": lines[0]["id"], "quantity": 1, "reason": "changed_mind"}]}
        returned = world.request("return", OWNER, "POST", f"/orders/{done}/returns", wanted).json
        routed, _ = world.place(OWNER, {"mug-1": 1})
        world.settle()
        world.press_pay(world.open_payment(OWNER, routed["id"]))
        world.settle()
        cart, _ = world.cart(OWNER, {"bowl-1": 2})
        saved = world.request("save", OWNER, "POST", "/me/addresses", {"address": BERLIN}).json
        world.request("profile", BOB, "PATCH", "/me", {"payment_method": "card"})
        world.request("save", BOB, "POST", "/me/addresses", {"address": _ANOTHER})
        started = world.request(
            "import", Principal("staff", "pia", posts=frozenset({Post.PRODUCT_MANAGEMENT})), "POST",
            "/staff/catalog/imports", {"name": "a.csv", "format": "shopify_csv"},
        ).json  # fmt: skip
        clerk = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
        brought = world.request("slips", clerk, "POST", "/staff/slip-files", _SLIPS).json
        fact = PaymentFact(
            "sandbox", FactKind.CAPTURED, "CNOBODY", new_id(), "cap-x", Money.of("1.00", "EUR"), utc_now(), "e1"
        )
        unmatched = world.do(lambda uow: payments.unknown(uow, fact, 99))
        appointment = utc_now().replace(second=0, microsecond=0) + timedelta(days=3)
        sample_bookings.active_merchant(world.do, "lantern-travel", utc_now())
        sample_bookings.on_offer(world.do, "west-lake-walk", "lantern-travel", [appointment], 9, None)
        booking = sample_bookings.booked(world.do, "west-lake-walk", appointment, OWNER)
        together = world.do(
            lambda uow: uow.put(CONSIGNMENT, Consignment(
                id=new_id(), store="RTM1", channel="POST", orders=(routed["id"], done), made_by="s", made_at=utc_now(),
            ))
        )  # fmt: skip
        paid_in = world.do(lambda uow: payments.top_up(
            uow, OWNER, Money.of("50.00", "EUR"), "EU", contact=Contact(CONTACT["email"], "en")
        ))  # fmt: skip
        endpoint = {"url": "https://erp.example.com/", "events": ALL, "enabled": True}
        world.do(lambda uow: partners.save(uow, "RTM1", "erp", **endpoint))
        world.settle()
        partners.queue(lambda: UnitOfWork(utc_now()), routed["id"])
        (message,) = UnitOfWork(utc_now()).part(DELIVERY, "RTM1", "erp", prefix="WEBHOOK#")
        world.do(lambda uow: uow.put(DELIVERY, uow.get(DELIVERY, "RTM1", "erp", message.id).given_up(GONE)))
        own = {
            "person": "s", "group": "order_desk", "consignment_id": together.id, "beside_id": done,
            "endpoint": "erp", "delivery_id": message.id,
            "booking_id": booking.id, "merchant_id": "lantern-travel", "service_id": "west-lake-walk",
            "slot": booking.slot, "top_up_id": paid_in.id,
            "order_id": routed["id"], "return_id": returned["id"], "cart_id": cart["id"], "store": "RTM1",
            "line_id": cart["lines"][0]["id"], "address_id": saved["id"], "import_id": started["id"], "sku": "mug-1",
            "slug": "mug", "code": "size", "name": "payments.match_attempts", "channel": "POST", "market": "EU",
            "unmatched_id": unmatched.id, "file_id": brought["id"], "kind": "confirmation",
        }  # fmt: skip
        nothing = {
            "booking_id": new_number(OrderClass.ALLIANCE), "merchant_id": "nobody", "service_id": "nothing",
            "order_id": new_number(OrderClass.COURIER), "return_id": new_number(OrderClass.RETURN),
            "cart_id": new_id(), "address_id": new_id(), "store": "LAX9",
            "file_id": new_id(), "consignment_id": new_id(), "top_up_id": new_top_up_number(),
        }  # fmt: skip
        yield Shop(world, own, nothing)


@contextmanager
def nothing_written() -> Iterator[None]:
    """Not one write to the table and not one message is even tried inside the block."""
    sent: list[str] = []

    def note(model: Any, **_: Any) -> None:
        sent.append(model.name)

    queues = aws.client("sqs").meta.events
    queues.register("provide-client-params.sqs.*", note, unique_id="nothing")
    try:
        with metered() as meter:
            yield
    finally:
        queues.unregister("provide-client-params.sqs.*", unique_id="nothing")
    assert set(meter.calls) <= {"GetItem", "BatchGetItem", "Query"}
    assert sent == []


def same(one: Answer, other: Answer) -> bool:
    """Whether nobody could tell two answers apart."""
    return (one.status, one.text, one.headers) == (other.status, other.text, other.headers)


def test_every_closed_route_has_a_case_here() -> None:
    assert set(CLOSED) - set(CASES) == set(), "add a sound request of these routes to CASES"
    assert set(CASES) - set(CLOSED) == set(), "these are no routes (any more)"


@pytest.mark.parametrize("name", KNOWN)
def test_nobody_in_particular_gets_nothing_z5(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, None)
        assert answer.status == 401, answer.text
        assert same(answer, shop.ask(name, None, shop.missing(name)))
        assert not shop.leaks(answer)


@pytest.mark.parametrize("name", KNOWN)
def test_a_guest_with_a_token_of_nothing_gets_nothing_z1(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, None, token=WRONG_TOKEN)
        designed = {SHOPPER: 404, SIGNED_IN: 403}.get(CLOSED[name].access, 401)
        assert answer.status == designed, answer.text
        assert same(answer, shop.ask(name, None, shop.missing(name), WRONG_TOKEN))
        assert not shop.leaks(answer)


@pytest.mark.parametrize("name", FOR_SHOPPERS)
def test_another_shopper_finds_nothing_of_mine_z1_z2(shop: Shop, name: str) -> None:
    if not CASES[name].named:
        answer = shop.ask(name, BOB)
        assert answer.status < 300, answer.text
        assert not shop.leaks(answer), answer.text
        return
    with nothing_written():
        answer = shop.ask(name, BOB)
        assert answer.status == 404, answer.text
        assert not shop.leaks(answer), answer.text
        assert same(answer, shop.ask(name, BOB, shop.missing(name)))


@pytest.mark.parametrize("name", FOR_STAFF)
def test_a_shoppers_sign_in_opens_no_door_of_staff_z4(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, OWNER)
        assert answer.status == 403, answer.text
        assert same(answer, shop.ask(name, OWNER, shop.missing(name)))
        assert not shop.leaks(answer)


@pytest.mark.parametrize("name", FOR_SHOPPERS)
def test_staff_do_not_act_as_shoppers_z4(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, Principal("staff", OWNER.id, OWNER.email, posts=frozenset(Post)))
        assert answer.status == 403, answer.text


def posts_without(route: Route) -> list[frozenset[Post]]:
    """No post at all, and every single post that the route does not let in."""
    alone = [frozenset[Post](), *(frozenset({post}) for post in Post)]
    return [posts for posts in alone if not route.access.admits(of_rotterdam(*posts))]


def of_rotterdam(*posts: Post) -> Principal:
    return Principal("staff", "s", posts=frozenset(posts), scopes=frozenset({"RTM1"}))


@pytest.mark.parametrize("name", FOR_STAFF)
def test_staff_without_the_post_are_refused_z5(shop: Shop, name: str) -> None:
    with nothing_written():
        for posts in posts_without(FOR_STAFF[name]):
            answer = shop.ask(name, of_rotterdam(*posts))
            assert answer.status == 403, (posts, answer.text)
            assert not shop.leaks(answer)


#: Who is bound to a place; customer service without one is the house's.
ELSEWHERE = [
    Principal("staff", "s", posts=frozenset({post}), scopes=frozenset({scope} - {""}))
    for post in (Post.STORE, Post.MERCHANT, Post.CUSTOMER_SERVICE)
    for scope in ("BER-S1", "tea-house", "")
    if scope or post is not Post.CUSTOMER_SERVICE
]


@pytest.mark.parametrize(
    ("name", "who"),
    [
        pytest.param(name, who, id=f"{name}-{'-'.join((*who.posts, *who.scopes))}")
        for name, route in FOR_STAFF.items() for who in ELSEWHERE if route.access.admits(who)
    ],
)  # fmt: skip
def test_staff_of_another_store_or_merchant_find_nothing_rol_03(shop: Shop, name: str, who: Principal) -> None:
    with nullcontext() if CASES[name].anywhere else nothing_written():
        answer = shop.ask(name, who)
        assert not shop.leaks(answer), answer.text
        assert "RTM1" not in answer.text
        if CASES[name].named:
            assert answer.status == 404, answer.text
            assert same(answer, shop.ask(name, who, shop.missing(name)))


KINDS = (
    "order_id", "return_id", "cart_id", "line_id", "address_id", "unmatched_id", "import_id", "store", "sku",
    "booking_id", "merchant_id", "top_up_id",
)  # fmt: skip
NO_IDS = (
    "ORDER#1", "a#b", "EVENT#ORDER#000001", "..", "%23", "%2e%2e", "a%2Fb", "a b", "*", "-", "'", "\u0000", "x" * 129,
    "x" * 4000, "Ä", "\U0001f60e", "\u202e", "0", "None", "true", "%", "%ff", "$ne", "{}",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in KNOWN if CASES[name].named and "{" in name])
def test_an_id_of_another_kind_or_of_no_kind_finds_nothing_f12(shop: Shop, name: str) -> None:
    """The caller owns, or may handle, everything named: only the kind is wrong."""
    who = OWNER if name in FOR_SHOPPERS else Principal("staff", "s", posts=frozenset({Post.ADMIN}))
    with nothing_written():
        for part in CASES[name].named:
            others = [shop.own[kind] for kind in KINDS if kind != part]
            for wrong in (*others, *NO_IDS):
                answer = shop.ask(name, who, {**shop.own, part: wrong})
                assert answer.status in (400, 404), (wrong, answer.status, answer.text)
                json.loads(answer.text)


def entitled(name: str) -> Principal:
    """Somebody with one post that the route lets in, where the owner's things are."""
    admits = FOR_STAFF[name].access.admits
    one = CASES[name].by or next(post for post in reversed(Post) if admits(of_rotterdam(post)))
    place = "lantern-travel" if one is Post.MERCHANT else "RTM1"
    return Principal("staff", "s", posts=frozenset({one}), scopes=frozenset({place}))


def test_whoever_may_gets_in(shop: Shop) -> None:
    """The same requests by those they are meant for: else all of the above would hold for requests that never work.

    The last test of this file, as it changes what the others look at.
    """
    turns = ("GET", "PUT", "PATCH", "POST", "DELETE")
    refused = {}
    for name in sorted(KNOWN, key=lambda name: (turns.index(name.split(" ")[0]), -len(name))):
        answer = shop.ask(name, OWNER if name in FOR_SHOPPERS else entitled(name))
        bad = (400, 401, 403, 404) if CASES[name].there else (401, 403)
        if answer.status in bad or answer.status >= 500:
            refused[name] = (answer.status, answer.text)
    assert refused == {}, json.dumps(refused, indent=1)
