"""Articles on sale with stock, and shoppers' carts of them, written straight to the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.cart import service
from chalicelib.cart.domain import Cart, Quote
from chalicelib.cart.service import Asked
from chalicelib.catalog.domain import GoodsKind, SizeClass, Status, Variant
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Owner, Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.markets.domain import Address, Contact

ANN = Principal("shopper", "ann")
BEN = Principal("shopper", "ben")
GUEST = Principal("guest", guest="a" * 64)
STRANGER = Principal("guest", guest="b" * 64)

BERLIN = Address("Ada Lovelace", "+4930901820", ("Friedrichstraße 1",), "Berlin", "", "10117", "DE")
LONDON = Address("Ada Lovelace", "", ("10 Downing Street",), "London", "", "SW1A 2AA", "GB")
LOS_ANGELES = Address("Ada Lovelace", "", ("1 Main St",), "Los Angeles", "CA", "90001", "US")
SHANGHAI = Address("王伟", "", ("南京东路1号",), "黄浦区", "上海市", "200001", "CN")
TOKYO = Address("山田", "", ("千代田1-1",), "千代田区", "東京都", "100-0001", "JP")
SAO_PAULO = Address("Ana", "", ("Av. Paulista 1",), "São Paulo", "SP", "01310-100", "BR", "Bela Vista")
ADA = Contact("ada@example.com", "en")

PRICES = {"EU": "19.99", "GB": "17.99", "US": "18.00", "CN": "139.00", "JP": "2980", "BR": "129.00"}
CURRENCIES = {"EU": "EUR", "GB": "GBP", "US": "USD", "CN": "CNY", "JP": "JPY", "BR": "BRL"}


def prices(texts: Mapping[str, str]) -> dict[str, Money]:
    return {market: Money.of(text, CURRENCIES[market]) for market, text in texts.items()}


SHIRT = Variant(
    sku="SHIRT-M", product="shirt", title={"en": "Shirt, M", "zh-CN": "衬衫 M"}, options={"size": "m"},
    image="shirt.jpg", prices=prices(PRICES), compare_at={}, status=Status.ACTIVE, kind=GoodsKind.PHYSICAL,
    hs_code="610910", origin="CN", declared=None, weight_g=200, length_mm=300, width_mm=200, height_mm=30, fresh=False,
    size_class=SizeClass.SMALL, tax_category="standard", barcode="", brand="nordlicht", category="clothes",
    return_rule="standard",
)  # fmt: skip
BOOK = replace(
    SHIRT, sku="BOOK-1", product="book", title={"en": "Atlas"}, hs_code="490199", tax_category="books", weight_g=400,
    prices=prices({"EU": "10.70", "GB": "9.00", "US": "12.00", "CN": "59.00", "JP": "1650", "BR": "70.00"}),
)  # fmt: skip
CAMERA = replace(
    SHIRT, sku="CAM-1", product="camera", title={"en": "Camera"}, hs_code="852589", weight_g=900,
    prices=prices({"EU": "595.00", "GB": "540.00", "US": "600.00", "CN": "4520.00", "JP": "99000", "BR": "3900.00"}),
)  # fmt: skip
EBOOK = replace(
    SHIRT, sku="EBOOK-1", product="ebook", title={"en": "E-book"}, kind=GoodsKind.VIRTUAL, hs_code="", origin="",
    weight_g=0, length_mm=0, width_mm=0, height_mm=0, tax_category="books",
)  # fmt: skip
SAUSAGE = replace(
    SHIRT, sku="SAUSAGE-1", product="sausage", title={"en": "Sausage"}, hs_code="160100", fresh=True,
    tax_category="reduced_food",
)  # fmt: skip


def put_on_sale(uow: UnitOfWork, *variants: Variant, stock: Mapping[tuple[str, str], int] | None = None) -> None:
    """Write variants and their stock, and commit."""
    uow.load(*(VARIANT.ref(variant.sku) for variant in variants))
    for variant in variants:
        uow.put(VARIANT, variant)
    if stock:
        inventory.receive(uow, dict(stock), "delivery")
    uow.commit(None)


def put_everything_on_sale(uow: UnitOfWork) -> None:
    """All articles above, with plenty in Shenzhen and a few of some in Rotterdam, and commit."""
    stock = {(sku, "SZX1"): 100 for sku in ("SHIRT-M", "BOOK-1", "CAM-1", "SAUSAGE-1")}
    stock |= {("SHIRT-M", "RTM1"): 10, ("SAUSAGE-1", "RTM1"): 5}
    put_on_sale(uow, SHIRT, BOOK, CAMERA, EBOOK, SAUSAGE, stock=stock)


def change(uow: UnitOfWork, sku: str, **changes: Any) -> None:
    """Change what is said of an article on sale, and commit."""
    uow.put(VARIANT, replace(uow.get(VARIANT, sku), **changes))
    uow.commit(None)


def a_cart(
    uow: UnitOfWork, *lines: tuple[str, int], market: str = "EU", owner: Owner | None = None, **more: Any
) -> Cart:
    """A cart of the guest's (or another owner's), committed."""
    return uow.commit(service.create(uow, owner or GUEST.owner, market, "en", lines, **more))


def quoted(uow: UnitOfWork, cart: Cart, ship_to: Address | None = BERLIN, who: Principal = GUEST, **more: Any) -> Quote:
    """A quote of a cart, committed."""
    return uow.commit(service.quote(uow, cart.id, who, Asked(ship_to, more.pop("contact", ADA), **more)))
