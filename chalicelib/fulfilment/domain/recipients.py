"""Which orders are for one recipient: the same name at the same address, and a contact in common (ORD-27, BAL-06)."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.orders.domain import Order
from chalicelib.risk.domain import Buyer, identities


def place_of(order: Order) -> str:
    """The recipient's name and address in normal form, or "" without an address."""
    return next((key for key in _identities(order) if key.startswith("place:")), "")


def connected(orders: Iterable[Order]) -> list[list[Order]]:
    """Orders that share account, phone or mail address, directly or by way of others."""
    found: list[tuple[set[str], list[Order]]] = []
    for order in orders:
        keys, members = _contacts(order), [order]
        apart = []
        for known, others in found:
            if known & keys:
                keys |= known
                members = others + members
            else:
                apart.append((known, others))
        found = [*apart, (keys, members)]
    return [members for _, members in found]


def _contacts(order: Order) -> set[str]:
    known = {key for key in _identities(order) if not key.startswith("place:")}
    return known | {f"mail:{order.contact.email.strip().casefold()}"} if order.contact.email else known


def _identities(order: Order) -> tuple[str, ...]:
    buyer = Buyer(order.owner.customer or "", order.contact.phone, order.ship_to, order.country)
    return identities(buyer, match_all=False)
