"""How carts are kept.

| item | pk | sk | gsi1 |
| --- | --- | --- | --- |
| cart | `CART#<id>` | `CART` | `CUSTOMER#<id>` / `CART#<id>`, only stored carts of customers (`listed_as`, if any) |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.core.table import Index, Key, Kind

from .domain import Cart


@dataclass(frozen=True, slots=True)
class CartCard:
    """What leads from a customer to the stored cart."""

    id: str

    @classmethod
    def of(cls, cart: Cart) -> CartCard:
        return cls(cart.id)


#: What bodies of carts have in common, the most useful last: a quoted cart of two lines fits in one write unit with it.
#: Kept byte for byte as long as one cart written with it is kept; a better one is added to `words`, behind it.
_WORDS: Final = (
    b'"sepa_debit""paypal""alipay""wechat_pay""express""pickup""GB""GBP""US""USD""CN""CNY""zh-CN""JP""JPY""BR""BRL""FR'
    b'""NL""DE""image":"https://","unit_price":{"minor":1"kind":"virtual","virtual","state":"open","buy_now":true,"quo'
    b'te":null,"order_id":"","merged_into":""}{"id":"01a","owner":{"customer":"","guest":""},"market":"EU","currency":"'
    b'EUR","language":"en","expires_at":"2027-","lines":[{"id":"01a","article":{"sku":"","product":"","title":"","image'
    b'":"","kind":"physical","unit_price":{"minor":,"currency":"EUR"}},"quantity":1,"added_at":"2026-"}],"state":"order'
    b'ed","buy_now":false,"quote":{"hash":"","expires_at":"2026-","total":{"minor":,"currency":"EUR"},"terms":{"ship_to'
    b'":{"name":"","phone":"+49","lines":[""],"city":"","region":"","postal_code":"","country":"DE","district":""},"con'
    b'tact":{"email":"@example.com","language":"en","phone":""},"country":"DE","region":"","delivery_method":"courier",'
    b'"channel":"","payment_method":"card","vat_number":""}},"order_id":"C","merged_into":""}'
)

#: Sort key prefix of carts among a customer's things.
OWN_CART: Final = "CART#"


def customer_list(customer: str) -> str:
    """Partition of a customer's things in gsi1."""
    return f"CUSTOMER#{customer}"


def _index(cart: Cart) -> Index:
    # An ordered cart stays listed: it is read and passed over, which costs less than taking it off the list.
    stored = cart.owner.customer and not cart.buy_now
    return Index(
        gsi1=(customer_list(cart.owner.customer), f"{OWN_CART}{cart.listed_as or cart.id}") if stored else None,
        expires=cart.expires_at,
    )


CART: Final = Kind(
    "cart", Cart,
    key=lambda cart_id: Key(f"CART#{cart_id}", "CART"),
    of=lambda cart: Key(f"CART#{cart.id}", "CART"),
    index=_index, card=CartCard.of, card_type=CartCard, words=(_WORDS,),
)  # fmt: skip
