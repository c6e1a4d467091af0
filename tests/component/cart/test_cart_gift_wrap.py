"""Gift wrap (ORD-10): offered and priced by the market, taxed like what is wrapped, accepted with the quote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.cart import service
from chalicelib.cart.domain import QuoteStale
from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.core.unit_of_work import UnitOfWork
from tests.support.http import Client
from tests.support.sample_carts import (
    BERLIN,
    BOOK,
    EBOOK,
    GUEST,
    LOS_ANGELES,
    SAO_PAULO,
    SHANGHAI,
    SHIRT,
    a_cart,
    put_on_sale,
    quoted,
)

Begin = Callable[..., UnitOfWork]
IN_FORCE: dict[str, int | bool] = {}


@pytest.fixture(autouse=True)
def on_sale(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    IN_FORCE.clear()
    read = Setting.read
    monkeypatch.setattr(Setting, "read", lambda setting, values: read(setting, {**values, **IN_FORCE}))
    stock = {(sku, place): 100 for sku in ("SHIRT-M", "BOOK-1") for place in ("SZX1", "RTM1")}
    put_on_sale(begin(), SHIRT, BOOK, EBOOK, stock=stock)


def test_wrap_is_shared_over_what_is_wrapped_with_its_tax_inside(begin: Begin) -> None:
    """Shirts at 19 %, a book at 7 %: 4.90 by what they cost, the tax worked out of each rate's own sum."""
    plain = quoted(begin(), a_cart(begin(), ("SHIRT-M", 2), ("BOOK-1", 1)))
    quote = quoted(begin(), a_cart(begin(), ("SHIRT-M", 2), ("BOOK-1", 1)), gift_message="  Für\n dich ")
    assert (quote.wrapping.text, quote.gift_wrap) == ("4.90", replace(quote.gift_wrap, message="Für dich"))
    assert quote.total == plain.total + Money.of("4.90", "EUR")
    assert Money.sum((line.wrapping for line in quote.lines), "EUR") == quote.wrapping
    for line, percent in zip(quote.lines, (19, 7), strict=True):
        shown = line.subtotal + line.shipping + line.wrapping
        assert line.tax == shown.times(Decimal(percent) / (100 + percent)) == line.tax_included
        assert line.total == shown


def test_without_wrap_nothing_is_charged_and_the_price_is_told(begin: Begin) -> None:
    quote = quoted(begin(), a_cart(begin(), ("SHIRT-M", 1)))
    assert (quote.wrapping.text, quote.gift_wrap) == ("0.00", None)
    assert quote.gift_wrap_offered == Money.of("4.90", "EUR")


def test_only_what_is_sent_bears_the_wrap(begin: Begin) -> None:
    quote = quoted(begin(), a_cart(begin(), ("EBOOK-1", 1), ("SHIRT-M", 1)), gift_message="")
    assert {line.sku: line.wrapping.text for line in quote.lines} == {"EBOOK-1": "0.00", "SHIRT-M": "4.90"}


def test_where_prices_exclude_tax_it_is_added(begin: Begin) -> None:
    plain = quoted(begin(), a_cart(begin(), ("SHIRT-M", 1), market="US"), LOS_ANGELES)
    quote = quoted(begin(), a_cart(begin(), ("SHIRT-M", 1), market="US"), LOS_ANGELES, gift_message="")
    rate = Decimal(quote.lines[0].tax_rate)
    assert rate and quote.lines[0].wrapping.text == "4.90"
    before, after = (each.subtotal + each.shipping + each.wrapping + each.duty for each in (plain, quote))
    assert (plain.tax, quote.tax) == (before.times(rate), after.times(rate))


def test_packing_is_part_of_the_customs_value(begin: Begin) -> None:
    plain = quoted(begin(), a_cart(begin(), ("SHIRT-M", 5), market="BR"), SAO_PAULO)
    quote = quoted(begin(), a_cart(begin(), ("SHIRT-M", 5), market="BR"), SAO_PAULO, gift_message="")
    assert quote.duty > plain.duty


@pytest.mark.parametrize(
    ("lines", "message", "pointer"),
    [
        ([("EBOOK-1", 1)], "", "/gift_wrap"),
        ([("SHIRT-M", 1)], "x" * 201, "/gift_wrap/message"),
        ([("SHIRT-M", 1)], "a\u202eb", "/gift_wrap/message"),
        ([("SHIRT-M", 1)], "a\x00b", "/gift_wrap/message"),
    ],
)
def test_what_cannot_be_wrapped_or_written_is_refused(
    begin: Begin, lines: list[tuple[str, int]], message: str, pointer: str
) -> None:
    cart = a_cart(begin(), *lines)
    with pytest.raises(Invalid) as refused:
        quoted(begin(), cart, BERLIN if lines[0][0] == "SHIRT-M" else None, country="DE", gift_message=message)
    assert [error["pointer"] for error in refused.value.members["errors"]] == [pointer]


def test_a_market_that_does_not_wrap_says_so(begin: Begin) -> None:
    IN_FORCE["shipping.gift_wrap_offered"] = False
    cart = a_cart(begin(), ("SHIRT-M", 1), market="CN")
    assert quoted(begin(), cart, SHANGHAI).gift_wrap_offered is None
    with pytest.raises(Invalid) as refused:
        quoted(begin(), cart, SHANGHAI, gift_message="")
    assert refused.value.members["errors"][0]["pointer"] == "/gift_wrap"


@pytest.mark.parametrize("change", [{"shipping.gift_wrap_price": 590}, {"shipping.gift_wrap_offered": False}])
def test_a_price_that_changed_since_is_never_charged_d5(begin: Begin, change: dict[str, int | bool]) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    quote = quoted(begin(), cart, gift_message="")
    IN_FORCE.update(change)
    with pytest.raises(QuoteStale) as stale:
        service.checkout(begin(), cart.id, GUEST, quote.hash)
    assert stale.value.members["quote"]["total"] != {"amount": quote.total.text, "currency": "EUR"}


def test_another_message_is_another_quote(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    one, two = (quoted(begin(), cart, gift_message=text) for text in ("For Ada", "For Ben"))
    assert one.hash != two.hash and one.total == two.total


def test_wrap_is_asked_for_and_shown_over_http(guest: Client) -> None:
    opened = guest.post("/carts", {"market": "EU", "lines": [{"sku": "SHIRT-M"}]})
    owner = Client(headers={"guest-token": opened.json["guest_token"]})
    address = {
        "name": "Ada Lovelace", "lines": ["Friedrichstraße 1"], "city": "Berlin", "postal_code": "10117",
        "country": "DE",
    }  # fmt: skip
    ask = {"ship_to": address, "contact": {"email": "ada@example.com"}, "gift_wrap": {"message": "生日快乐"}}
    shown = owner.post(f"/carts/{opened.json['id']}/quote", ask)
    assert shown.status == 200, shown.text
    price = {"amount": "4.90", "currency": "EUR"}
    assert shown.json["gift_wrap"] == {"message": "生日快乐", "price": price}
    assert (shown.json["wrapping"], shown.json["gift_wrap_offered"]) == (price, price)
