"""The shop of the order tests, for routing."""

from tests.component.orders.conftest import ann, shop

__all__ = ["ann", "shop"]
