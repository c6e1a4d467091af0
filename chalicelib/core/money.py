"""Money: an integer number of minor units and its ISO 4217 currency.

Amounts never touch a float. Rounding is half-up to the currency's minor unit, once per published amount; splitting
gives the left-over units to the largest remainders, so that the parts always add up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import total_ordering
from typing import Final

from .errors import CurrencyMismatch

#: Minor-unit digits of ISO 4217 where they are not two; a test holds them against the standard's list.
_DIGITS: Final = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_TWO_DIGITS: Final = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER
    ZAR ZMW ZWG XAD
    """.split()
)
#: No single amount may pass this many minor units (it stays exact in every JSON reader).
LIMIT: Final = 10**12


def digits(currency: str) -> int:
    """Number of minor-unit digits of an ISO 4217 currency (JPY 0, EUR 2, KWD 3).

    Raises:
        ValueError: not a currency that amounts can be kept in.
    """
    if currency in _TWO_DIGITS:
        return 2
    try:
        return _DIGITS[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency") from None


def is_currency(code: str) -> bool:
    """Whether amounts can be kept in a currency."""
    return code in _TWO_DIGITS or code in _DIGITS


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, yen, fils) of one currency; may be negative."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def of(cls, text: str, currency: str) -> Money:
        """Read a decimal amount that has at most the currency's digits: `Money.of("12.34", "EUR")`.

        Raises:
            ValueError: not a plain decimal number, too many digits, or beyond the limit.
        """
        places = digits(currency)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{text!r} is not an amount") from None
        if not value.is_finite():
            raise ValueError(f"{text!r} is not an amount")
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            raise ValueError(f"{currency} amounts have at most {places} decimals")
        minor = int(value.scaleb(places))
        if abs(minor) > LIMIT:
            raise ValueError("the amount is too large")
        return cls(minor, currency)

    @staticmethod
    def sum(amounts: Iterable[Money], currency: str) -> Money:
        """Total of amounts that are all in `currency`; zero when there are none."""
        total = Money.zero(currency)
        for amount in amounts:
            total += amount
        return total

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-digits(self.currency))

    @property
    def text(self) -> str:
        """The amount with exactly the currency's digits: "12.30", "12", "1.234"."""
        return f"{self.decimal:.{digits(self.currency)}f}"

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} with {other.currency}")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def times(self, factor: Decimal) -> Money:
        """This amount times a factor, rounded half-up to the minor unit."""
        return Money(int((Decimal(self.minor) * factor).quantize(Decimal(1), ROUND_HALF_UP)), self.currency)

    def convert(self, currency: str, rate: Decimal) -> Money:
        """This amount in another currency, `rate` being units of `currency` for one unit of this one."""
        value = self.decimal * rate
        return Money(int(value.scaleb(digits(currency)).quantize(Decimal(1), ROUND_HALF_UP)), currency)

    def share(self, weights: Sequence[int]) -> list[Money]:
        """Split by weights with the largest-remainder method; the parts always sum to the whole.

        All weights zero means equal parts.

        Raises:
            ValueError: no weights, or a negative one.
        """
        if not weights or min(weights) < 0:
            raise ValueError("weights must be one or more numbers that are not negative")
        if not any(weights):
            weights = [1] * len(weights)
        total, sign = sum(weights), -1 if self.minor < 0 else 1
        parts = [divmod(abs(self.minor) * weight, total) for weight in weights]
        left = abs(self.minor) - sum(whole for whole, _ in parts)
        by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
        extra = set(by_remainder[:left])
        return [Money(sign * (whole + (i in extra)), self.currency) for i, (whole, _) in enumerate(parts)]
