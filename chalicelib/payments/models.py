"""How a checkout is told: one way for orders, bookings and top-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from chalicelib.core.http import Model, MoneyField

from .domain import Checkout


class CheckoutView(Model):
    """How to pay: by going to `redirect_url`, or in the provider's own form with `client_secret`."""

    payment_id: str
    provider: str
    method: str
    amount: MoneyField
    redirect_url: str | None
    client_secret: str | None
    expires_at: datetime

    @classmethod
    def of(cls, checkout: Checkout) -> Self:
        return cls(
            payment_id=checkout.payment_id, provider=checkout.provider, method=checkout.method, amount=checkout.amount,
            redirect_url=checkout.redirect_url or None, client_secret=checkout.client_secret or None,
            expires_at=checkout.expires_at,
        )  # fmt: skip
