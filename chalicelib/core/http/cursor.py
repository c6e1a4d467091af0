"""Cursors: where the next page of a list starts, signed and bound to the list and its reader."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.secrets import candidates


def _sign(key: str, payload: bytes, scope: str) -> bytes:
    return hmac.new(key.encode(), scope.encode() + b"\n" + payload, hashlib.sha256).digest()[:16]


def write(start: Mapping[str, str], scope: str) -> str:
    """A cursor for this place in this list.

    Args:
        scope: names the list and its reader; a cursor is no good anywhere else.
    """
    payload = json.dumps(dict(start), separators=(",", ":"), sort_keys=True).encode()
    key = candidates("signing", "key")[0]
    return base64.urlsafe_b64encode(_sign(key, payload, scope) + payload).decode().rstrip("=")


def read(cursor: str, scope: str) -> dict[str, str]:
    """The place a cursor names.

    Raises:
        Invalid: it was not made here, or for another list or reader.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raw = b""
    signature, payload = raw[:16], raw[16:]
    if not any(hmac.compare_digest(signature, _sign(key, payload, scope)) for key in candidates("signing", "key")):
        raise Invalid(FieldError("query.cursor", "is not a cursor of this list"))
    return json.loads(payload)  # type: ignore[no-any-return]
