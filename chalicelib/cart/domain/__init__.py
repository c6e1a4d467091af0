"""What a cart and a quote are, and where ordered goods come from."""

from .cart import KEEP_DAYS, MAX_LINES, MAX_QUANTITY, Article, Cart, CartLine, CartState, KeptQuote, Limits, Terms
from .quote import (
    QUOTE_MINUTES,
    DeliveryMethod,
    Quote,
    QuotedLine,
    QuoteMissing,
    QuoteStale,
    ShippingOption,
    fingerprint,
    published,
)
from .sourcing import SPLITTING, Sourcing, Splitting, source

__all__ = [
    "KEEP_DAYS", "MAX_LINES", "MAX_QUANTITY", "QUOTE_MINUTES", "SPLITTING", "Article", "Cart", "CartLine", "CartState",
    "DeliveryMethod", "KeptQuote", "Limits", "Quote", "QuoteMissing", "QuoteStale", "QuotedLine", "ShippingOption",
    "Sourcing", "Splitting", "Terms", "fingerprint", "published", "source",
]  # fmt: skip
