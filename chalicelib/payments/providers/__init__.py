"""The payment providers that this shop is connected to (PAY-01, PAY-02)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.core import config
from chalicelib.core.errors import NotFound

from .balance import Balance
from .base import Provider
from .cash import Cash
from .sandbox import Sandbox
from .stripe import Stripe

SANDBOX: Final = Sandbox()
_PROVIDERS: Final[Mapping[str, Provider]] = {
    provider.name: provider for provider in (Stripe(), SANDBOX, Cash(), Balance())
}


def provider(name: str) -> Provider:
    """The payment provider of this name.

    Raises:
        NotFound: there is none; the sandbox does not exist where real money moves.
    """
    if name not in _PROVIDERS or (name == SANDBOX.name and config.is_production()):
        raise NotFound("payment provider", name)
    return _PROVIDERS[name]


def offering(method: str, preference: str) -> list[Provider]:
    """The configured providers that take a payment method, the preferred ones first.

    Args:
        preference: names separated by commas; a provider that is not named is not used.
    """
    names = [name.strip() for name in preference.split(",")]
    known = [_PROVIDERS[name] for name in names if name in _PROVIDERS]
    return [provider for provider in known if method in provider.methods and provider.is_configured()]
