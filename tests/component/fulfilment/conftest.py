"""Who works in a store and at its desk, the time they meet, and the key that lists' cursors are signed with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from chalicelib.core import aws, secrets
from chalicelib.core.auth import Post
from tests.support.http import Client
from tests.support.sample_handovers import put_secrets


@pytest.fixture
def signing(database: None) -> None:
    """The shop's signing key."""
    secrets.forget()
    aws.client("secretsmanager").create_secret(Name="caravan/test/signing", SecretString='{"key": "%s"}' % ("k" * 32))


@pytest.fixture
def at_the_tests_time(database: None, clock: Any) -> Iterator[None]:
    """The front door has the time of the test, and the shop its secrets."""
    put_secrets()
    with time_machine.travel(clock.now, tick=False):
        yield


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    """A clerk of the store in Rotterdam."""
    return as_staff(Post.STORE, scopes=["RTM1"])


@pytest.fixture
def desk(as_staff: Callable[..., Client]) -> Client:
    """Somebody of the order desk."""
    return as_staff(Post.ORDER_DESK)
