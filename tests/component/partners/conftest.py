"""A store's own system that is told about its orders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.sample_handovers import put_secrets
from tests.support.sample_partners import Port, public_names


@pytest.fixture
def port(begin: Any, clock: Any) -> Iterator[Port]:
    """The way out to stores' systems, and what they answer."""
    put_secrets()
    with public_names():
        yield Port(begin, clock)
