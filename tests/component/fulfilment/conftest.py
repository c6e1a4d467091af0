"""Who works with the shop's slips, and the key that its lists' cursors are signed with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core import aws, secrets
from chalicelib.core.auth import Post
from tests.support.http import Client


@pytest.fixture
def signing(database: None) -> None:
    """The shop's signing key."""
    secrets.forget()
    aws.client("secretsmanager").create_secret(Name="caravan/test/signing", SecretString='{"key": "%s"}' % ("k" * 32))


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    """A clerk of the store in Rotterdam."""
    return as_staff(Post.STORE, scopes=["RTM1"])


@pytest.fixture
def desk(as_staff: Callable[..., Client]) -> Client:
    """Somebody of the order desk."""
    return as_staff(Post.ORDER_DESK)
