"""A customer's preferences and address book (MEM-03, MEM-04)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chalicelib.core.errors import LimitExceeded, NotFound
from chalicelib.core.settings import Setting
from chalicelib.markets.domain import Address

ADDRESS_LIMIT: Final = Setting(
    "customers.address_limit", 20, unit="addresses", rule="MEM-04", own=True,
    doc="How many addresses a customer's book holds.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SavedAddress:
    """An address in the book. `label` is the customer's own name for it ("Home")."""

    id: str
    address: Address
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPreference:
    """How a customer likes to get goods (ORD-02).

    Args:
        method: "courier", "pickup" or "own_delivery".
        channel: of a courier; "" leaves the choice to the shop.
        store, point: of a pickup.
        hours: of own delivery, after packing.
    """

    method: str = "courier"
    channel: str = ""
    store: str = ""
    point: str = ""
    hours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A signed-in shopper.

    Args:
        id: subject in the shopper pool.
        language: BCP 47 tag for messages; "" leaves it to the browser.
        market: code of the market it shops in; "" leaves it to the address.
        addresses: the book, newest first; `default_address` is the id of the one that is offered first.
        payment_method: preferred, or "" (ORD-02). What pays, a card or an account, is known to providers only.
        delivery: preferred.
    """

    id: str
    registered_at: datetime
    name: str = ""
    language: str = ""
    market: str = ""
    addresses: tuple[SavedAddress, ...] = ()
    default_address: str = ""
    payment_method: str = ""
    delivery: DeliveryPreference = DeliveryPreference()

    def save(self, new: SavedAddress, *, limit: int, make_default: bool) -> Customer:
        """Put an address into the book; the first one is the default.

        Raises:
            LimitExceeded: the book is full (MEM-04).
        """
        if len(self.addresses) >= limit:
            raise LimitExceeded(f"An address book holds at most {limit} addresses.", rule="MEM-04", limit=limit)
        default = new.id if make_default or not self.addresses else self.default_address
        return replace(self, addresses=(new, *self.addresses), default_address=default)

    def forget(self, address_id: str) -> Customer:
        """Take an address out of the book; orders keep their own copy.

        Raises:
            NotFound: it is not in the book.
        """
        left = tuple(saved for saved in self.addresses if saved.id != address_id)
        if len(left) == len(self.addresses):
            raise NotFound("address", address_id)
        default = self.default_address if self.default_address != address_id else (left[0].id if left else "")
        return replace(self, addresses=left, default_address=default)
