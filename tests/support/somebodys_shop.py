"""A shop in which somebody has one of everything: what others must not see, and the ids to ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.core.auth import Post, Principal
from chalicelib.core.clock import utc_now
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
from tests.support.world import BERLIN, CONTACT, World, a_world
from tests.support.world import SHOPPER as OWNER

from .route_cases import ANOTHER, CASES, SLIPS, Ids
from .short_way import short_way

GONE = Failed.ENDPOINT_GONE
BOB = Principal("shopper", "b0b00000-aaaa-4bbb-8ccc-123456789abc", "bob@example.com")


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


@contextmanager
def a_shop() -> Iterator[Shop]:
    """A shop in which OWNER and BOB have done what there is to do."""
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
        world.request("save", BOB, "POST", "/me/addresses", {"address": ANOTHER})
        started = world.request(
            "import", Principal("staff", "pia", posts=frozenset({Post.PRODUCT_MANAGEMENT})), "POST",
            "/staff/catalog/imports", {"name": "a.csv", "format": "shopify_csv"},
        ).json  # fmt: skip
        clerk = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
        brought = world.request("slips", clerk, "POST", "/staff/slip-files", SLIPS).json
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
        with short_way():
            yield Shop(world, own, nothing)
