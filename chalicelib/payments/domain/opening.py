"""Opening a payment: what the order says, and what the shopper gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.errors import FieldError, Invalid, RuleRefused
from chalicelib.core.money import Money


@dataclass(frozen=True, slots=True)
class Opening:
    """What an order asks to be paid.

    Args:
        due: all that the order costs; what has been paid already is taken off.
        method: a payment method of the market ("card", "alipay", ...).
        provider: who is asked first; others that offer the method step in when it does not answer (PAY-30).
        return_url: where the shopper goes afterwards, by our own configuration. Coming back proves nothing (A11).
        expires_at: until when the order waits for its payment.
        embedded: the storefront shows the provider's form itself instead of sending the shopper to the provider's page.
        amount: a part of what is due (ORD-12); None is all that is left.
        market: whose providers are asked, and whose smallest part counts.
    """

    order_id: str
    payment_id: str
    due: Money
    method: str
    return_url: str
    provider: str = ""
    language: str = "en"
    email: str = ""
    description: str = ""
    expires_at: datetime | None = None
    embedded: bool = False
    amount: Money | None = None
    market: str = ""


@dataclass(frozen=True, slots=True)
class Checkout:
    """How the shopper pays: on the provider's page (`redirect_url`), or in its form (`client_secret`)."""

    payment_id: str
    provider: str
    method: str
    amount: Money
    redirect_url: str
    client_secret: str
    expires_at: datetime


class PartRefused(RuleRefused):
    """The amount is more than is left, too small, or leaves too small a rest; it tells `outstanding` and `least`."""

    code, title = "part-refused", "This part cannot be paid by itself"


def check_part(outstanding: Money, wanted: Money | None, least: int) -> Money:
    """The amount that is paid now: all that is left, or a part of it (ORD-12).

    Args:
        least: the smallest part, and the smallest rest, in minor units.

    Raises:
        Invalid: another currency, or nothing.
        PartRefused: more than is left, too small a part, or too small a rest.
    """
    if wanted is None:
        return outstanding
    if wanted.currency != outstanding.currency:
        raise Invalid(FieldError("/amount", f"is in {outstanding.currency}"))
    if wanted.minor <= 0:
        raise Invalid(FieldError("/amount", "is more than nothing"))
    rest = outstanding - wanted
    if rest.is_zero or (rest.minor >= least and wanted.minor >= least):
        return wanted
    smallest = Money(min(least, outstanding.minor), outstanding.currency)
    raise PartRefused(
        f"Pay {outstanding}, or a part of at least {smallest} that leaves as much.", rule="ORD-12",
        outstanding=_shown(outstanding), least=_shown(smallest),
    )  # fmt: skip


def largest_part(outstanding: Money, available: Money, least: int) -> Money | None:
    """The most that can be paid at once with what is available; None when that is no part."""
    if available >= outstanding:
        return outstanding
    part = min(available, Money(outstanding.minor - least, outstanding.currency))
    return part if part.minor >= max(least, 1) else None


def _shown(amount: Money) -> dict[str, str]:
    return {"amount": amount.text, "currency": amount.currency}
