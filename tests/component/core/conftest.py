"""The core's own tests go all the way through the SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.table import fresh_table


@pytest.fixture
def database() -> Iterator[None]:
    """An in-process AWS with an empty table, asked through signing, serialisers and HTTP."""
    with fresh_table(direct=False):
        yield
