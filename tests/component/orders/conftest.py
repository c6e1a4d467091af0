"""A shop with a tea pot and cups in Rotterdam, a cart with both, and ways to quote, order and pay it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from chalicelib.cart import service as cart
from chalicelib.cart.domain import Quote
from chalicelib.catalog.domain import GoodsKind, SizeClass, Status, Variant
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory
from chalicelib.inventory.items import STOCK
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import FactKind, Payment, PaymentFact, to_message
from chalicelib.payments.items import PAYMENT
from tests.support.sample_orders import BERLIN

ANN = Principal("shopper", "0f1d2c3b-aaaa-4bbb-8ccc-123456789abc", "ann@example.com")
BOB = Principal("shopper", "bob")
GUEST = Principal("guest", guest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")


def variant(sku: str, title: str, price: str, **changes: Any) -> Variant:
    given: dict[str, Any] = {
        "sku": sku,
        "product": sku.lower(),
        "title": {"en": title},
        "options": {},
        "image": "/images/pot.jpg",
        "prices": {"EU": Money.of(price, "EUR")},
        "compare_at": {},
        "status": Status.ACTIVE,
        "kind": GoodsKind.PHYSICAL,
        "hs_code": "691110",
        "origin": "CN",
        "declared": None,
        "weight_g": 850,
        "length_mm": 200,
        "width_mm": 150,
        "height_mm": 120,
        "fresh": False,
        "size_class": SizeClass.SMALL,
        "tax_category": "standard",
        "barcode": "",
        "brand": "",
        "category": "tea",
        "return_rule": "standard",
    }
    return Variant(**{**given, **changes})


@dataclass
class Shop:
    """The shop as a test drives it, through the services, each command in its own unit of work."""

    begin: Callable[..., UnitOfWork]
    now: Callable[[], datetime]
    facts: int = 0
    stock: dict[str, int] = field(default_factory=lambda: {"POT": 10, "CUP": 10})

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def open(self) -> None:
        def opening(uow: UnitOfWork) -> None:
            uow.put(VARIANT, variant("POT", "Porcelain tea pot, blue", "20.00"))
            uow.put(VARIANT, variant("CUP", "Tea cups, set of six", "25.00"))
            uow.put(VARIANT, variant("CARD", "Gift card", "30.00", kind=GoodsKind.VIRTUAL))
            inventory.receive(uow, {(sku, "RTM1"): units for sku, units in self.stock.items()}, "opening")

        self.do(opening)

    def quoted(
        self, principal: Principal = ANN, lines: tuple[tuple[str, int], ...] = (("POT", 2), ("CUP", 1))
    ) -> Quote:
        made = self.do(lambda uow: cart.create(uow, principal.owner, "EU", "de", lines, buy_now=True))
        asked = cart.Asked(
            ship_to=BERLIN, contact=Contact("ann@example.com", "de"), country="DE", payment_method="card"
        )
        return self.do(lambda uow: cart.quote(uow, made.id, principal, asked))

    def placed(self, principal: Principal = ANN, **cart_lines: Any) -> Order:
        quote = self.quoted(principal, **cart_lines)
        return self.do(lambda uow: orders.place(uow, quote.cart_id, principal, quote.hash))

    def fact(
        self, order: Order, kind: FactKind = FactKind.CAPTURED, amount: Money | None = None, **changes: Any
    ) -> PaymentFact:
        self.facts += 1
        given: dict[str, Any] = {
            "provider": "sandbox",
            "kind": kind,
            "order_id": order.id,
            "payment_id": order.payment_id,
            "reference": "cap-1",
            "amount": amount or order.totals.total,
            "occurred_at": self.now(),
            "event_id": f"event-{self.facts}",
        }
        return PaymentFact(**{**given, **changes})

    def report(self, *facts: PaymentFact, attempt: int = 1) -> None:
        self.do(lambda uow: orders.settle(uow, to_message("sandbox", facts), attempt))

    def pay(self, order: Order) -> Order:
        self.report(self.fact(order))
        return self.order(order)

    def order(self, order: Order | str) -> Order:
        return self.begin().get(ORDER, order if isinstance(order, str) else order.id)

    def payment(self, order: Order) -> Payment | None:
        return self.begin().find(PAYMENT, order.id, order.payment_id)

    def level(self, sku: str, place: str = "RTM1") -> tuple[int, int]:
        """Available and reserved."""
        counts = self.begin().counter(STOCK.ref(sku, place)) or {}
        return counts.get("available", 0), counts.get("reserved", 0)

    def events(self, order: Order) -> list[str]:
        uow = self.begin()
        return [item.type for item in orders.timeline(uow, uow.get(ORDER, order.id))]


@pytest.fixture
def shop(begin: Callable[..., UnitOfWork], clock: Any) -> Shop:
    shop = Shop(begin, lambda: clock.now)
    shop.open()
    return shop


@pytest.fixture
def ann() -> Principal:
    return ANN


@pytest.fixture
def bob() -> Principal:
    return BOB


@pytest.fixture
def anonymous() -> Principal:
    return GUEST
