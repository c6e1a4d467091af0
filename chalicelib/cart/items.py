"""How carts are kept.

| item | pk | sk | gsi1 |
| --- | --- | --- | --- |
| cart | `CART#<id>` | `CART` | `CUSTOMER#<id>` / `CART#<id>`, only the stored carts of a customer |
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


#: Sort key prefix of carts among a customer's things.
OWN_CART: Final = "CART#"


def customer_list(customer: str) -> str:
    """Partition of a customer's things in gsi1."""
    return f"CUSTOMER#{customer}"


def _index(cart: Cart) -> Index:
    # An ordered cart stays listed: it is read and passed over, which costs less than taking it off the list.
    stored = cart.owner.customer and not cart.buy_now
    return Index(
        gsi1=(customer_list(cart.owner.customer), f"{OWN_CART}{cart.id}") if stored else None,
        expires=cart.expires_at,
    )


CART: Final = Kind(
    "cart", Cart,
    key=lambda cart_id: Key(f"CART#{cart_id}", "CART"),
    of=lambda cart: Key(f"CART#{cart.id}", "CART"),
    index=_index, card=CartCard.of, card_type=CartCard,
)  # fmt: skip
