"""What of an order has been claimed, what has come back, and what each unit is worth.

One tally item per order is written by every transaction that changes any of it. Two returns in parallel meet in its
version condition, so the same unit is never claimed or refunded twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from chalicelib.core.errors import RuleRefused
from chalicelib.core.money import Money

Units = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line of the order as a return sees it.

    Args:
        id: the order line.
        delivered: units that reached the customer.
        goods: what was paid for all of them, discounts taken off, duty and tax included, shipping and gift wrap not.
        shipping: the line's part of the fees: shipping and gift wrap (ORD-10).
        tax: what of `goods` is owed to the tax office.
    """

    id: str
    delivered: int
    goods: Money
    shipping: Money
    tax: Money

    def worth(self, first: int, count: int) -> Money:
        """What was paid for `count` units from the `first` on.

        The line's amount is dealt out to its units once and for all (largest remainder), so however the units are
        split over returns, the parts add up to what was paid.
        """
        return self._part(self.goods, first, count)

    def tax_in(self, first: int, count: int) -> Money:
        """The tax in what was paid for these units, dealt out the same way."""
        return self._part(self.tax, first, count)

    def fees_in(self, first: int, count: int) -> Money:
        """The part of these units in the line's fees, dealt out the same way."""
        return self._part(self.shipping, first, count)

    def _part(self, amount: Money, first: int, count: int) -> Money:
        return Money.sum(amount.share([1] * self.delivered)[first : first + count], amount.currency)


@dataclass(frozen=True, slots=True)
class LineTally:
    """One order line: units claimed by returns, units whose refund is settled, units accepted back for money, and
    units whose value has moved to an exchange order."""

    claimed: int = 0
    settled: int = 0
    came_back: int = 0
    exchanged: int = 0


class TooManyReturned(RuleRefused):
    """More units than were delivered and are not in another return already."""

    code, title = "more-than-delivered", "More than can be returned"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The money of one return: per line, the shipping fee when the whole order has come back, and the tax in it all.

    Args:
        taxes: the tax in each line.
    """

    lines: Mapping[str, Money]
    shipping: Money
    tax: Money
    taxes: Mapping[str, Money] = field(default_factory=dict)

    @property
    def total(self) -> Money:
        return Money.sum(self.lines.values(), self.shipping.currency) + self.shipping


@dataclass(frozen=True, slots=True)
class ReturnTally:
    """All returns of one order, counted."""

    order_id: str
    lines: dict[str, LineTally] = field(default_factory=dict)
    shipping_settled: bool = False

    def of(self, line: str) -> LineTally:
        return self.lines.get(line, LineTally())

    def left(self, line: PaidLine) -> int:
        """Units that can still be claimed."""
        return line.delivered - self.of(line.id).claimed

    def claim(self, units: Units, order: Mapping[str, PaidLine]) -> ReturnTally:
        """Take units for a return.

        Raises:
            TooManyReturned: more than delivered and not yet claimed.
        """
        for line, count in units.items():
            left = self.left(order[line])
            if count > left:
                raise TooManyReturned(
                    f"At most {left} of this line can still be returned.", rule="RET-02", line=line, left=left
                )
        return self._claimed(units, 1)

    def free(self, units: Units) -> ReturnTally:
        """Give units back that never came: the return was rejected, cancelled or has expired."""
        return self._claimed(units, -1)

    def worth(self, units: Units, order: Mapping[str, PaidLine]) -> Money:
        """What the next `units` of each line would be refunded with, shipping not counted."""
        currency = next(iter(order.values())).goods.currency
        return Money.sum((order[line].worth(self.of(line).settled, n) for line, n in units.items()), currency)

    def settle_returned(
        self, accepted: Units, order: Mapping[str, PaidLine], refund_shipping: bool
    ) -> tuple[ReturnTally, Settlement]:
        """Settle accepted units at what was paid for them; the last one of the order brings the shipping fee."""
        settled, tally = self._settle(accepted, order, "came_back")
        whole = all(tally.of(line.id).came_back == line.delivered for line in order.values())
        return tally._with_shipping(settled, order) if whole and refund_shipping else (tally, settled)

    def settle_taken_back(self, units: Units, order: Mapping[str, PaidLine]) -> tuple[ReturnTally, Settlement]:
        """Settle units that never reached their customer: nothing of them was sold, so each brings its share of the
        fees, too (FUL-19, RTE-07)."""
        settled, tally = self._settle(units, order, "came_back")
        fees = (order[line].fees_in(self.of(line).settled, count) for line, count in units.items())
        return tally, replace(settled, shipping=Money.sum(fees, settled.shipping.currency))

    def settle_exchanged(
        self, units: Units, order: Mapping[str, PaidLine], move_shipping: bool
    ) -> tuple[ReturnTally, Settlement]:
        """Settle units whose value moves to an exchange order (RET-04); the shipping fee moves with the last of them,
        to be refunded when the exchange comes back, too."""
        settled, tally = self._settle(units, order, "exchanged")
        gone = (tally.of(line.id) for line in order.values())
        delivered = (line.delivered for line in order.values())
        whole = all(line.came_back + line.exchanged == count for line, count in zip(gone, delivered, strict=True))
        return tally._with_shipping(settled, order) if whole and move_shipping else (tally, settled)

    def undo_exchange(self, units: Units) -> ReturnTally:
        """There is no exchange any more: the units came back for money."""
        known = {line: (self.of(line), count) for line, count in units.items()}
        return self._with(
            {
                line: replace(tally, exchanged=tally.exchanged - count, came_back=tally.came_back + count)
                for line, (tally, count) in known.items()
            }
        )

    def _with_shipping(self, settled: Settlement, order: Mapping[str, PaidLine]) -> tuple[ReturnTally, Settlement]:
        if self.shipping_settled:
            return self, settled
        shipping = Money.sum((line.shipping for line in order.values()), settled.shipping.currency)
        return replace(self, shipping_settled=True), replace(settled, shipping=shipping)

    def settle_kept(self, units: Units, order: Mapping[str, PaidLine], percent: int) -> tuple[ReturnTally, Settlement]:
        """Settle units that the customer keeps, at a part of what was paid for them (RET-08)."""
        settled, tally = self._settle(units, order, "")
        part = Decimal(min(max(percent, 0), 100)) / 100
        reduced = {line: amount.times(part) for line, amount in settled.lines.items()}
        tax = min(settled.tax.times(part), Money.sum(reduced.values(), settled.tax.currency))
        return tally, Settlement(reduced, settled.shipping, tax)

    def _claimed(self, units: Units, sign: int) -> ReturnTally:
        known = {line: (self.of(line), sign * count) for line, count in units.items()}
        return self._with(
            {line: replace(tally, claimed=tally.claimed + delta) for line, (tally, delta) in known.items()}
        )

    def _settle(self, units: Units, order: Mapping[str, PaidLine], counted: str) -> tuple[Settlement, ReturnTally]:
        """What the next `units` were paid with; they count as settled, and as `counted` if that is not ""."""
        amounts, taxes, changed = {}, {}, {}
        for line, count in units.items():
            known = self.of(line)
            amounts[line] = order[line].worth(known.settled, count)
            taxes[line] = order[line].tax_in(known.settled, count)
            more = {counted: getattr(known, counted) + count} if counted else {}
            changed[line] = replace(known, settled=known.settled + count, **more)
        zero = Money.zero(next(iter(order.values())).goods.currency)
        tax = Money.sum(taxes.values(), zero.currency)
        return Settlement(amounts, zero, tax, taxes), self._with(changed)

    def _with(self, lines: Mapping[str, LineTally]) -> ReturnTally:
        return replace(self, lines={**self.lines, **lines})
