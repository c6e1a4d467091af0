"""Stripe's amounts: whole numbers in Stripe's own smallest unit, which is not always the currency's (PAY-15).

Source: Stripe's documentation, "Supported currencies". Currencies without decimals are listed there; ISK and UGX have
none either, but are sent with two for compatibility; amounts with three decimals must end in zero.
"""

from __future__ import annotations

from typing import Final

from chalicelib.core.money import Money, digits

from .base import Declined

_NONE: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_TWO_BY_TRADITION: Final = frozenset({"ISK", "UGX"})
_THREE: Final = frozenset("BHD JOD KWD OMR TND".split())


def stripe_digits(currency: str) -> int:
    """How many decimals an amount has in Stripe's API.

    Raises:
        Declined: Stripe does not take this currency.
    """
    if currency in _NONE:
        return 0
    if currency in _THREE:
        return 3
    if currency not in _TWO_BY_TRADITION and digits(currency) != 2:
        raise Declined(f"Stripe does not take {currency}.", rule="PAY-15")
    return 2


def to_stripe(amount: Money) -> tuple[int, str]:
    """An amount and its currency as Stripe wants them.

    Raises:
        Declined: Stripe cannot take this amount to the last digit; it is never rounded.
    """
    shift = stripe_digits(amount.currency) - digits(amount.currency)
    whole, rest = divmod(amount.minor, 10**-shift) if shift < 0 else (amount.minor * 10**shift, 0)
    if rest or (amount.currency in _THREE and whole % 10) or (amount.currency in _TWO_BY_TRADITION and whole % 100):
        raise Declined(f"Stripe cannot take exactly {amount}.", rule="PAY-15")
    return whole, amount.currency.lower()


def from_stripe(minor: int, currency: str) -> Money:
    """An amount as Stripe reports it."""
    code = currency.upper()
    shift = stripe_digits(code) - digits(code)
    return Money(minor * 10**-shift if shift < 0 else minor // 10**shift, code)
