"""The hash of a quote: stable for equal content, different as soon as anything the shopper accepts is different."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cart.domain import DeliveryMethod, Quote, QuotedLine, QuoteStale, ShippingOption, fingerprint, published
from chalicelib.cart.domain.quote import canonical_digest
from chalicelib.core.money import Money
from chalicelib.markets.domain import Address, Contact, InvoiceKind, InvoiceRequest
from chalicelib.shipping.domain.gift import GiftWrap
from chalicelib.shipping.domain.handover import Handover, HandoverOption


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


LINE = QuotedLine(
    id="l1", sku="SHIRT-M", product="shirt", title="Shirt, M", image="shirt.jpg", quantity=2, unit_price=euro(19_99),
    subtotal=euro(39_98), discount=euro(0), shipping=euro(4_50), wrapping=euro(0), duty=euro(0), tax=euro(7_10),
    tax_included=euro(7_10), total=euro(44_48), duty_at_door=euro(0), tax_rate="0.19", tax_scheme="OSS", duty_rate="0",
    agreement="", hs_code="610910", origin="CN", weight_g=200, location="RTM1", fresh=False,
    size_class="small", kind="physical", return_rule="standard",
)  # fmt: skip
OPTION = ShippingOption(
    channel="LOCAL", price=euro(4_50), min_days=2, max_days=4, arrives_from=date(2026, 11, 25),
    arrives_until=date(2026, 11, 27), duty_policy="DDP", tracked=True, actual_g=400, volumetric_g=0, charged_g=400,
)  # fmt: skip
SLOT = {"slot_from": datetime(2026, 11, 22, 9, tzinfo=UTC), "slot_until": datetime(2026, 11, 22, 11, tzinfo=UTC)}
HANDOVER = Handover(store="BER-S1", point="desk", hours=1, promised_by=SLOT["slot_until"], **SLOT)
HANDOVER_OPTION = HandoverOption(
    delivery_method="pickup",
    store="BER-S1",
    point="desk",
    hours=1,
    price=euro(0),
    refused="",
    text="",
    promised_by=SLOT["slot_until"],
    **SLOT,
)
QUOTE = Quote(
    hash="", expires_at=datetime(2026, 11, 21, 9, 45, tzinfo=UTC), cart_id="c1", market="EU", currency="EUR",
    language="en", lines=(replace(LINE, components=(LINE,)),),
    ship_to=Address("Ada Lovelace", "+4930901820", ("Friedrichstraße 1",), "Berlin", "", "10117", "DE"),
    contact=Contact("ada@example.com", "en"), country="DE", region="", delivery_method=DeliveryMethod.COURIER,
    channel="LOCAL", promise=(2, 4), dispatched_on=date(2026, 11, 23), arrives_from=date(2026, 11, 25),
    arrives_until=date(2026, 11, 27), duty_policy="DDP", subtotal=euro(39_98), discount=euro(0), shipping=euro(4_50),
    wrapping=euro(0), duty=euro(0), duty_at_door=euro(0), tax=euro(7_10), tax_included=euro(7_10), deposit=euro(0),
    total=euro(44_48), prices_include_tax=True, vat_number="", payment_method="card", payment_methods=("card",),
    options=(OPTION,), handover=HANDOVER, handovers=(HANDOVER_OPTION,), gift_wrap=GiftWrap("For you", euro(4_90)),
    gift_wrap_offered=euro(4_90), invoice=InvoiceRequest(InvoiceKind.PERSONAL, "Ada Lovelace", "", "ada@example.com"),
)  # fmt: skip

FREE = {
    "hash", "expires_at", "options", "dispatched_on", "arrives_from", "arrives_until", "payment_methods", "language",
    "gift_wrap_offered",
    "lines/title", "lines/image", "lines/location",
}  # fmt: skip


def other(value: Any) -> Any:
    """The least different value of the same kind."""
    match value:
        case bool():
            return not value
        case Money():
            return Money(value.minor + 1, value.currency)
        case datetime():
            return value + timedelta(seconds=1)
        case date():
            return value + timedelta(days=1)
        case DeliveryMethod():
            return DeliveryMethod.PICKUP
        case int():
            return value + 1
        case str():
            return value + "x"
        case tuple():
            return (*value[:-1], other(value[-1])) if value else (LINE,)
    raise TypeError(value)


def variations(thing: Any, path: str = "") -> list[tuple[str, Any]]:
    """The thing with one value changed, for every value in it, however deep."""
    found = []
    for field in fields(thing):
        value, name = getattr(thing, field.name), f"{path}{field.name}"
        if is_dataclass(value) and not isinstance(value, Money):
            inner = [(where, replace(thing, **{field.name: new})) for where, new in variations(value, f"{name}/")]
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            inner = [
                (where, replace(thing, **{field.name: (new, *value[1:])}))
                for where, new in variations(value[0], f"{name}/")
            ]
        else:
            inner = [(name, replace(thing, **{field.name: other(value)}))]
        found += inner
    return found


@pytest.mark.parametrize(("where", "changed"), variations(QUOTE), ids=[where for where, _ in variations(QUOTE)])
def test_the_hash_covers_everything_that_is_accepted_and_nothing_else_d5(where: str, changed: Quote) -> None:
    free = where.replace("components/", "") in FREE or where.startswith(("options/", "handovers/"))
    assert (fingerprint(changed) == fingerprint(QUOTE)) is free


def test_another_line_or_another_order_of_lines_is_another_purchase() -> None:
    second = replace(LINE, id="l2", sku="BOOK-1")
    one, two = replace(QUOTE, lines=(LINE, second)), replace(QUOTE, lines=(second, LINE))
    assert len({fingerprint(QUOTE), fingerprint(one), fingerprint(two)}) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=6), st.randoms())
def test_the_order_of_names_does_not_matter(content: dict[str, Any], random: Any) -> None:
    names = list(content)
    random.shuffle(names)
    assert canonical_digest({name: content[name] for name in names}) == canonical_digest(content)


@given(json_values, json_values)
def test_different_content_has_a_different_digest(one: Any, two: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (canonical_digest(one) == canonical_digest(two)) is same


def test_a_published_quote_is_plain_json() -> None:
    told = json.loads(json.dumps(published(QUOTE)))
    assert told["total"] == {"amount": "44.48", "currency": "EUR"}
    assert told["expires_at"] == "2026-11-21T09:45:00.000Z"
    assert (told["delivery_method"], told["promise"], told["arrives_from"]) == ("courier", [2, 4], "2026-11-25")


def test_a_stale_quote_carries_the_present_one() -> None:
    stale = QuoteStale(QUOTE, "changed")
    assert (stale.status, stale.code, stale.members["quote"]) == (409, "quote-stale", published(QUOTE))


def test_one_fresh_or_large_article_makes_the_whole_order_so_and_pieces_are_units_amb_22_amb_23() -> None:
    mixed = replace(QUOTE, lines=(LINE, replace(LINE, fresh=True, quantity=3), replace(LINE, size_class="large")))
    assert (mixed.has_fresh, mixed.has_large, mixed.pieces) == (True, True, 7)
    assert (QUOTE.has_fresh, QUOTE.has_large, QUOTE.pieces) == (False, False, 2)
