"""What an exchange order stands for, and what was paid for the goods that it replaces (RET-03, ORD-06)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.money import Money


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where an exchange order comes from.

    Args:
        of: the order whose goods come back; an exchange order may itself be exchanged.
        return_id: the number of the return that brings them back.
        paid_under: the order that was paid in money: refunds go back there.
    """

    of: str
    return_id: str
    paid_under: str


@dataclass(frozen=True, slots=True)
class Worth:
    """What was paid for units of a line. It moves with an exchange, and is paid back when the exchange comes back.

    Args:
        goods: with duty and tax, without fees. tax: the tax in it. shipping: the part of the fees, gift wrap included.
    """

    goods: Money
    tax: Money
    shipping: Money

    @property
    def total(self) -> Money:
        """Everything that moves."""
        return self.goods + self.shipping
