"""The shop of the order tests, for routing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.component.orders.conftest import ann, shop
from tests.support.sample_splits import stock_lamps

__all__ = ["ann", "shop"]


@pytest.fixture
def split_shop(shop: Any) -> Any:
    """Pots and cups are in Rotterdam, lamps in Shenzhen only."""
    return stock_lamps(shop)
