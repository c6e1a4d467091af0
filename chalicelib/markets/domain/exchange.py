"""Reference exchange rates: for tariffs kept in another currency, for limits of law, and for display (FX-01)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from chalicelib.core.money import Money
from chalicelib.core.settings import Setting

_SCALE: Final = Decimal(1_000_000)


def _reference_rate(currency: str, default: int) -> Setting[int]:
    return Setting(
        f"markets.reference_rate_{currency.lower()}",
        default,
        unit=f"millionths of {currency} for 1 EUR",
        rule="FX-01",
        doc=f"Reference rate of the euro in {currency}: converts tariffs, legal limits and prices for display.",
        own=True,
    )


REFERENCE_RATES: Final[Mapping[str, Setting[int]]] = {
    "USD": _reference_rate("USD", 1_160_000),
    "GBP": _reference_rate("GBP", 870_000),
    "CNY": _reference_rate("CNY", 8_250_000),
    "JPY": _reference_rate("JPY", 175_000_000),
    "BRL": _reference_rate("BRL", 6_250_000),
}


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """Units of each currency for one euro, in millionths."""

    millionths: Mapping[str, int]

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that can be converted, the euro included."""
        return ("EUR", *self.millionths)

    def rate(self, source: str, target: str) -> Decimal:
        """Units of `target` for one unit of `source`.

        Raises:
            KeyError: no reference rate is kept for one of them.
        """
        if source == target:
            return Decimal(1)
        return self._of_euro(target) / self._of_euro(source)

    def convert(self, amount: Money, currency: str) -> Money:
        """The amount in another currency, rounded half-up once."""
        if amount.currency == currency:
            return amount
        return amount.convert(currency, self.rate(amount.currency, currency))

    def at_least(self, amount: Money, currency: str) -> Money:
        """The smallest amount in another currency that converts back to at least this one."""
        other = self.convert(amount, currency) - Money(1, currency)
        while self.convert(other, amount.currency) < amount:
            other += Money(1, currency)
        return other

    def _of_euro(self, currency: str) -> Decimal:
        return Decimal(1) if currency == "EUR" else self.millionths[currency] / _SCALE
