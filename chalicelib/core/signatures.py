"""Signatures of webhooks in the scheme of Standard Webhooks: HMAC-SHA256 over id, time and the raw bytes.

A message is good for 300 seconds before and after its time, any of the signatures sent may match, and during a rotation
several secrets count. Comparisons take the same time whatever they find.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets as random
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from .errors import Unauthenticated

#: Seconds that a message's time may differ from ours, either way.
TOLERANCE: Final = 300
#: How a secret in the scheme's own form begins.
PREFIX: Final = "whsec_"


class Forged(Unauthenticated):
    """The message does not come from whom it says, or not now."""

    code: ClassVar[str] = "forged-message"
    title: ClassVar[str] = "The signature does not verify"


def new_secret() -> str:
    """A secret of 256 random bits in the scheme's own form."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def check_standard(headers: Mapping[str, str], raw: bytes, secrets: Iterable[str], now: datetime) -> None:
    """Verify `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,base64 [v1,base64]` over `id.timestamp.body`.

    Args:
        headers: names in lower case.
        secrets: read only when the message could be sound: has an id and a time of this moment.

    Raises:
        Forged: a header is missing, no signature fits, or the time is not now.
    """
    message, moment = headers.get("webhook-id", ""), check_time(headers.get("webhook-timestamp", ""), now)
    pairs = [part.partition(",") for part in headers.get("webhook-signature", "").split(" ")]
    given = [value for version, _, value in pairs if version == "v1"]
    if not message:
        raise Forged("The message has no id.")
    match(given, [_standard(message, moment, raw, secret) for secret in secrets])


def sign_standard(message: str, raw: bytes, secret: str, now: datetime, also: Iterable[str] = ()) -> dict[str, str]:
    """The headers of a message in the scheme.

    Args:
        also: further secrets to sign with, so that a receiver may change to a new one when it likes.
    """
    moment = str(int(now.timestamp()))
    signatures = [f"v1,{_standard(message, moment, raw, one)}" for one in (secret, *also)]
    return {"webhook-id": message, "webhook-timestamp": moment, "webhook-signature": " ".join(signatures)}


def check_time(text: str, now: datetime) -> str:
    """A time in whole seconds since 1970, as it was sent.

    Raises:
        Forged: it is no time, or not now.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Forged("The message has no time.")
    if abs(int(now.timestamp()) - int(text)) > TOLERANCE:
        raise Forged("The message is not of this moment.")
    return text


def match(given: Iterable[str], wanted: list[str]) -> None:
    """Let through when any given signature is any wanted one; every pair is compared, in constant time.

    Raises:
        Forged: none is.
    """
    hits = [hmac.compare_digest(one.encode("utf-8", "replace"), other.encode()) for one in given for other in wanted]
    if not any(hits):
        raise Forged("The signature does not verify.")


def _standard(message: str, moment: str, raw: bytes, secret: str) -> str:
    signed = f"{message}.{moment}.".encode() + raw
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    """`whsec_` secrets are base64; others are used as they are."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:  # anybody can sign with an empty key
        raise Forged("Our own secret is not readable.")
    return key
