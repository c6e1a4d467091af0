"""Identifiers: UUIDv7 text for things, a strict pattern for whatever reaches a table key."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from .errors import NotFound

#: What may stand between the separators of a table key. No `#`, no control characters, bounded.
_ID: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~+-]{0,126}[A-Za-z0-9])?")


def new_id() -> str:
    """A new UUIDv7: unique without a counter, and sorting by the time it was made."""
    import uuid_utils

    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """Whether a text may be used inside a table key."""
    return _ID.fullmatch(text) is not None


def require_id(text: str, what: str) -> str:
    """Let an id from outside through to a key.

    Raises:
        NotFound: it is not of the shape that any id has, so there is no such thing.
    """
    if not is_id(text):
        raise NotFound(what)
    return text


def new_token() -> str:
    """A secret of 256 random bits for a guest, shown once; only its digest is kept."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """SHA-256 of a text as hex: how a guest's token is kept and compared."""
    return hashlib.sha256(text.encode()).hexdigest()
