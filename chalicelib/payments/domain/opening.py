"""Opening a payment: what the order says, and what the shopper gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
